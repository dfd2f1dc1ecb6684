import { describe, expect, it } from "vitest";
import { snippets } from "./snippets";

const URL = "https://llmlab.example";
const KEY = "llmlab_abc";

describe("the snippets", () => {
  it("hold the address and the key, each", () => {
    for (const { text } of snippets(URL, KEY, true)) {
      expect(text).toContain(URL);
      expect(text).toContain(KEY);
    }
  });

  it("name OpenTelemetry only where the server takes it", () => {
    expect(snippets(URL, KEY, false).map(({ way }) => way)).toEqual([
      "python",
      "curl",
      "javascript",
    ]);
    expect(snippets(URL, KEY, true).map(({ way }) => way)).toContain("opentelemetry");
  });

  it("send by curl what the API takes", () => {
    const curl = snippets(URL, KEY, false).find(({ way }) => way === "curl");
    const body = /-d '(.*)'/.exec(curl?.text ?? "")?.[1] ?? "";
    expect(JSON.parse(body)).toMatchObject({ provider: "openai", input_tokens: 1000 });
  });
});
