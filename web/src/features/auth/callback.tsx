import { Frame } from "./frame";

export function Component() {
  return <Frame title="Signing in">{null}</Frame>;
}
