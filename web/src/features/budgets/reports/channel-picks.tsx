import { Name } from "@/components/name";
import { Check } from "@/components/ui/check";
import type { Channel } from "../reads";

interface ChannelPicksProps {
  label: string;
  channels: readonly Channel[];
  value: readonly number[];
  disabled?: boolean;
  onChange: (channels: number[]) => void;
}

/** Some of the workspace's channels. */
export function ChannelPicks(props: ChannelPicksProps) {
  const { label, channels, value, disabled = false, onChange } = props;
  if (channels.length === 0) return <p className="text-xs text-muted">There is no channel yet.</p>;
  return (
    <div role="group" aria-label={label} className="grid pl-6">
      {channels.map(({ id, name }) => (
        <Check
          key={id}
          label={<Name>{name}</Name>}
          disabled={disabled}
          checked={value.includes(id)}
          onChange={({ target }) =>
            onChange(target.checked ? [...value, id] : value.filter((each) => each !== id))
          }
        />
      ))}
    </div>
  );
}
