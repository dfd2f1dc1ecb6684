import { lazy, Suspense } from "react";
import { Navigate, Route, Routes, useLocation, useParams } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { TabLinks } from "@/components/ui/tab-links";
import { Page } from "@/components/page";
import { Coming, Skeleton } from "@/components/ui/states";
import { BudgetList } from "./list/budget-list";
import { NewBudgetButton } from "./list/new-budget-button";

const Alerts = lazy(() => import("./alerts/alerts"));
const Channels = lazy(() => import("./channels/channels"));
const Reports = lazy(() => import("./reports/reports"));
const BudgetPage = lazy(() => import("./one/budget-page"));

const ABOUT: Readonly<Record<string, string>> = {
  alerts: "What this workspace was told, and whether it arrived.",
  channels: "Where alerts and reports go.",
  reports: "What else is told: forecasts, days that stand out, weekly and monthly reports.",
};

/** Budgets and everything that tells of them. */
export function Component() {
  return (
    <Routes>
      <Route index element={<Tabbed tab="" />} />
      <Route path="alerts" element={<Tabbed tab="alerts" />} />
      <Route path="channels" element={<Tabbed tab="channels" />} />
      <Route path="reports" element={<Tabbed tab="reports" />} />
      <Route path=":id" element={<One />} />
      <Route path="*" element={<ToList />} />
    </Routes>
  );
}

function Tabbed({ tab }: { tab: "" | "alerts" | "channels" | "reports" }) {
  const { id } = useWorkspace();
  const { state } = useLocation() as { state: { nonsense?: string } | null };
  const base = `/w/${id}/budgets`;
  return (
    <Page
      title="Budgets"
      about={ABOUT[tab] ?? "What may be spent, and what is spent of it."}
      actions={tab === "" ? <NewBudgetButton /> : undefined}
    >
      <TabLinks
        label="Budgets and alerts"
        tabs={[
          { to: base, name: "Budgets", end: true },
          { to: `${base}/alerts`, name: "Alerts" },
          { to: `${base}/channels`, name: "Channels" },
          { to: `${base}/reports`, name: "Reports" },
        ]}
      />
      {state?.nonsense !== undefined && (
        <p role="status" className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
          There is no budget at this address, so all of them are shown.
        </p>
      )}
      <Suspense fallback={<Coming className="h-64" />}>
        {tab === "" && <BudgetList />}
        {tab === "alerts" && <Alerts />}
        {tab === "channels" && <Channels />}
        {tab === "reports" && <Reports />}
      </Suspense>
    </Page>
  );
}

function One() {
  const { id = "" } = useParams();
  if (!/^[1-9]\d{0,14}$/.test(id)) return <ToList />;
  return (
    <Suspense
      fallback={
        <Page title="Budget">
          <Skeleton className="h-96" />
        </Page>
      }
    >
      <BudgetPage key={id} id={Number(id)} />
    </Suspense>
  );
}

function ToList() {
  const { id } = useWorkspace();
  return <Navigate to={`/w/${id}/budgets`} state={{ nonsense: "budget" }} replace />;
}
