import { readSummary } from "@/api/costs";
import { useRead } from "@/api/use-read";
import { useWorkspace } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import type { Days } from "@/lib/ranges";
import { isTarget } from "./question";

const MOST = 5;

/** Offers the models that are in use: the first to compare with each other. */
export function OwnModels(props: { days: Days; onChoose: (names: string[]) => void }) {
  const { days, onChoose } = props;
  const { zone } = useWorkspace();
  const summary = useRead(["summary-of-models", days, zone], (api, signal) =>
    readSummary(api, { days, zone }, signal),
  );
  const names = (summary.data?.by_model ?? [])
    .map(({ provider, model }) => `${provider}/${model}`)
    .filter(isTarget)
    .slice(0, MOST);
  if (names.length === 0) return null;
  return <Button onClick={() => onChoose(names)}>Compare the dearest you use</Button>;
}
