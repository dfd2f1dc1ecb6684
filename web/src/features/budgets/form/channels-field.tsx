import { Check } from "@/components/ui/check";
import { Name } from "@/components/name";
import { useChannels } from "../reads";

interface ChannelsFieldProps {
  value: readonly number[];
  onChange: (channels: number[]) => void;
  error?: string | undefined;
}

/** Where a budget's alerts go: to all channels that want such, or to chosen ones. */
export function ChannelsField({ value, onChange, error }: ChannelsFieldProps) {
  const channels = useChannels();
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1.5 text-sm font-medium">Told by</legend>
      {channels.isError && (
        <p className="text-xs text-muted">The channels cannot be read at the moment.</p>
      )}
      {channels.data?.map(({ id, name, paused }) => (
        <Check
          key={id}
          label={
            <span className="flex min-w-0 gap-1.5">
              <Name>{name}</Name>
              {paused && <span className="shrink-0 text-muted">(paused)</span>}
            </span>
          }
          checked={value.includes(id)}
          onChange={({ target }) =>
            onChange(target.checked ? [...value, id] : value.filter((each) => each !== id))
          }
        />
      ))}
      <p className="text-xs text-muted">
        {value.length === 0
          ? "None chosen: every channel that wants alerts of budgets is told."
          : "Only these are told, whatever else they want."}
      </p>
      {error !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
    </fieldset>
  );
}
