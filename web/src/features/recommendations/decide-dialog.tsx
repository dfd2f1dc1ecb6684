import { useState } from "react";
import { useDeed } from "@/api/use-read";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Choice, Field, inputLook } from "@/components/ui/field";
import { Notice } from "@/components/ui/notice";
import { explain } from "@/components/ui/states";
import type { Recommendation } from "./reads";

export type Decision = "accept" | "dismiss" | "snooze";

const WORDS: Readonly<Record<Decision, readonly [title: string, about: string, done: string]>> = {
  accept: [
    "Accept",
    "From the first whole day after, what the same work costs is compared with what it cost so far.",
    "Accepted: from tomorrow on its saving is measured",
  ],
  dismiss: ["Dismiss", "It is not shown again, until somebody opens it again.", "Dismissed"],
  snooze: ["Snooze", "It is not shown until then.", "Snoozed"],
};
const TIMES: readonly (readonly [days: number, words: string])[] = [
  [7, "a week"],
  [30, "30 days"],
  [90, "90 days"],
  [366, "a year"],
];
const LONGEST = 1000;

interface DecideDialogProps {
  advice: Recommendation;
  decision: Decision;
  onClose: () => void;
}

/** Asks for the note that goes with a decision, and for how long a snooze is. */
export function DecideDialog({ advice, decision, onClose }: DecideDialogProps) {
  const [note, setNote] = useState("");
  const [days, setDays] = useState(30);
  const [title, about, done] = WORDS[decision];
  const decide = useDeed(
    (api) => {
      const path = { params: { path: { id: advice.id } } };
      const body = note.trim() === "" ? {} : { note: note.trim() };
      switch (decision) {
        case "accept":
          return api.POST("/api/recommendations/{id}/accept", { ...path, body });
        case "dismiss":
          return api.POST("/api/recommendations/{id}/dismiss", { ...path, body });
        case "snooze":
          return api.POST("/api/recommendations/{id}/snooze", { ...path, body: { ...body, days } });
      }
    },
    { quiet: true, done, onDone: onClose },
  );
  return (
    <Dialog open onClose={onClose} title={`${title}: ${advice.title}`} about={about}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          decide.mutate();
        }}
      >
        {decision === "snooze" && (
          <Field label="For">
            <Choice value={days} onChange={({ target }) => setDays(Number(target.value))}>
              {TIMES.map(([number, words]) => (
                <option key={number} value={number}>
                  {words}
                </option>
              ))}
            </Choice>
          </Field>
        )}
        <label className="grid gap-1.5 text-sm font-medium">
          Note (optional)
          <textarea
            rows={3}
            maxLength={LONGEST}
            value={note}
            placeholder="Why, for whoever reads it later"
            onChange={({ target }) => setNote(target.value)}
            className={`${inputLook} h-auto py-2 font-normal`}
          />
        </label>
        {decide.isError && (
          <Notice tone="bad" alert>
            {explain(decide.error).title}. {explain(decide.error).detail}
          </Notice>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            tone={decision === "dismiss" ? "danger" : "primary"}
            busy={decide.isPending}
          >
            {title}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
