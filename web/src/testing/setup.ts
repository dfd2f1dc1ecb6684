import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// Many things may run beside these tests.
configure({ asyncUtilTimeout: 8_000 });
afterEach(cleanup);
// jsdom has neither; components read them when they are mounted.
window.matchMedia = (query: string) =>
  ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }) as unknown as MediaQueryList;
globalThis.ResizeObserver = class {
  observe = () => undefined;
  unobserve = () => undefined;
  disconnect = () => undefined;
};
