/** What is wrong with one field or parameter. */
export interface FieldError {
  field: string;
  message: string;
  code?: string;
}

/** An answer other than success, as the API words it (RFC 9457). */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    /** Stable; decide by this. */
    readonly code: string,
    /** For people: what to mend. */
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
    /** Seconds to wait, where the API says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail);
  }
}

/** Nobody answered: no network, no server, or the browser refused. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor(cause: unknown) {
    super("the server cannot be reached", { cause });
  }
}

const LONGEST_WAIT = 86_400;

/** Return the problem that a response is; one that is no problem document was made by something between. */
export async function readProblem(response: Response): Promise<Problem> {
  const type = response.headers.get("content-type") ?? "";
  const wait = retryAfterOf(response);
  if (type.includes("json")) {
    const body: unknown = await response.json().catch(() => null);
    if (isDocument(body)) {
      return new Problem(response.status, body.code, body.detail, fieldErrors(body.errors), wait);
    }
  }
  return new Problem(
    response.status,
    "not_the_api",
    `the answer (${String(response.status)}) did not come from LLMLab's API but from something in between`,
    [],
    wait,
  );
}

/** Return the seconds that an answer asks for: a day at most, as timers that are set for weeks end at once. */
function retryAfterOf(response: Response): number | null {
  const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), LONGEST_WAIT) : null;
}

interface ProblemDocument {
  code: string;
  detail: string;
  errors?: unknown;
}

function isDocument(body: unknown): body is ProblemDocument {
  return (
    typeof body === "object" &&
    body !== null &&
    "code" in body &&
    "detail" in body &&
    typeof body.code === "string" &&
    typeof body.detail === "string"
  );
}

function fieldErrors(errors: unknown): FieldError[] {
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((each: unknown) => {
    if (typeof each !== "object" || each === null) return [];
    const { field, message, code } = each as Record<string, unknown>;
    if (typeof field !== "string" || typeof message !== "string") return [];
    return [{ field, message, ...(typeof code === "string" ? { code } : {}) }];
  });
}
