import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { json, network, problem } from "@/testing/network";
import { renderAt, someone } from "@/testing/screens";
import { Component as Join } from "./join";

const PAGES = { "/join": <Join />, "/w/9": <p>their workspace</p> };
const LOOK = {
  workspace: "Acme <script>",
  role: "viewer",
  email: null,
  invited_by: "grace@example.com",
  expires_at: "2027-01-01T00:00:00Z",
  has_account: null,
};
const NOBODY = problem(401, "unauthenticated", "nobody is signed in");

describe("an invitation", () => {
  it("offers strangers both ways in, with its secret in the fragment", async () => {
    network({ "GET /api/auth/me": NOBODY, "POST /api/invitations/look": json(LOOK) });
    renderAt("/join#token=abc", PAGES);
    await screen.findByText("Acme <script>");
    const up = await screen.findByRole("link", { name: "Create an account" });
    expect(up.getAttribute("href")).toBe("/signup#invitation=abc");
    const into = screen.getByRole("link", { name: "Sign in and accept" });
    expect(into.getAttribute("href")).toBe("/signin#invitation=abc");
  });

  it("is accepted by who is signed in, and leads to its workspace", async () => {
    const asked = network({
      "GET /api/auth/me": json(someone()),
      "POST /api/invitations/look": json(LOOK),
      "POST /api/invitations/accept": json({
        id: 9,
        name: "Acme",
        role: "viewer",
        timezone: "UTC",
      }),
    });
    renderAt("/join#token=abc", PAGES);
    await userEvent.click(await screen.findByRole("button", { name: /Accept as/ }));
    await screen.findByText("their workspace");
    expect(asked.find(({ path }) => path.endsWith("/accept"))?.body).toEqual({ token: "abc" });
  });

  it("for somebody else is not accepted by who is signed in", async () => {
    network({
      "GET /api/auth/me": json(someone()),
      "POST /api/invitations/look": json({
        ...LOOK,
        email: "linus@example.com",
        has_account: false,
      }),
    });
    renderAt("/join#token=abc", PAGES);
    await screen.findByText(/you are signed in as/);
    expect(screen.queryByRole("button", { name: /Accept as/ })).toBeNull();
    screen.getByRole("button", { name: /Log out/ });
  });

  it("that was used says so", async () => {
    network({
      "GET /api/auth/me": NOBODY,
      "POST /api/invitations/look": problem(
        404,
        "invitation_used",
        "this invitation was accepted already",
      ),
    });
    renderAt("/join#token=abc", PAGES);
    await screen.findByText("This invitation was accepted already");
  });

  it("without a secret asks nobody", async () => {
    const asked = network({ "GET /api/auth/me": NOBODY });
    renderAt("/join", PAGES);
    await screen.findByText(/The link is not whole/);
    expect(asked.some(({ path }) => path.includes("invitations"))).toBe(false);
  });
});
