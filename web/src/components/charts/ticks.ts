const STEPS = [1, 2, 2.5, 5, 10];
const MOST = 5;

/** Return the marks of an axis from 0 to just above the highest point: at most five round steps. */
export function ticksFor(highest: number): number[] {
  if (!(highest > 0) || !Number.isFinite(highest)) return [0, 1];
  const least = highest / MOST;
  const size = 10 ** Math.floor(Math.log10(least));
  const step = (STEPS.find((each) => each * size >= least) ?? 10) * size;
  const count = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, place) => Number((place * step).toPrecision(12)));
}
