import { screen } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { json, network, problem } from "@/testing/network";
import { renderAt, someone } from "@/testing/screens";
import { Component as Callback } from "./callback";
import { keepErrand } from "./errand";

const PAGES = {
  "/auth/callback": <Callback />,
  "/": <p>the last workspace</p>,
  "/w/1/start": <p>the guide</p>,
  "/w/1/explore": <p>explore</p>,
  "/w/9": <p>the workspace of the invitation</p>,
};

/** Somebody comes back with a code, which the server exchanges. */
function comeBack(newAccount: boolean, workspace = json({ id: 9, name: "Theirs" })) {
  let signedIn = false;
  const asked = network({
    "GET /api/auth/me": () => (signedIn ? json(someone()) : problem(401, "unauthenticated", "no")),
    "POST /api/auth/supabase": () => {
      signedIn = true;
      return json({ token: null, new_account: newAccount });
    },
    "GET /api/workspace": workspace,
  });
  renderAt("/auth/callback?code=abc", PAGES);
  return asked;
}

beforeEach(() => sessionStorage.clear());

describe("coming back from another site", () => {
  it.each([true, false])(
    "with an invitation leads into its workspace (a new account: %s)",
    async (fresh) => {
      keepErrand({ from: null, invitation: "secret" });
      const asked = comeBack(fresh);
      await screen.findByText("the workspace of the invitation");
      const exchange = asked.find(({ path }) => path === "/api/auth/supabase");
      expect(exchange?.body).toEqual({ code: "abc", invitation: "secret" });
    },
  );

  it("lets in who is signed in, though the workspace of the invitation cannot be told", async () => {
    keepErrand({ from: null, invitation: "secret" });
    comeBack(false, problem(503, "unavailable", "not now"));
    await screen.findByText("the last workspace");
  });

  it("leads on to where one was going", async () => {
    keepErrand({ from: "/w/1/explore", invitation: null });
    comeBack(false);
    await screen.findByText("explore");
  });

  it("leads a new account to the guide", async () => {
    comeBack(true);
    await screen.findByText("the guide");
  });
});
