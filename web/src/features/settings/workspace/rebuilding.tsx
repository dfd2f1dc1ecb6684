import { Meter } from "@/components/meter";
import { count, many } from "@/lib/numbers";
import { ago } from "@/lib/times";

interface RebuildingProps {
  since: string;
  done: number;
  total: number;
}

/** Says that the past is being counted anew, and how far that is. */
export function Rebuilding({ since, done, total }: RebuildingProps) {
  return (
    <section
      aria-label="Counting anew"
      className="grid gap-2 rounded-lg border border-line bg-surface p-4"
    >
      <p role="status" className="font-medium">
        Past days are being counted anew
      </p>
      <Meter label="Counted anew" fraction={total === 0 ? 0 : done / total} />
      <p className="text-xs text-muted">
        {count(done)} of {many(total, "day")}, begun {ago(since)}. Totals are right meanwhile, but
        may take longer, and some figures by day wait until it is done. You can go on; nothing is
        lost when it is interrupted.
      </p>
    </section>
  );
}
