import { MailCheck } from "lucide-react";
import { useState } from "react";
import { usePages } from "@/api/use-pages";
import { useDeed } from "@/api/use-read";
import { More } from "@/components/more";
import { Misread } from "@/components/page";
import { QueryView } from "@/components/query-view";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { Segments } from "@/components/ui/tabs";
import { many } from "@/lib/numbers";
import { choice, text, useUrlState } from "@/lib/url-state";
import { DropDialog, type Doomed } from "./drop-dialog";
import { Letters } from "./letters";
import { Reasons } from "./reasons";

const FIELDS = {
  state: choice(["waiting", "replayed"] as const, "waiting"),
  code: text("", 64),
};
// A replay is a worker's; what is left is seen by asking.
const EVERY_MS = 5_000;

/** Calls that were accepted and could not be written: what they died of, and what can be done. */
export default function DeadLettersPart() {
  const { values, set, misread } = useUrlState(FIELDS);
  const { state, code } = values;
  return (
    <>
      <Misread names={misread} />
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-prose text-sm text-muted">
          Calls that were accepted and could not be written. They are in no total until they are
          replayed.
        </p>
        <Segments
          label="Which letters"
          value={state}
          onChange={(next) => set({ state: next, code: "" })}
          choices={[
            ["waiting", "Waiting"],
            ["replayed", "Replayed"],
          ]}
        />
      </div>
      {/* Those of the other state are not kept until these are there: what is done would be done to these. */}
      <Box key={state} state={state} code={code} onCode={(next) => set({ code: next })} />
    </>
  );
}

interface BoxProps {
  state: "waiting" | "replayed";
  /** Empty: of every code. */
  code: string;
  onCode: (code: string) => void;
}

/** The letters of one state, and why they are there. */
function Box({ state, code, onCode }: BoxProps) {
  const [doomed, setDoomed] = useState<Doomed | null>(null);
  const letters = usePages(
    ["dead-letters", state, code],
    (api, cursor, signal) =>
      api.GET("/api/deadletters", {
        params: {
          query: {
            state,
            ...(code === "" ? {} : { code }),
            ...(cursor === undefined ? {} : { cursor }),
          },
        },
        signal,
      }),
    { every: EVERY_MS },
  );
  const replay = useDeed(
    (api, which: { ids?: string[]; code?: string }) =>
      api.POST("/api/deadletters/replay", { body: which }),
    {
      done: (answer) =>
        `Replaying ${many(answer?.letters ?? 0, "letter")}; those that fail again come back`,
    },
  );
  return (
    <>
      <QueryView query={letters} skeleton={<Skeleton className="h-72" />}>
        {({ pages }) => {
          const [first] = pages;
          if (first === undefined) return null;
          if (first.reasons.length === 0 && first.total === 0) return <Nothing state={state} />;
          return (
            <>
              <Reasons
                reasons={first.reasons}
                chosen={code}
                waiting={state === "waiting"}
                busy={replay.isPending}
                onChoose={onCode}
                onReplay={(next) => replay.mutate({ code: next })}
                onDrop={(next, count) => setDoomed({ code: next, state, count })}
              />
              <Card
                flush
                title="Letters"
                about={`${many(first.total, "letter")}, those that died last first`}
                actions={
                  code !== "" && (
                    <Button size="small" onClick={() => onCode("")}>
                      Show all reasons
                    </Button>
                  )
                }
              >
                <Letters
                  rows={pages.flatMap(({ deadletters }) => deadletters)}
                  waiting={state === "waiting"}
                  onReplay={(id) => replay.mutate({ ids: [id] })}
                  onDrop={(id) => setDoomed({ ids: [id], state, count: 1 })}
                />
                <More pages={letters} />
              </Card>
            </>
          );
        }}
      </QueryView>
      <DropDialog doomed={doomed} onClose={() => setDoomed(null)} />
    </>
  );
}

function Nothing({ state }: { state: "waiting" | "replayed" }) {
  return (
    <Card>
      <Empty
        icon={MailCheck}
        title={state === "waiting" ? "Every accepted call was written" : "Nothing was replayed"}
      >
        {state === "waiting"
          ? "Nothing is missing from the totals. Should a call ever fail to be written, it waits here with the reason."
          : "Letters that were replayed are kept here for a while."}
      </Empty>
    </Card>
  );
}
