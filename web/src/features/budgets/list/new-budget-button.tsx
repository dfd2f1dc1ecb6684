import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useMay } from "@/api/workspace";
import { Button } from "@/components/ui/button";

const NewBudget = lazy(() => import("../form/new-budget"));

/** Opens the form for a new budget; `label` where the place says more than "New budget". */
export function NewBudgetButton({ label = "New budget" }: { label?: string }) {
  const { edit } = useMay();
  const [open, setOpen] = useState(false);
  if (!edit) return null;
  return (
    <>
      <Button tone="primary" onClick={() => setOpen(true)}>
        <Plus aria-hidden /> {label}
      </Button>
      {open && (
        <Suspense fallback={null}>
          <NewBudget onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
