import { Problem } from "@llmlab/client";
import { describe, expect, it } from "vitest";
import { firstKey, keepFirstKey } from "./first-keys";
import { makeQueryClient } from "./queries";
import { lastEnding, sessionQuery, type User } from "./session";

const ADA = { id: 7, email: "ada@example.com", workspaces: [] } as unknown as User;

async function refusedWith(status: number) {
  const queries = makeQueryClient();
  queries.setQueryData(sessionQuery.queryKey, ADA);
  const refusal = new Problem(status, "refused", "no");
  const asked = {
    queryKey: ["workspace", 1],
    queryFn: () => Promise.reject(refusal),
    retry: false,
  };
  await expect(queries.query(asked)).rejects.toBe(refusal);
  return queries;
}

describe("what the API refuses", () => {
  it("has it looked up again what somebody may do", async () => {
    const queries = await refusedWith(403);
    expect(queries.getQueryData(sessionQuery.queryKey)).toEqual(ADA);
    expect(queries.getQueryState(sessionQuery.queryKey)?.isInvalidated).toBe(true);
  });

  it("ends the session where the API knows of none, and shows its keys to nobody after", async () => {
    keepFirstKey(1, "llmlab_first");
    const queries = await refusedWith(401);
    expect(queries.getQueryData(sessionQuery.queryKey)).toBeNull();
    expect(lastEnding(queries)).toBe("over");
    expect(firstKey(1)).toBeNull();
  });

  it("says nothing about the person where the question was wrong", async () => {
    const queries = await refusedWith(422);
    expect(queries.getQueryState(sessionQuery.queryKey)?.isInvalidated).toBe(false);
  });
});
