import { KeyRound } from "lucide-react";
import { useState } from "react";
import { usePages } from "@/api/use-pages";
import { More } from "@/components/more";
import { QueryView } from "@/components/query-view";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { CreateDialog } from "./create-dialog";
import { Keys } from "./keys";

/** The workspace's API keys. */
export default function KeysPart() {
  const [creating, setCreating] = useState(false);
  const keys = usePages(["keys"], (api, cursor, signal) =>
    api.GET("/api/keys", {
      params: { query: cursor === undefined ? {} : { cursor: Number(cursor) } },
      signal,
    }),
  );
  const create = (
    <Button size="small" tone="primary" onClick={() => setCreating(true)}>
      <KeyRound aria-hidden /> Create key
    </Button>
  );
  return (
    <>
      <Card
        flush
        title="API keys"
        about="With a key, programs report calls and read costs. A key is shown in full when it is made, never again."
        actions={create}
      >
        <QueryView query={keys} skeleton={<Skeleton className="m-4 h-48" />}>
          {({ pages }) => {
            const rows = pages.flatMap(({ keys: page }) => page);
            return rows.length === 0 ? (
              <Empty icon={KeyRound} title="There is no key">
                Without one nothing can be reported. Create a key and put it where your program
                keeps its secrets.
              </Empty>
            ) : (
              <>
                <Keys rows={rows} />
                <More pages={keys} />
              </>
            );
          }}
        </QueryView>
      </Card>
      <CreateDialog open={creating} onClose={() => setCreating(false)} />
    </>
  );
}
