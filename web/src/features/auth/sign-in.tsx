import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, useLocation } from "react-router";
import { methodsQuery } from "@/api/methods";
import { lastEnding, type Ending } from "@/api/session";
import { Notice } from "@/components/ui/notice";
import { TextLink } from "@/components/ui/text-link";
import { fragmentOf, fromFragment } from "@/lib/fragment";
import { ownPath } from "@/lib/own-path";
import { useEntrance } from "./entrance";
import { Frame } from "./frame";
import { Providers } from "./providers";
import { SignInForm } from "./sign-in-form";

export function Component() {
  const location = useLocation();
  const queries = useQueryClient();
  const entrance = useEntrance();
  const methods = useQuery(methodsQuery);
  const invitation = fromFragment(location.hash, "invitation");
  const from = ownPath((location.state as { from?: unknown } | null)?.from);
  if (entrance.user !== null) {
    const arrived = invitation === null ? (from ?? "/") : `/join${fragmentOf("token", invitation)}`;
    return <Navigate to={entrance.goal ?? arrived} replace />;
  }
  const ending = lastEnding(queries);
  return (
    <Frame
      title="Sign in"
      about={invitation === null ? undefined : "Then the invitation is yours."}
      ways={
        <>
          <p>
            <TextLink to="/forgot-password">Forgot your password?</TextLink>
          </p>
          {methods.data !== undefined && (
            <NewHere signup={methods.data.signup} invitation={invitation} />
          )}
        </>
      }
    >
      {ending === null ? from !== null && <SignInFirst /> : <Ended ending={ending} />}
      {methods.data?.supabase != null && (
        <Providers names={methods.data.supabase.providers} errand={{ from, invitation }} />
      )}
      <SignInForm
        supabase={methods.data?.supabase?.password ?? false}
        invitation={invitation}
        enter={(goal) => entrance.enter(goal ?? from ?? "/")}
      />
    </Frame>
  );
}

function SignInFirst() {
  return <Notice>Sign in to see that page; you are brought there afterwards.</Notice>;
}

function Ended({ ending }: { ending: Ending }) {
  switch (ending) {
    case "logged-out":
      return <Notice tone="good">You are logged out.</Notice>;
    case "elsewhere":
      return <Notice>You logged out in another tab, so this one is logged out too.</Notice>;
    case "over":
      return (
        <Notice tone="warn">
          Your session is over: it ran out, or was ended from another place. Sign in to go on where
          you were.
        </Notice>
      );
  }
}

function NewHere({ signup, invitation }: { signup: string; invitation: string | null }) {
  if (signup === "first") {
    return (
      <p>
        Nobody has an account yet.{" "}
        <TextLink to="/signup">Make the first one: it owns this installation</TextLink>
      </p>
    );
  }
  if (invitation !== null) {
    return (
      <p>
        New here?{" "}
        <TextLink to={`/signup${fragmentOf("invitation", invitation)}`}>Create an account</TextLink>
      </p>
    );
  }
  if (signup === "open") {
    return (
      <p>
        New here? <TextLink to="/signup">Create an account</TextLink>
      </p>
    );
  }
  return <p>New here? Ask somebody who has an account for an invitation link.</p>;
}
