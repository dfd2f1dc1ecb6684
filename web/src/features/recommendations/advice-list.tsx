import { Lightbulb } from "lucide-react";
import { QueryView } from "@/components/query-view";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { AdviceCard } from "./advice-card";
import { BasedOn } from "./based-on";
import { useReport, type Report, type State } from "./reads";
import { Silent } from "./silent";

const NOTHING: Readonly<Record<State, readonly [title: string, words: string]>> = {
  open: [
    "Nothing to recommend",
    "Nothing was found that would save money for sure. Below is what each rule looked for and why it is silent.",
  ],
  accepted: [
    "Nothing accepted yet",
    "Accept a recommendation when you follow it: from the next day on you see here what it really saved.",
  ],
  snoozed: ["Nothing is snoozed", "Whatever is put off for a while waits here."],
  dismissed: ["Nothing was dismissed", "What was dismissed for good can be opened again here."],
};

/** The recommendations of a state, the surest and largest first. */
export function AdviceList({ state }: { state: State }) {
  const report = useReport(state);
  return (
    <QueryView query={report} skeleton={<Waiting />}>
      {(data) => <Found report={data} state={state} />}
    </QueryView>
  );
}

function Found({ report, state }: { report: Report; state: State }) {
  const { recommendations, silent, based_on } = report;
  const titles = new Map(recommendations.map(({ id, title }) => [id, title]));
  const [title, words] = NOTHING[state];
  return (
    <div className="grid gap-4">
      {recommendations.length === 0 ? (
        <Card>
          <Empty icon={Lightbulb} title={title}>
            {words}
          </Empty>
        </Card>
      ) : (
        <ol aria-label="Recommendations, the best first" className="grid gap-4">
          {recommendations.map((one, place) => (
            <li key={one.id} id={one.id} className="min-w-0 scroll-mt-4">
              <AdviceCard advice={one} place={place + 1} titles={titles} />
            </li>
          ))}
        </ol>
      )}
      {state === "open" && <Silent silent={silent} />}
      <BasedOn basis={based_on} />
    </div>
  );
}

function Waiting() {
  return (
    <div className="grid gap-4">
      {[0, 1, 2].map((place) => (
        <Skeleton key={place} className="h-52" />
      ))}
    </div>
  );
}
