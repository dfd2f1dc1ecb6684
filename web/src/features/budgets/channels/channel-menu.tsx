import { Ellipsis, KeyRound, Pause, Pencil, Play, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useDeed } from "@/api/use-read";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import type { Channel } from "../reads";
import { RotateSecret } from "./rotate-secret";
import { SecretOnce } from "./secret-once";

const ChannelForm = lazy(() => import("./channel-form"));

interface ChannelMenuProps {
  channel: Channel;
  /** A webhook's new secret while it is shown. */
  secret: string | null;
  onSecret: (secret: string | null) => void;
}

/** What can be done with a channel, beside testing it. */
export function ChannelMenu({ channel, secret, onSecret }: ChannelMenuProps) {
  const [open, setOpen] = useState<"edit" | "rotate" | "delete" | null>(null);
  const close = () => setOpen(null);
  const path = { params: { path: { channel_id: channel.id } } };
  const pause = useDeed(
    (api, paused: boolean) =>
      api.PATCH("/api/channels/{channel_id}", { ...path, body: { paused } }),
    {
      done: (after) =>
        after?.paused === true
          ? "The channel is paused: messages wait"
          : "The channel is resumed: what waited goes out",
    },
  );
  const remove = useDeed((api) => api.DELETE("/api/channels/{channel_id}", path), {
    done: "The channel is deleted",
    onDone: close,
  });
  return (
    <>
      <Menu
        trigger={
          <Button size="small-icon" tone="quiet" aria-label={`More for ${channel.name}`}>
            <Ellipsis aria-hidden />
          </Button>
        }
      >
        <MenuItem onSelect={() => setOpen("edit")}>
          <Pencil aria-hidden /> Edit
        </MenuItem>
        <MenuItem onSelect={() => pause.mutate(!channel.paused)}>
          {channel.paused ? <Play aria-hidden /> : <Pause aria-hidden />}
          {channel.paused ? "Resume" : "Pause"}
        </MenuItem>
        {channel.kind === "webhook" && (
          <MenuItem onSelect={() => setOpen("rotate")}>
            <KeyRound aria-hidden /> Rotate secret
          </MenuItem>
        )}
        <MenuSeparator />
        <MenuItem dangerous onSelect={() => setOpen("delete")}>
          <Trash2 aria-hidden /> Delete
        </MenuItem>
      </Menu>
      {open === "edit" && (
        <Suspense fallback={null}>
          <ChannelForm channel={channel} onClose={close} />
        </Suspense>
      )}
      {open === "rotate" && (
        <RotateSecret
          channel={channel}
          onClose={close}
          onSecret={(next) => {
            close();
            onSecret(next);
          }}
        />
      )}
      <SecretOnce secret={secret} onClose={() => onSecret(null)} />
      <Confirm
        open={open === "delete"}
        onClose={close}
        title="Delete this channel?"
        deed="Delete channel"
        dangerous
        busy={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        “<bdi>{channel.name}</bdi>” is told of nothing any more, what waits for it is dropped, and
        the log of its deliveries is gone. This cannot be undone.
      </Confirm>
    </>
  );
}
