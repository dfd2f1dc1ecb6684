import { Frame } from "./frame";

export function Component() {
  return <Frame title="Sign in">{null}</Frame>;
}
