/** Repricings: what a worker does to calls of the past, followed until it is done. */
import type { Schemas } from "@llmlab/client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useRead } from "./use-read";
import { useWorkspace } from "./workspace";

export type Repricing = Schemas["Repricing"];
export type RepricingDetails = Schemas["RepricingDetails"];

const POLL_MS = 1_000;

export function isFinished({ status }: Pick<Repricing, "status">): boolean {
  return status === "done" || status === "failed";
}

/** Say by whose wish: a person, a key, or LLMLab itself, as it does when a price arrives. */
export function sayActor(actor: string): string {
  const [kind, id = ""] = actor.split(":");
  if (kind === "user") return `person ${id}`;
  if (kind === "key") return `API key ${id}`;
  return "LLMLab itself";
}

/** Read a repricing, again and again until it is finished; then everything it may have changed is read anew. */
export function useRepricing(id: number | null) {
  const { id: workspace } = useWorkspace();
  const queries = useQueryClient();
  const repricing = useRead<RepricingDetails>(
    ["repricing", id],
    (api, signal) =>
      api.GET("/api/prices/repricings/{repricing_id}", {
        params: { path: { repricing_id: id ?? 0 } },
        signal,
      }),
    {
      enabled: id !== null,
      keep: false,
      every: (last) => (last !== undefined && isFinished(last) ? false : POLL_MS),
    },
  );
  const { data } = repricing;
  const finished = data !== undefined && isFinished(data) && data.id === id;
  const changes = finished && !data.dry_run;
  const sawRunning = useRef(false);
  useEffect(() => {
    if (data !== undefined && !finished) sawRunning.current = true;
    if (!changes || !sawRunning.current) return;
    sawRunning.current = false;
    void queries.invalidateQueries({ queryKey: ["workspace", workspace] });
  }, [data, finished, changes, queries, workspace]);
  return repricing;
}
