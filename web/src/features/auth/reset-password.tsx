import { Frame } from "./frame";

export function Component() {
  return <Frame title="Reset password">{null}</Frame>;
}
