import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { firstKey, forgetFirstKeys } from "@/api/first-keys";
import { json, network, problem } from "@/testing/network";
import { renderAt, someone } from "@/testing/screens";
import { Component as SignUp } from "./sign-up";

const PAGES = { "/signup": <SignUp />, "/w/1/start": <p>the guide</p>, "/w/1": <p>acme</p> };

function server(signup: string, answer: (body: unknown) => Response) {
  let signedIn = false;
  return network({
    "GET /api/auth/me": () => (signedIn ? json(someone()) : problem(401, "unauthenticated", "no")),
    "GET /api/auth/methods": json({
      signup,
      first_user: signup === "first",
      password_reset: "mail",
      supabase: null,
    }),
    "POST /api/auth/signup": ({ body }) => {
      const response = answer(body);
      signedIn = response.ok;
      return response;
    },
  });
}

async function signUp(password = "three good words") {
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("E-mail"), "ada@example.com");
  await user.type(screen.getByLabelText("Password"), password);
  await user.click(screen.getByRole("button", { name: "Create account" }));
}

describe("signing up", () => {
  it("brings the first user to the guide, with the key in the page's memory alone", async () => {
    forgetFirstKeys();
    const asked = server("first", () =>
      json({ token: null, api_key: "llmlab_secret", user: someone() }, 201),
    );
    const router = renderAt("/signup", PAGES);
    await screen.findByText(/it owns this installation/);
    await signUp();
    await screen.findByText("the guide");
    expect(firstKey(1)).toBe("llmlab_secret");
    expect(JSON.stringify(router.state.location)).not.toContain("llmlab_secret");
    const body = asked.find(({ path }) => path === "/api/auth/signup")?.body;
    expect(body).toMatchObject({ email: "ada@example.com", workspace: "Personal" });
    expect(body).not.toHaveProperty("invitation");
  });

  it("joins by an invitation, and makes no workspace", async () => {
    const asked = server("invitation", () =>
      json({ token: null, api_key: null, user: someone() }, 201),
    );
    renderAt("/signup#invitation=abc", PAGES);
    await signUp();
    await screen.findByText("acme");
    const body = asked.find(({ path }) => path === "/api/auth/signup")?.body;
    expect(body).toEqual({
      email: "ada@example.com",
      password: "three good words",
      invitation: "abc",
    });
  });

  it("says of closed sign-up what then", async () => {
    server("invitation", () => problem(403, "signup_closed", "closed"));
    renderAt("/signup", PAGES);
    await screen.findByText(/takes no sign-ups/);
    expect(screen.queryByLabelText("E-mail")).toBeNull();
  });

  it("says at the fields what is wrong with them", async () => {
    const asked = server("open", () =>
      problem(409, "email_taken", "there is an account with this e-mail"),
    );
    renderAt("/signup", PAGES);
    await signUp("short");
    await screen.findByText("A password has at least 8 characters.");
    expect(asked.some(({ path }) => path === "/api/auth/signup")).toBe(false);
    await userEvent.type(screen.getByLabelText("Password"), " and longer");
    await userEvent.click(screen.getByRole("button", { name: "Create account" }));
    await screen.findByText("There is an account with this e-mail");
    expect(screen.getByLabelText("E-mail").getAttribute("aria-invalid")).toBe("true");
  });
});
