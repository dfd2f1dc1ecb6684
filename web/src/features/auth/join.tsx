import { Frame } from "./frame";

export function Component() {
  return <Frame title="Join">{null}</Frame>;
}
