import { ChannelPicks } from "../channel-picks";
import { stillThere, useChannels } from "../reads";

interface ChannelsFieldProps {
  value: readonly number[];
  onChange: (channels: number[]) => void;
  error?: string | undefined;
}

/** Where a budget's alerts go: to all channels that want such, or to chosen ones. */
export function ChannelsField({ value, onChange, error }: ChannelsFieldProps) {
  const { data: channels } = useChannels();
  const chosen = channels === undefined ? value : stillThere(value, channels);
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1.5 text-sm font-medium">Told by</legend>
      <ChannelPicks label="Channels" value={value} onChange={onChange} />
      <p className="text-xs text-muted">
        {chosen.length === 0
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
