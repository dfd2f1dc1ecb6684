import { lazy, Suspense } from "react";
import { Page, Misread } from "@/components/page";
import { Coming } from "@/components/ui/states";
import { Tabs } from "@/components/ui/tabs";
import { choice, useUrlState } from "@/lib/url-state";
import { AdviceList } from "./advice-list";

const WhatIf = lazy(() => import("./what-if/what-if"));

const TABS = ["open", "accepted", "snoozed", "dismissed", "what-if"] as const;
type Tab = (typeof TABS)[number];
const NAMES: Record<Tab, string> = {
  open: "Open",
  accepted: "Accepted",
  snoozed: "Snoozed",
  dismissed: "Dismissed",
  "what-if": "What if",
};
const STATE = { show: choice(TABS, "open") };

/** How to spend less, and what was decided about it. */
export function Component() {
  const { values, set, misread } = useUrlState(STATE);
  return (
    <Page
      title="Recommendations"
      about="How to spend less, from your own calls of the last 30 days, priced again by the prices in force now."
    >
      <Misread names={misread} />
      <Tabs
        label="Recommendations"
        value={values.show}
        onChange={(show) => set({ show })}
        tabs={TABS.map((tab) => ({
          value: tab,
          name: NAMES[tab],
          content:
            tab === "what-if" ? (
              <Suspense fallback={<Coming className="h-96" />}>
                <WhatIf />
              </Suspense>
            ) : (
              <AdviceList state={tab} />
            ),
        }))}
      />
    </Page>
  );
}
