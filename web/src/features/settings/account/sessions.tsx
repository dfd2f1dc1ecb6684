import type { Schemas } from "@llmlab/client";
import { useQueryClient } from "@tanstack/react-query";
import { Monitor, SquareTerminal } from "lucide-react";
import { useState } from "react";
import { signOut } from "@/api/session";
import { useDeed, useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { Name } from "@/components/name";
import { QueryView } from "@/components/query-view";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm } from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/states";
import { useToast } from "@/components/ui/toast";
import { ago, instant } from "@/lib/times";
import { deviceOf } from "./agent";

type Session = Schemas["SessionResponse"];

/** Where the person is signed in. */
export function Sessions() {
  const [asked, setAsked] = useState(false);
  const sessions = useRead(["sessions"], (api, signal) =>
    api.GET("/api/auth/sessions", { signal }),
  );
  const endOthers = useDeed((api) => api.DELETE("/api/auth/sessions"), {
    done: "You are signed in here alone",
    onDone: () => setAsked(false),
  });
  const others = sessions.data?.sessions.some(({ current }) => !current) ?? false;
  return (
    <Card
      flush
      title="Sessions"
      about="Where you are signed in. One that is ended is signed out at its next step."
      actions={
        others && (
          <Button size="small" onClick={() => setAsked(true)}>
            End all others
          </Button>
        )
      }
    >
      <QueryView query={sessions} skeleton={<Skeleton className="m-4 h-32" />}>
        {(data) => (
          <ul aria-label="Sessions">
            {sorted(data.sessions).map((session) => (
              <Line key={session.id} session={session} />
            ))}
          </ul>
        )}
      </QueryView>
      <Confirm
        open={asked}
        onClose={() => setAsked(false)}
        title="End all other sessions?"
        deed="End all others"
        busy={endOthers.isPending}
        onConfirm={() => endOthers.mutate()}
      >
        Other browsers and command lines are signed out of your account. API keys go on working.
      </Confirm>
    </Card>
  );
}

function Line({ session }: { session: Session }) {
  const { zone } = useWorkspace();
  const queries = useQueryClient();
  const { failed } = useToast();
  const end = useDeed(
    (api, id: string) =>
      api.DELETE("/api/auth/sessions/{session_id}", { params: { path: { session_id: id } } }),
    { done: "The session is over" },
  );
  const {
    id,
    current,
    kind,
    agent,
    last_seen_at: seen,
    created_at: begun,
    expires_at: ends,
  } = session;
  const Icon = kind === "web" ? Monitor : SquareTerminal;
  const device = deviceOf(agent);
  return (
    <li className="flex items-center gap-3 border-t border-line px-4 py-3 first:border-t-0">
      <Icon aria-hidden className="size-4 shrink-0 text-muted" />
      <div className="min-w-0 flex-1">
        <div className="flex min-w-0 items-center gap-2">
          <Name className="font-medium">{device}</Name>
          {current && <Badge tone="good">This one</Badge>}
        </div>
        <p className="text-xs text-muted" title={agent}>
          Active {ago(seen)} · since {instant(begun, zone)} · ends by itself {instant(ends, zone)}
        </p>
      </div>
      {current ? (
        <Button size="small" onClick={() => void signOut(queries).catch(failed)}>
          Log out
        </Button>
      ) : (
        <Button
          size="small"
          busy={end.isPending}
          aria-label={`End session: ${device}, active ${ago(seen)}`}
          onClick={() => end.mutate(id)}
        >
          End
        </Button>
      )}
    </li>
  );
}

/** Return this session first, then those that were active last. */
function sorted(sessions: readonly Session[]): Session[] {
  return sessions.toSorted(
    (one, other) =>
      Number(other.current) - Number(one.current) ||
      Date.parse(other.last_seen_at) - Date.parse(one.last_seen_at),
  );
}
