import { Scale } from "lucide-react";
import { useDeclaredTags } from "@/api/declared-tags";
import { useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { FilterBar } from "@/components/filter-bar";
import { Misread } from "@/components/page";
import { QueryView } from "@/components/query-view";
import { TimeRange } from "@/components/time-range";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { Segments } from "@/components/ui/tabs";
import { daysOf } from "@/lib/ranges";
import { useUrlState } from "@/lib/url-state";
import { useFilters } from "@/lib/use-filters";
import { ModelChips } from "./model-chips";
import { OwnModels } from "./own-models";
import { Actual, LeftOut } from "./actual";
import { FIELDS, PROCESSINGS, whatIfRequest, type Processing } from "./question";
import { TargetsTable } from "./targets-table";

const NAMES: Readonly<Record<Processing, string>> = {
  "as-it-was": "Processed as it was",
  standard: "All standard",
  batch: "All as batches",
};

/** What any slice of the calls would have cost on other models, by the prices in force now. */
export default function WhatIf() {
  const { zone } = useWorkspace();
  const tags = useDeclaredTags();
  const { values, set, misread } = useUrlState(FIELDS);
  const { filters, setFilters, misread: misreadFilters } = useFilters();
  const { on, processing, range } = values;
  const days = daysOf(range, zone);
  const question = { on, processing, days, zone, filters };
  const answer = useRead(
    ["what-if", question],
    (api, signal) =>
      api.GET("/api/costs/what-if", { params: { query: whatIfRequest(question) }, signal }),
    { enabled: on.length > 0 },
  );
  return (
    <div className="grid gap-4">
      <Misread names={[...misread, ...misreadFilters]} />
      <Card title="These calls">
        <div className="grid gap-3">
          <div className="flex flex-wrap items-center gap-2">
            <TimeRange range={range} onRange={(next) => set({ range: next })} zone={zone} />
            <Segments
              label="How calls are processed"
              value={processing}
              onChange={(next) => set({ processing: next })}
              choices={PROCESSINGS.map((each) => [each, NAMES[each]])}
            />
          </div>
          <FilterBar filters={filters} onChange={setFilters} days={days} tags={tags} />
        </div>
      </Card>
      <Card title="On these models" flush>
        <div className="grid gap-3 px-4 pt-2 pb-4">
          <ModelChips value={on} onChange={(next) => set({ on: next })} />
        </div>
        {on.length === 0 ? (
          <Empty
            icon={Scale}
            title="Choose a model to compare with"
            action={<OwnModels onChoose={(names) => set({ on: names })} days={days} />}
          >
            The tokens that these calls really used are priced again on each model of the price book
            that you add, your own prices and discounts included.
          </Empty>
        ) : (
          <QueryView query={answer} skeleton={<Skeleton className="mx-4 mb-4 h-56" />}>
            {(data) => (
              <div aria-busy={answer.isFetching} className="grid gap-2">
                <Actual answer={data} />
                <TargetsTable targets={data.targets} />
                <LeftOut answer={data} />
              </div>
            )}
          </QueryView>
        )}
      </Card>
    </div>
  );
}
