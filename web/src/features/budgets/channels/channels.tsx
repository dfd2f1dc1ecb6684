import { Plus, Send } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useMay } from "@/api/workspace";
import { QueryView } from "@/components/query-view";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Skeleton } from "@/components/ui/states";
import { useChannels } from "../reads";
import { ChannelRow } from "./channel-row";

const ChannelForm = lazy(() => import("./channel-form"));
const LOOK_MS = 10_000;

/** Where the workspace is told of alerts and reports. */
export default function Channels() {
  const { administer } = useMay();
  const channels = useChannels({ every: LOOK_MS });
  const [adding, setAdding] = useState(false);
  const add = administer ? (
    <Button tone="primary" size="small" onClick={() => setAdding(true)}>
      <Plus aria-hidden /> Add channel
    </Button>
  ) : undefined;
  return (
    <>
      <Card
        title="Channels"
        about={administer ? undefined : "Admins and owners can add, change and test them."}
        actions={add}
        flush
      >
        <QueryView query={channels} skeleton={<Waiting />}>
          {(data) =>
            data.length === 0 ? (
              <Empty icon={Send} title="Nobody is told" action={add}>
                Without a channel alerts are only listed here. Add an e-mail address, a chat, a
                pager or a webhook of yours.
              </Empty>
            ) : (
              <ul>
                {data.map((channel) => (
                  <ChannelRow key={channel.id} channel={channel} />
                ))}
              </ul>
            )
          }
        </QueryView>
      </Card>
      {adding && (
        <Suspense fallback={null}>
          <ChannelForm channel={null} onClose={() => setAdding(false)} />
        </Suspense>
      )}
    </>
  );
}

function Waiting() {
  return (
    <div className="grid gap-4 p-4">
      {[0, 1, 2].map((place) => (
        <Skeleton key={place} className="h-16" />
      ))}
    </div>
  );
}
