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
// A page asks its own origin by paths; requests of Node's know no origin, and none of jsdom's signals.
globalThis.Request = class extends Request {
  constructor(input: RequestInfo | URL, init?: RequestInit) {
    const rest = { ...init };
    delete rest.signal;
    super(typeof input === "string" ? new URL(input, location.href) : input, rest);
  }
};
