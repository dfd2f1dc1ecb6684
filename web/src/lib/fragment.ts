/** Secrets of links travel in the fragment of an address, which browsers send to nobody. */

const LONGEST = 256;

/** Return a value of a fragment such as `#token=abc`, or null where it has none that could be one. */
export function fromFragment(hash: string, name: string): string | null {
  const value = new URLSearchParams(hash.replace(/^#/, "")).get(name)?.trim() ?? "";
  return value.length > 0 && value.length <= LONGEST ? value : null;
}

/** Return a fragment with one value. */
export function fragmentOf(name: string, value: string): string {
  return `#${new URLSearchParams({ [name]: value }).toString()}`;
}
