import { Frame } from "./frame";

export function Component() {
  return <Frame title="Sign up">{null}</Frame>;
}
