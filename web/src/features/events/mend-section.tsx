import { useState } from "react";
import { useRepricing } from "@/api/repricing";
import { useMay } from "@/api/workspace";
import { RepricingState } from "@/components/repricing-state";
import { Button } from "@/components/ui/button";
import { CorrectDialog } from "./correct-dialog";
import type { EventInFull } from "./event-in-full";
import { ReleaseDialog } from "./release-dialog";
import { Section } from "./section";

/** What can be done about a call whose counts are not known: read them again, or state them. */
export function Mend({ event }: { event: EventInFull }) {
  const { administer } = useMay();
  const [open, setOpen] = useState<"release" | "correct" | null>(null);
  const [asked, setAsked] = useState<number | null>(null);
  const repricing = useRepricing(asked);
  const mendable = event.price_status === "quarantined" || event.price_status === "missing";
  if (!mendable && asked === null) return null;
  const onAsked = (id: number) => {
    setOpen(null);
    setAsked(id);
  };
  return (
    <Section title="What can be done">
      {mendable && (
        <p className="text-sm text-muted">
          {event.price_status === "quarantined"
            ? "If LLMLab has learned to read these counts meanwhile, read them again. If you know them, from the provider's invoice or logs, state them."
            : "If you know its counts, from the provider's invoice or logs, state them; it is then priced by the book."}
          {!administer && " An admin of the workspace can do that."}
        </p>
      )}
      {mendable && administer && (
        <div className="flex flex-wrap gap-2">
          {event.price_status === "quarantined" && (
            <Button onClick={() => setOpen("release")}>Read again</Button>
          )}
          <Button onClick={() => setOpen("correct")}>State the counts</Button>
        </div>
      )}
      {asked !== null && (
        <div className="text-sm">
          <RepricingState query={repricing} />
        </div>
      )}
      {open === "release" && (
        <ReleaseDialog event={event} onClose={() => setOpen(null)} onAsked={onAsked} />
      )}
      {open === "correct" && (
        <CorrectDialog event={event} onClose={() => setOpen(null)} onAsked={onAsked} />
      )}
    </Section>
  );
}
