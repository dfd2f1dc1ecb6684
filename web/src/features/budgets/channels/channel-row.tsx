import { Send } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/api/workspace";
import { Name } from "@/components/name";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { ago } from "@/lib/times";
import { CHANNEL_KINDS, WANTED_KINDS, type WantedKind } from "../kinds";
import type { Channel } from "../reads";
import { targetOf } from "./settings";
import { ChannelMenu } from "./channel-menu";
import { TestResult } from "./test-result";
import { useTest } from "./use-test";

/** One channel: where it leads, what it is told of, and what became of the last message. */
export function ChannelRow({ channel }: { channel: Channel }) {
  const { administer } = useMay();
  const test = useTest(channel.id);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <li className="grid gap-2 border-t border-line px-4 py-3.5 first:border-t-0">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="grid min-w-0 flex-1 basis-56 gap-0.5">
          <div className="flex min-w-0 flex-wrap items-center gap-2">
            <h3 className="max-w-full min-w-0 font-medium">
              <Name>{channel.name}</Name>
            </h3>
            <Badge>{CHANNEL_KINDS[channel.kind]}</Badge>
            {channel.paused && <Badge tone="warn">Paused</Badge>}
          </div>
          <Name mono className="text-xs text-muted">
            {targetOf(channel)}
          </Name>
          <p className="text-xs text-muted">
            {channel.kinds.length === 0
              ? "Told only of what names this channel."
              : `Told of: ${channel.kinds.map(nameOfKind).join(", ")}.`}
          </p>
          <Last channel={channel} />
        </div>
        {administer && (
          <div className="flex items-center gap-2">
            <Button
              size="small"
              busy={test.busy}
              aria-label={`Send test to ${channel.name}`}
              onClick={test.send}
            >
              <Send aria-hidden /> Send test
            </Button>
            <ChannelMenu channel={channel} secret={secret} onSecret={setSecret} />
          </div>
        )}
      </div>
      {channel.problem !== null && (
        <Notice tone="warn">Nothing can arrive by it: {channel.problem}.</Notice>
      )}
      <TestResult test={test} />
    </li>
  );
}

function nameOfKind(kind: string): string {
  return (WANTED_KINDS[kind as WantedKind] as string | undefined)?.toLowerCase() ?? kind;
}

function Last({ channel: { last_delivery: last } }: { channel: Channel }) {
  if (last === null) return <p className="text-xs text-muted">Nothing was sent by it so far.</p>;
  const words = { sent: "arrived", failed: "failed", waiting: "is on its way" }[last.status];
  return (
    <p className="text-xs [overflow-wrap:anywhere] text-muted">
      The last message {words} <time dateTime={last.at}>{ago(last.at)}</time>
      {last.error !== null && (
        <span className={last.status === "failed" ? "text-bad" : "text-warn"}>: {last.error}</span>
      )}
      .
    </p>
  );
}
