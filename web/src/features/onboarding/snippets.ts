/** How a first call is reported, by each of the ways in, with the real address and key. */

export type Way = "python" | "curl" | "javascript" | "opentelemetry";

export interface Snippet {
  way: Way;
  name: string;
  /** What to do with it. */
  about: string;
  text: string;
}

/** The call that is reported as a test, whoever reports it. */
export const TEST_CALL = {
  provider: "openai",
  model: "gpt-4o-mini",
  input_tokens: 1000,
  output_tokens: 200,
  feature: "first-call",
  environment: "test",
} as const;

/** Stands where the key would, as long as there is none to show. */
export const NO_KEY = "YOUR_API_KEY";

export function snippets(url: string, key: string, traces: boolean): Snippet[] {
  const all: Snippet[] = [
    {
      way: "python",
      name: "Python",
      about: "Install the SDK with `pip install llmlab`, then run this.",
      text: python(url, key),
    },
    {
      way: "curl",
      name: "curl",
      about: "Nothing to install: run it in a terminal.",
      text: curl(url, key),
    },
    {
      way: "javascript",
      name: "JavaScript",
      about:
        "Install the client with `npm install @llmlab/client`, then run this in Node or another server.",
      text: javascript(url, key),
    },
  ];
  if (traces) {
    all.push({
      way: "opentelemetry",
      name: "OpenTelemetry",
      about: "Set these for a program that is traced already; its spans of LLM calls are priced.",
      text: openTelemetry(url, key),
    });
  }
  return all;
}

function python(url: string, key: string): string {
  return `import llmlab

llmlab.init(base_url=${quoted(url)}, api_key=${quoted(key)})


@llmlab.track_cost(feature="search")
def ask(question):
    return openai_client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
    )


# Or say it yourself:
llmlab.track("openai", "gpt-4o-mini", 1000, 200, feature="first-call", environment="test")
llmlab.flush()
`;
}

function curl(url: string, key: string): string {
  return `curl ${url}/api/events/track \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '${JSON.stringify(TEST_CALL)}'
`;
}

function javascript(url: string, key: string): string {
  return `import { createTracker } from "@llmlab/client";

const tracker = createTracker({ url: ${quoted(url)}, apiKey: ${quoted(key)} });

tracker.track({
  provider: "openai",
  model: "gpt-4o-mini",
  input_tokens: 1000,
  output_tokens: 200,
  feature: "first-call",
  environment: "test",
});
await tracker.flush();
`;
}

function openTelemetry(url: string, key: string): string {
  return `export OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=${url}/v1/traces
export OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_TRACES_HEADERS="Authorization=Bearer%20${key}"
`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
