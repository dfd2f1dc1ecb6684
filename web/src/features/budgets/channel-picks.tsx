import { Name } from "@/components/name";
import { Check } from "@/components/ui/check";
import { stillThere, useChannels } from "./reads";

interface ChannelPicksProps {
  label: string;
  value: readonly number[];
  disabled?: boolean;
  onChange: (channels: number[]) => void;
}

/** Some of the workspace's channels. */
export function ChannelPicks({ label, value, disabled = false, onChange }: ChannelPicksProps) {
  const channels = useChannels();
  if (channels.data === undefined) {
    if (!channels.isError) return null;
    return <p className="text-xs text-muted">The channels cannot be read at the moment.</p>;
  }
  if (channels.data.length === 0) {
    return <p className="text-xs text-muted">There is no channel yet.</p>;
  }
  // The API takes no channel that was deleted, and nobody could take one out that is not listed.
  const chosen = stillThere(value, channels.data);
  return (
    <div role="group" aria-label={label} className="grid">
      {channels.data.map(({ id, name, paused }) => (
        <Check
          key={id}
          label={
            <span className="flex min-w-0 gap-1.5">
              <Name>{name}</Name>
              {paused && <span className="shrink-0 text-muted">(paused)</span>}
            </span>
          }
          disabled={disabled}
          checked={chosen.includes(id)}
          onChange={({ target }) =>
            onChange(target.checked ? [...chosen, id] : chosen.filter((each) => each !== id))
          }
        />
      ))}
    </div>
  );
}
