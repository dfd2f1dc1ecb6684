import clsx from "clsx";
import { readSummary } from "@/api/costs";
import { useDeclaredTags } from "@/api/declared-tags";
import { useRead } from "@/api/use-read";
import { useValueNames } from "@/api/value-names";
import { useWorkspace } from "@/api/workspace";
import { DimensionChoice } from "@/components/dimension-choice";
import { Misread, Page } from "@/components/page";
import { QueryView } from "@/components/query-view";
import { TimeRange } from "@/components/time-range";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/states";
import { inWords } from "@/lib/dimensions";
import { daysOf, nameOf as nameOfRange } from "@/lib/ranges";
import { useUrlState } from "@/lib/url-state";
import { Headline } from "./headline";
import { NothingYet } from "./nothing-yet";
import { RangeFigures } from "./range-figures";
import { SpendCard } from "./spend-card";
import { FIELDS, LAST_TOPS } from "./state";
import { Sureness } from "./sureness";
import { TokenCard } from "./token-card";
import { RowsSkeleton, TopList } from "./top-list";

/** Where the money goes, at a glance. */
export function Component() {
  const { zone } = useWorkspace();
  const { values, set, misread } = useUrlState(FIELDS);
  const { range, stack, top, view } = values;
  const days = daysOf(range, zone);
  const summary = useRead(
    ["summary", days, zone],
    (api, signal) => readSummary(api, { days, zone }, signal),
    { moving: true },
  );
  // What is further down is asked for when the head of the screen is there.
  const ready = !summary.isPending && !summary.isPlaceholderData;
  const none = ready && summary.data?.counts.events === 0;
  const nameOfValue = useValueNames(stack === "api_key" || top === "api_key");
  const tags = useDeclaredTags();
  const list = { range, days, ready, nameOf: nameOfValue };
  return (
    <Page
      title="Overview"
      actions={<TimeRange range={range} onRange={(next) => set({ range: next })} zone={zone} />}
    >
      <Misread names={misread} />
      {none ? (
        <NothingYet onAll={() => set({ range: "all" })} />
      ) : (
        <>
          <Headline ready={ready} />
          <QueryView query={summary} skeleton={<Skeleton className="h-36" />}>
            {(data) => (
              <Card title={nameOfRange(range)} about={`Midnight to midnight in ${zone}`}>
                <div className={clsx("grid gap-4", summary.isPlaceholderData && "opacity-60")}>
                  <RangeFigures summary={data} range={range} days={days} ready={ready} />
                  <Sureness summary={data} range={range} />
                </div>
              </Card>
            )}
          </QueryView>
          <SpendCard
            range={range}
            days={days}
            stack={stack}
            onStack={(next) => set({ stack: next })}
            view={view}
            onView={(next) => set({ view: next })}
            nameOfValue={nameOfValue}
          />
          <div className="grid gap-4 lg:grid-cols-2 2xl:grid-cols-3">
            <TopList {...list} title="Models" dimension="model" />
            <TopList {...list} title="Features" dimension="feature" />
            <TopList {...list} title="Customers" dimension="customer" />
            <TopList {...list} title="Providers" dimension="provider" />
            <TopList
              {...list}
              key={top}
              title={`By ${inWords(top)}`}
              dimension={top}
              actions={
                <DimensionChoice
                  label="Of what this list is"
                  value={top}
                  known={LAST_TOPS}
                  tags={tags}
                  onChange={(next) => set({ top: next })}
                />
              }
            />
            {summary.isPending && (
              <Card title="Tokens by class" flush>
                <RowsSkeleton />
              </Card>
            )}
            {summary.data !== undefined && <TokenCard summary={summary.data} />}
          </div>
        </>
      )}
    </Page>
  );
}
