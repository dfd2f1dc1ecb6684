import { describe, expect, it } from "vitest";
import { removal, rolesFor } from "./rules";

const other = (role: "owner" | "admin" | "member" | "viewer") => ({ role, you: false });

describe("roles", () => {
  it("are all an owner's to give, and not an admin's where an owner is meant", () => {
    expect(rolesFor("owner", other("owner"), false)).toHaveLength(4);
    expect(rolesFor("admin", other("owner"), false)).toEqual(["owner"]);
    expect(rolesFor("admin", other("member"), false)).toEqual(["admin", "member", "viewer"]);
    expect(rolesFor("viewer", other("member"), false)).toEqual(["member"]);
  });

  it("leave the only owner what they are", () => {
    expect(rolesFor("owner", other("owner"), true)).toEqual(["owner"]);
  });
});

describe("taking out", () => {
  it("lets everybody leave but the only owner", () => {
    expect(removal("viewer", { role: "viewer", you: true }, false)).toBe("Leave");
    expect(removal("owner", { role: "owner", you: true }, true)).toBeNull();
  });

  it("is for those who may give the role", () => {
    expect(removal("admin", other("viewer"), false)).toBe("Remove");
    expect(removal("admin", other("owner"), false)).toBeNull();
    expect(removal("member", other("viewer"), false)).toBeNull();
  });
});
