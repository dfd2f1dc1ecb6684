import { CalendarSearch, Rocket } from "lucide-react";
import { readSummary } from "@/api/costs";
import { useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { QueryView } from "@/components/query-view";
import { Button, ButtonLink } from "@/components/ui/button";
import { Empty, Skeleton } from "@/components/ui/states";
import { daysOf } from "@/lib/ranges";

/** No call in the chosen time: there are others, or the workspace waits for its first one. */
export function NothingYet({ onAll }: { onAll: () => void }) {
  const { id, zone } = useWorkspace();
  const days = daysOf("all", zone);
  const ever = useRead(
    ["summary", days, zone],
    (api, signal) => readSummary(api, { days, zone }, signal),
    { moving: true },
  );
  return (
    <QueryView query={ever} skeleton={<Skeleton className="h-64" />}>
      {({ counts }) =>
        counts.events === 0 ? (
          <Empty
            icon={Rocket}
            title="No calls yet"
            action={
              <ButtonLink tone="primary" to={`/w/${String(id)}/start`}>
                Send your first call
              </ButtonLink>
            }
          >
            As soon as your program reports its first LLM call, what it cost appears here.
          </Empty>
        ) : (
          <Empty
            icon={CalendarSearch}
            title="No calls in this time"
            action={<Button onClick={onAll}>Show all time</Button>}
          >
            There are calls at other times.
          </Empty>
        )
      }
    </QueryView>
  );
}
