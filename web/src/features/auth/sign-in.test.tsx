import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { json, network, problem } from "@/testing/network";
import { renderAt, someone } from "@/testing/screens";
import { Component as SignIn } from "./sign-in";

const METHODS = { signup: "invitation", first_user: false, password_reset: "mail", supabase: null };
const PAGES = {
  "/signin": <SignIn />,
  "/": <p>the overview</p>,
  "/w/1/explore": <p>explore</p>,
};

/** A server that lets ada in by her password, and then knows her. */
function server(more: Record<string, Response> = {}) {
  let signedIn = false;
  return network({
    "GET /api/auth/me": () =>
      signedIn ? json(someone()) : problem(401, "unauthenticated", "nobody is signed in"),
    "GET /api/auth/methods": json(METHODS),
    "POST /api/auth/login": ({ body }) => {
      signedIn = (body as { password: string }).password === "right password";
      return signedIn
        ? json({ token: null })
        : problem(401, "bad_credentials", "no account has this e-mail and this password");
    },
    ...more,
  });
}

async function signIn(password: string) {
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("E-mail"), "ada@example.com");
  await user.type(screen.getByLabelText("Password"), password);
  await user.click(screen.getByRole("button", { name: "Sign in" }));
}

describe("signing in", () => {
  it("goes on to the page that one came from, by the cookie alone", async () => {
    const asked = server();
    renderAt({ pathname: "/signin", state: { from: "/w/1/explore" } }, PAGES);
    await signIn("right password");
    await screen.findByText("explore");
    const login = asked.find(({ path }) => path === "/api/auth/login");
    expect(login?.headers.get("x-llmlab-web")).toBe("1");
    expect(login?.body).toEqual({ email: "ada@example.com", password: "right password" });
  });

  it("goes to no other site, whatever the state says", async () => {
    server();
    renderAt({ pathname: "/signin", state: { from: "//evil.example/" } }, PAGES);
    await signIn("right password");
    await screen.findByText("the overview");
  });

  it("says that the password is wrong, and keeps what was typed", async () => {
    server();
    renderAt("/signin", PAGES);
    await signIn("wrong");
    expect((await screen.findByRole("alert")).textContent).toMatch(/no account has this e-mail/i);
    expect(screen.getByLabelText<HTMLInputElement>("E-mail").value).toBe("ada@example.com");
  });

  it("waits as long as the API asks for", async () => {
    server({
      "POST /api/auth/login": problem(429, "too_many_attempts", "too many tries; wait 30 seconds", {
        "Retry-After": "30",
      }),
    });
    renderAt("/signin", PAGES);
    await signIn("wrong");
    await waitFor(() =>
      expect(
        screen.getByRole<HTMLButtonElement>("button", { name: /in 30 seconds/ }).disabled,
      ).toBe(true),
    );
  });

  it("offers what the installation has", async () => {
    server({
      "GET /api/auth/methods": json({
        ...METHODS,
        signup: "open",
        supabase: { providers: ["github", "some <b>other</b>"], password: true },
      }),
    });
    renderAt("/signin", PAGES);
    const github = await screen.findByRole("link", { name: "Continue with GitHub" });
    expect(github.getAttribute("href")).toBe("/api/auth/supabase/start?provider=github");
    screen.getByRole("link", { name: "Continue with some <b>other</b>" });
    screen.getByRole("button", { name: "Supabase password" });
    screen.getByRole("link", { name: "Create an account" });
  });
});
