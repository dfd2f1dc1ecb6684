import { Pause, Pencil, Play, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useNavigate } from "react-router";
import { useDeed } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import type { BudgetInFull } from "../reads";

const EditBudget = lazy(() => import("../form/edit-budget"));

/** What can be done with a budget by whoever may. */
export function BudgetActions({ budget }: { budget: BudgetInFull }) {
  const { edit } = useMay();
  const { id: workspace } = useWorkspace();
  const navigate = useNavigate();
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const path = { params: { path: { id: budget.id } } };
  const pause = useDeed(
    (api, paused: boolean) => api.PATCH("/api/budgets/{id}", { ...path, body: { paused } }),
    {
      done: (after) => (after?.paused === true ? "The budget is paused" : "The budget tells again"),
    },
  );
  const remove = useDeed((api) => api.DELETE("/api/budgets/{id}", path), {
    done: "The budget is deleted",
    onDone: () => void navigate(`/w/${workspace}/budgets`, { replace: true }),
  });
  if (!edit) {
    return <span className="text-xs text-muted">As a viewer you can look, not change.</span>;
  }
  return (
    <>
      <Button busy={pause.isPending} onClick={() => pause.mutate(!budget.paused)}>
        {budget.paused ? <Play aria-hidden /> : <Pause aria-hidden />}
        {budget.paused ? "Resume" : "Pause"}
      </Button>
      <Button onClick={() => setOpen("edit")}>
        <Pencil aria-hidden /> Edit
      </Button>
      <Button tone="danger" onClick={() => setOpen("delete")}>
        <Trash2 aria-hidden /> Delete
      </Button>
      {open === "edit" && (
        <Suspense fallback={null}>
          <EditBudget budget={budget} onClose={() => setOpen(null)} />
        </Suspense>
      )}
      <Confirm
        open={open === "delete"}
        onClose={() => setOpen(null)}
        title="Delete this budget?"
        deed="Delete budget"
        dangerous
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        <p>
          “<bdi>{budget.name}</bdi>” and what it recorded are gone for good; calls and their costs
          stay.
          {budget.month !== null && " Its month falls back to the budget of every month."}
        </p>
        <p className="mt-2">To be told of nothing for a while, pause it instead.</p>
      </Confirm>
    </>
  );
}
