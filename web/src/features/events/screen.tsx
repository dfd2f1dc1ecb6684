import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { useDeclaredTags } from "@/api/declared-tags";
import { useWorkspace } from "@/api/workspace";
import { FilterBar } from "@/components/filter-bar";
import { Misread, Page } from "@/components/page";
import { TimeRange } from "@/components/time-range";
import { daysOf } from "@/lib/ranges";
import { useFilters } from "@/lib/use-filters";
import { useUrlState, writeFields } from "@/lib/url-state";
import { Calls } from "./calls";
import { EventPanel } from "./event-panel";
import { FIELDS, type Question } from "./question";
import { SessionFilters } from "./session-filters";
import { Totals } from "./totals";

/** Every call, newest first, moving as calls come in; any of them in full. */
export function Component() {
  const { zone: own } = useWorkspace();
  const tags = useDeclaredTags();
  const { values, set, misread } = useUrlState(FIELDS);
  const { filters, setFilters, misread: misreadFilters } = useFilters();
  const zone = values.tz === "" ? own : values.tz;
  const { from, to } = daysOf(values.range, zone);
  const { session_id: session, trace_id: trace } = values;
  const question = useMemo<Question>(
    () => ({ days: { from, to }, zone, filters, session, trace }),
    [from, to, zone, filters, session, trace],
  );
  const [parameters] = useSearchParams();
  const linkTo = useCallback(
    (event: string | null) => ({
      search: writeFields(FIELDS, parameters, { event }).toString(),
    }),
    [parameters],
  );
  const [order, setOrder] = useState<readonly string[]>([]);
  return (
    <Page
      title="Events"
      about={session === "" && trace === "" ? <Totals question={question} /> : undefined}
      actions={
        <TimeRange
          range={values.range}
          onRange={(range) => set({ range })}
          zone={zone}
          onZone={(tz) => set({ tz: tz === own ? "" : tz })}
        />
      }
    >
      <Misread names={[...misread, ...misreadFilters]} />
      <div className="flex flex-wrap items-center gap-2">
        <SessionFilters session={session} trace={trace} onClear={set} />
        <FilterBar filters={filters} onChange={setFilters} days={question.days} tags={tags} />
      </div>
      <Calls
        question={question}
        linkTo={linkTo}
        openId={values.event}
        onOrder={setOrder}
        onWiden={() => {
          set({ range: "all", session_id: "", trace_id: "" });
        }}
        onUnfilter={() => setFilters({})}
      />
      <EventPanel
        id={values.event}
        zone={zone}
        order={order}
        onShow={(event) => set({ event }, { replace: true })}
        onClose={() => set({ event: null }, { replace: true })}
      />
    </Page>
  );
}
