import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { useDeclaredTags } from "@/api/declared-tags";
import { useValueNames } from "@/api/value-names";
import { useWorkspace } from "@/api/workspace";
import { FilterBar } from "@/components/filter-bar";
import { Misread, Page } from "@/components/page";
import { TimeRange } from "@/components/time-range";
import { Tabs } from "@/components/ui/tabs";
import { writeFilters, withFilter, type Dimension } from "@/lib/dimensions";
import { daysOf } from "@/lib/ranges";
import { useFilters } from "@/lib/use-filters";
import { useUrlState, writeFields } from "@/lib/url-state";
import { Costliest } from "./costliest";
import { Downloads } from "./downloads";
import { GroupingBar } from "./grouping-bar";
import { daysBefore, type Question } from "./question";
import { SpendTab } from "./spend-tab";
import { dimensionsOf, FIELDS, nextGrouping } from "./state";
import { useTableDownload } from "./use-table-download";

/** Where a cost comes from. */
export function Component() {
  const workspace = useWorkspace();
  const { values, set, misread } = useUrlState(FIELDS);
  const { filters, setFilters, misread: misreadFilters } = useFilters();
  const { tab, range, tz, by, and, compare, unit, kind, sort, open } = values;
  const zone = tz === "" ? workspace.zone : tz;
  const days = daysOf(range, zone);
  const tags = useDeclaredTags();
  const question = useMemo<Question>(
    () => ({
      range,
      days: { from: days.from, to: days.to },
      zone,
      tz,
      filters,
      dimensions: dimensionsOf({ by, and }),
    }),
    [range, days.from, days.to, zone, tz, filters, by, and],
  );
  const nameOfValue = useValueNames(
    question.dimensions.includes("api_key") || "api_key" in filters,
  );
  const narrowTo = useNarrowing();
  const comparable = daysBefore(question) !== null;
  const saveTable = useTableDownload(question, compare && comparable, tab === "spend", nameOfValue);
  const costliest = (what: "session" | "trace") => (
    <Costliest
      what={what}
      question={question}
      open={open}
      onOpen={(id) => set({ open: id })}
      onRange={(next) => set({ range: next })}
    />
  );
  return (
    <Page
      title="Explore"
      actions={
        <>
          <TimeRange
            range={range}
            onRange={(next) => set({ range: next })}
            zone={zone}
            onZone={(next) => set({ tz: next === workspace.zone ? "" : next })}
          />
          <Downloads question={question} {...(saveTable !== null ? { onTable: saveTable } : {})} />
        </>
      }
    >
      <Misread names={[...misread, ...misreadFilters]} />
      <FilterBar filters={filters} onChange={setFilters} days={days} tags={tags} />
      <Tabs
        label="What is explored"
        value={tab}
        onChange={(next) => set({ tab: next, open: "" })}
        tabs={[
          {
            value: "spend",
            name: "Spend",
            content: (
              <div className="grid min-w-0 gap-4">
                <GroupingBar
                  by={by}
                  and={and === by ? "" : and}
                  tags={tags}
                  compare={compare}
                  comparable={comparable}
                  onChange={set}
                />
                <SpendTab
                  question={question}
                  compare={compare && comparable}
                  unit={unit}
                  kind={kind}
                  order={sort}
                  onChange={set}
                  nameOfValue={nameOfValue}
                  narrowTo={narrowTo}
                />
              </div>
            ),
          },
          { value: "sessions", name: "Costliest sessions", content: costliest("session") },
          { value: "traces", name: "Costliest traces", content: costliest("trace") },
        ]}
      />
    </Page>
  );
}

/** Return how to address this screen narrowed to a value, grouped by what is not settled yet. */
function useNarrowing(): (dimension: Dimension, value: string) => string {
  const [parameters] = useSearchParams();
  const { filters } = useFilters();
  return useCallback(
    (dimension, value) => {
      const narrowed = withFilter(filters, dimension, [value]);
      const by = nextGrouping(narrowed);
      const query = writeFields(FIELDS, writeFilters(parameters, narrowed), { by, and: "" });
      return `?${query.toString()}`;
    },
    [parameters, filters],
  );
}
