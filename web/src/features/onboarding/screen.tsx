import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { firstKey } from "@/api/first-keys";
import { useWorkspace } from "@/api/workspace";
import { Misread, Page } from "@/components/page";
import { ButtonLink } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Tabs } from "@/components/ui/tabs";
import { choice, useUrlState } from "@/lib/url-state";
import { Code } from "./code";
import { tracesQuery } from "./server";
import { NO_KEY, snippets, type Way } from "./snippets";
import { TestCall } from "./test-call";
import { TheKey } from "./the-key";
import { Waiting } from "./waiting";

const FIELDS = {
  way: choice<Way>(["python", "curl", "javascript", "opentelemetry"], "python"),
};

/** The first-run guide: a key, a call reported with it, and the proof that it arrived. */
export function Component() {
  const { id, name } = useWorkspace();
  const [, setMade] = useState(0);
  const secret = firstKey(id);
  const traces = useQuery(tracesQuery);
  const { values, set, misread } = useUrlState(FIELDS);
  const shown = snippets(location.origin, secret ?? NO_KEY, traces.data === true);
  const way = shown.some((each) => each.way === values.way) ? values.way : "python";
  return (
    <Page
      title="Get started"
      about={
        <>
          Report the first LLM call of <bdi>{name}</bdi> and see what it cost.
        </>
      }
      actions={<ButtonLink to={`/w/${id}`}>Skip for now</ButtonLink>}
    >
      <div className="grid max-w-3xl min-w-0 gap-4">
        <Misread names={misread} />
        <Card title="1. Your API key">
          <TheKey secret={secret} onMade={() => setMade((made) => made + 1)} />
        </Card>
        <Card title="2. Report a call">
          <Tabs
            label="Ways to report a call"
            value={way}
            onChange={(next) => set({ way: next }, { replace: true })}
            tabs={shown.map(({ way: value, name: tab, about, text }) => ({
              value,
              name: tab,
              content: (
                <div className="grid min-w-0 gap-2">
                  <p className="text-sm text-muted">{inCode(about)}</p>
                  <Code text={text} label={`${tab} snippet`} />
                </div>
              ),
            }))}
          />
          <div className="mt-4">
            <TestCall secret={secret} />
          </div>
        </Card>
        <Card title="3. See it arrive">
          <Waiting />
        </Card>
      </div>
    </Page>
  );
}

/** Set what stands between backticks as code. */
function inCode(text: string) {
  return text.split("`").map((part, place) =>
    place % 2 === 1 ? (
      // The parts of a fixed sentence never move.
      <code key={place} className="rounded bg-sunken px-1 py-0.5 text-[0.92em]">
        {part}
      </code>
    ) : (
      part
    ),
  );
}
