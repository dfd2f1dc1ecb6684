import { describe, expect, it } from "vitest";
import { createClient, Problem, Unreachable } from "./index.js";

function answering(body: string, init: ResponseInit & { type?: string } = {}) {
  const requests: Request[] = [];
  const fetch = (request: Request) => {
    requests.push(request);
    const headers = new Headers(init.headers);
    headers.set("Content-Type", init.type ?? "application/json");
    return Promise.resolve(new Response(body, { ...init, headers }));
  };
  return { requests, fetch };
}

const URL = "http://llmlab.test";

describe("createClient", () => {
  it("speaks for a workspace by the browser's cookie, or with a token", async () => {
    const { requests, fetch } = answering("{}");
    await createClient({ url: URL, workspace: 7, fetch }).GET("/api/auth/me");
    await createClient({ url: URL, token: "t", fetch }).GET("/api/auth/me");
    const [byCookie, byToken] = requests.map(({ headers }) => Object.fromEntries(headers));
    expect(byCookie).toMatchObject({ "x-llmlab-web": "1", "x-llmlab-workspace": "7" });
    expect(byCookie).not.toHaveProperty("authorization");
    expect(byToken).toMatchObject({ authorization: "Bearer t" });
    expect(byToken).not.toHaveProperty("x-llmlab-web");
  });

  it("throws what the API says is wrong, field by field", async () => {
    const errors = [{ field: "amount", message: "must be above 0", code: "x" }, "nonsense"];
    const { fetch } = answering(
      JSON.stringify({ code: "validation_failed", detail: "amount: …", errors }),
      { status: 422, headers: { "Retry-After": "7" } },
    );
    const error = await createClient({ url: URL, fetch })
      .GET("/api/auth/me")
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({
      status: 422,
      code: "validation_failed",
      retryAfter: 7,
      errors: [{ field: "amount", message: "must be above 0", code: "x" }],
    });
  });

  it.each([
    ["an error page", "<h1>Bad gateway</h1>", { status: 502, type: "text/html" }],
    ["a page in the place of an answer", "<html>", { status: 200, type: "text/html" }],
    ["JSON that is none", "{", { status: 500 }],
    ["JSON of somebody else", '{"error": "no"}', { status: 403 }],
  ])("knows that %s is not the API's", async (_, body, init) => {
    const { fetch } = answering(body, init);
    const error = await createClient({ url: URL, fetch })
      .GET("/api/auth/me")
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ name: "Problem", code: "not_the_api", status: init.status });
  });

  it("tells no answer from an answer, and leaves an abort what it is", async () => {
    const failing = (error: Error) => () => Promise.reject(error);
    const gone = createClient({ url: URL, fetch: failing(new TypeError("failed to fetch")) });
    await expect(gone.GET("/api/auth/me")).rejects.toBeInstanceOf(Unreachable);
    const left = createClient({ url: URL, fetch: failing(new DOMException("left", "AbortError")) });
    await expect(left.GET("/api/auth/me")).rejects.toMatchObject({ name: "AbortError" });
  });
});
