import { ArrowUp } from "lucide-react";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import type { To } from "react-router";
import { Button } from "@/components/ui/button";
import { Empty, Failure, Skeleton, Stale } from "@/components/ui/states";
import { count, many } from "@/lib/numbers";
import { EventList } from "./event-list";
import { ROW_HEIGHT } from "./event-row";
import type { Question } from "./question";
import { useEventPages } from "./use-event-pages";
import { useLiveTail } from "./use-live-tail";

interface CallsProps {
  question: Question;
  linkTo: (id: string) => To;
  openId: string | null;
  /** Tells which calls are in the list, in their order. */
  onOrder: (ids: readonly string[]) => void;
  onWiden: () => void;
  onUnfilter: () => void;
}

/** The list of calls with all its states: being read, empty, failed, moving. */
export function Calls({ question, linkTo, openId, onOrder, onWiden, onUnfilter }: CallsProps) {
  const { pages, events, readNewest } = useEventPages(question);
  const [atTop, setAtTop] = useState(true);
  const [toTop, setToTop] = useState(0);
  const more = pages.hasNextPage;
  const tail = useLiveTail({ question, events, more, atTop, readNewest });
  const { rows, waiting } = tail;
  useEffect(() => onOrder(rows.map(({ id }) => id)), [onOrder, rows]);
  const [about, setAbout] = useState(question);
  if (about !== question) {
    setAbout(question);
    setAtTop(true);
    setToTop((times) => times + 1);
  }
  const { fetchNextPage, isFetchNextPageError, isFetching } = pages;
  const onWantMore = useCallback(() => {
    if (!isFetching && !isFetchNextPageError) void fetchNextPage({ cancelRefetch: false });
  }, [fetchNextPage, isFetching, isFetchNextPageError]);

  if (pages.data === undefined) {
    if (pages.isError) {
      return <Failure error={pages.error} retry={() => void pages.refetch()} />;
    }
    return <Waiting />;
  }
  const filtered = Object.keys(question.filters).length > 0;
  return (
    <>
      {pages.isError && !isFetchNextPageError && (
        <Stale error={pages.error} retry={() => void pages.refetch()} />
      )}
      {rows.length === 0 ? (
        <div className="rounded-lg border border-line bg-surface">
          <Empty
            title="No calls here"
            action={
              filtered ? (
                <Button onClick={onUnfilter}>Without filters</Button>
              ) : (
                <Button onClick={onWiden}>All time</Button>
              )
            }
          >
            {filtered
              ? "No call of this time is one that the filters mean."
              : "No call was reported in this time. New ones appear here by themselves."}
          </Empty>
        </div>
      ) : (
        <div aria-busy={pages.isPlaceholderData || undefined}>
          <EventList
            rows={rows}
            zone={question.zone}
            linkTo={linkTo}
            openId={openId}
            more={more}
            onWantMore={onWantMore}
            onAtTop={setAtTop}
            toTop={toTop}
            over={
              <NewCalls
                waiting={waiting}
                behind={tail.behind && !atTop}
                onShow={() => setToTop((times) => times + 1)}
              />
            }
            foot={<Foot pages={pages} rows={rows.length} />}
          />
        </div>
      )}
      <p role="status" className="text-xs text-muted">
        {follows(tail)}
      </p>
    </>
  );
}

function follows({ following, live }: { following: boolean; live: boolean }): string {
  if (!following) return "This time is over: no new calls come in.";
  if (!live) return "Not live at the moment: new calls come in as soon as the stream is back.";
  return "New calls come in at the top by themselves.";
}

interface NewCallsProps {
  waiting: number;
  behind: boolean;
  onShow: () => void;
}

/** Says that there are newer calls above, without moving what is being read. */
function NewCalls({ waiting, behind, onShow }: NewCallsProps) {
  const there = waiting > 0 || behind;
  return (
    <div role="status" className="pointer-events-none absolute inset-x-0 top-11 z-20 text-center">
      {there && (
        <Button
          tone="primary"
          size="small"
          className="pointer-events-auto animate-fade shadow-lg"
          onClick={onShow}
        >
          <ArrowUp aria-hidden />
          {waiting === 0
            ? "New calls"
            : `${count(waiting)}${behind ? " or more" : ""} new ${waiting === 1 ? "call" : "calls"}`}
        </Button>
      )}
    </div>
  );
}

function Foot({ pages, rows }: { pages: ReturnType<typeof useEventPages>["pages"]; rows: number }) {
  let said: ReactNode;
  if (pages.isFetchNextPageError) {
    said = (
      <span role="alert" className="flex items-center gap-3">
        Older calls could not be read.
        <Button size="small" onClick={() => void pages.fetchNextPage()}>
          Try again
        </Button>
      </span>
    );
  } else if (pages.hasNextPage) said = "Reading older calls…";
  else said = rows === 1 ? "That is the only one." : `That is all of ${many(rows, "call")}.`;
  return said;
}

function Waiting() {
  return (
    <div aria-busy="true" className="overflow-hidden rounded-lg border border-line bg-surface">
      <span role="status" className="sr-only">
        Loading
      </span>
      <div className="h-[calc(100dvh-14rem)] min-h-96 overflow-hidden">
        {Array.from({ length: 24 }, (_, place) => (
          <div
            key={place}
            className="flex items-center gap-4 border-b border-line px-4"
            style={{ height: ROW_HEIGHT }}
          >
            <Skeleton className="h-4 w-24" />
            <Skeleton className="h-4 flex-1" />
            <Skeleton className="h-4 w-16" />
          </div>
        ))}
      </div>
    </div>
  );
}
