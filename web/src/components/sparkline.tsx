interface SparklineProps {
  /** One after the other, as positions: nothing is added up here. */
  values: readonly number[];
  /** What it shows, in words. */
  label: string;
  className?: string;
}

const WIDTH = 100;
const HEIGHT = 28;

/** A small curve without axes; the words beside it carry the figures. */
export function Sparkline({ values, label, className }: SparklineProps) {
  const most = Math.max(...values, Number.MIN_VALUE);
  const step = WIDTH / Math.max(values.length - 1, 1);
  const points = values.map(
    (value, place) =>
      `${(place * step).toFixed(2)},${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(2)}`,
  );
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
      preserveAspectRatio="none"
      className={className}
    >
      {points.length > 1 && (
        <>
          <polygon
            points={`0,${String(HEIGHT)} ${points.join(" ")} ${String(WIDTH)},${String(HEIGHT)}`}
            className="fill-accent/12"
          />
          <polyline
            points={points.join(" ")}
            vectorEffect="non-scaling-stroke"
            className="fill-none stroke-accent [stroke-width:1.5]"
          />
        </>
      )}
    </svg>
  );
}
