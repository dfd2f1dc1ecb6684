import { Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { PriceDialog } from "./price-dialog";

/** Opens the form of a new price of one's own. */
export function PriceDialogButton() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button tone="primary" onClick={() => setOpen(true)}>
        <Plus aria-hidden /> Set a price
      </Button>
      {open && <PriceDialog start={{ kind: "new" }} onClose={() => setOpen(false)} />}
    </>
  );
}
