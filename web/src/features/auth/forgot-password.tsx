import { Frame } from "./frame";

export function Component() {
  return <Frame title="Forgot password">{null}</Frame>;
}
