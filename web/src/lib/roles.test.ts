import { expect, it } from "vitest";
import { grantable } from "./roles";

it("lets owners give every role, admins all but owner, others none", () => {
  expect(grantable("owner")).toEqual(["owner", "admin", "member", "viewer"]);
  expect(grantable("admin")).toEqual(["admin", "member", "viewer"]);
  expect(grantable("member")).toEqual([]);
  expect(grantable("viewer")).toEqual([]);
});
