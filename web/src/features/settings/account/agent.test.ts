import { expect, it } from "vitest";
import { deviceOf } from "./agent";

const MAC =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";

it.each([
  [`${MAC} Version/17.4 Safari/605.1.15`, "Safari on macOS"],
  [`${MAC} Chrome/124.0 Safari/537.36`, "Chrome on macOS"],
  [`${MAC} Chrome/124.0 Safari/537.36 Edg/124.0`, "Edge on macOS"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0", "Firefox on Linux"],
  [
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Mobile Safari/537.36",
    "Chrome on Android",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) CriOS/124.0 Safari/604.1",
    "Chrome on iOS",
  ],
  ["llmlab-cli/0.1.0", "Command line or SDK"],
  ["python-httpx/0.27", "Command line or SDK"],
  ["curl/8.5.0", "curl/8.5.0"],
  ["", "A program"],
])("recognises %s", (agent, device) => {
  expect(deviceOf(agent)).toBe(device);
});
