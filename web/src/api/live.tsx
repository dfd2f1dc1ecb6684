/** The live stream of the workspace on screen, one for all of its screens. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from "react";
import { followLive, type LiveEvent, type LiveSpend, type LiveState } from "./live-stream";
import { sessionEnded } from "./session";
import { useWorkspace } from "./workspace";

export type { LiveEvent, LiveSpend, LiveState };

interface Live {
  state: LiveState;
  /** What was told last; null before the first frame. */
  spend: LiveSpend | null;
  /** Be told of each call; returns the function that ends it. */
  subscribe: (heard: (event: LiveEvent) => void) => () => void;
}

/** Under these keys lie answers that new calls change; they are asked for again as they come. */
export const MOVING = "moving";
const REFRESH_MS = 1_000;

const Context = createContext<Live | null>(null);

export function LiveProvider({ children }: { children: ReactNode }) {
  const { id } = useWorkspace();
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>({ kind: "connecting" });
  const [spend, setSpend] = useState<LiveSpend | null>(null);
  const listeners = useRef(new Set<(event: LiveEvent) => void>());
  const [subscribe] = useState(() => (heard: (event: LiveEvent) => void) => {
    listeners.current.add(heard);
    return () => {
      listeners.current.delete(heard);
    };
  });

  useEffect(() => {
    let refresh: ReturnType<typeof setTimeout> | null = null;
    let asking = false;
    let again = false;
    let counted = "";
    let lost = false;
    // At most once a second, whatever comes in between; and only when the answers of the last time are there,
    // so that one which takes longer is not asked for anew for ever.
    const refreshSoon = () => {
      if (asking) again = true;
      else refresh ??= setTimeout(() => void askAgain(), REFRESH_MS);
    };
    const askAgain = async () => {
      refresh = null;
      asking = true;
      await queries.invalidateQueries({ queryKey: ["workspace", id, MOVING] });
      asking = false;
      if (again && !ended) {
        again = false;
        refreshSoon();
      }
    };
    let ended = false;
    const stop = followLive(
      {
        onState: (now) => {
          setState(now);
          if (now.kind === "lost") lost = true;
          if (now.kind !== "live" || !lost) return;
          lost = false;
          // What kept the stream away may be why these failed, and nothing else would ask again.
          void queries.refetchQueries({
            queryKey: ["workspace", id],
            type: "active",
            predicate: (query) => query.state.status === "error",
          });
        },
        onSpend: (told) => {
          setSpend(told);
          const now = JSON.stringify([told.month.spend, told.month.counts, told.today.day]);
          if (now === counted) return;
          // The first frame too: a call may have been stored between what was read and where the stream begins.
          counted = now;
          refreshSoon();
        },
        onEvent: (event) => {
          for (const heard of listeners.current) heard(event);
        },
        onSignedOut: () => {
          sessionEnded(queries);
        },
      },
      { workspace: id },
    );
    return () => {
      ended = true;
      stop();
      if (refresh !== null) clearTimeout(refresh);
      setSpend(null);
    };
  }, [id, queries]);

  return <Context value={{ state, spend, subscribe }}>{children}</Context>;
}

export function useLive(): Live {
  const live = useContext(Context);
  if (live === null) throw new Error("useLive outside of a workspace");
  return live;
}

/** Hear of every new call while the component is there. */
export function useLiveEvents(heard: (event: LiveEvent) => void): void {
  const { subscribe } = useLive();
  const latest = useRef(heard);
  useEffect(() => {
    latest.current = heard;
  });
  useEffect(() => subscribe((event) => latest.current(event)), [subscribe]);
}
