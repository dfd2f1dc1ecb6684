import { useQuery } from "@tanstack/react-query";
import { Navigate, useLocation } from "react-router";
import { methodsQuery, type Methods } from "@/api/methods";
import { QueryView } from "@/components/query-view";
import { ButtonLink } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import { fragmentOf, fromFragment } from "@/lib/fragment";
import { useEntrance } from "./entrance";
import { Frame } from "./frame";
import { Providers } from "./providers";
import { SignUpForm } from "./sign-up-form";

export function Component() {
  const invitation = fromFragment(useLocation().hash, "invitation");
  const entrance = useEntrance();
  const methods = useQuery(methodsQuery);
  if (entrance.user !== null) {
    const arrived = invitation === null ? "/" : `/join${fragmentOf("token", invitation)}`;
    return <Navigate to={entrance.goal ?? arrived} replace />;
  }
  const fragment = invitation === null ? "" : fragmentOf("invitation", invitation);
  return (
    <Frame
      title="Create your account"
      about={methods.data !== undefined && about(methods.data, invitation)}
      ways={
        <p>
          You have one already? <TextLink to={`/signin${fragment}`}>Sign in</TextLink>
        </p>
      }
    >
      <QueryView query={methods} skeleton={<FormSkeleton />}>
        {({ signup, supabase }) =>
          signup === "invitation" && invitation === null ? (
            <Closed />
          ) : (
            <>
              {supabase !== null && (
                <Providers names={supabase.providers} errand={{ from: null, invitation }} />
              )}
              <SignUpForm invitation={invitation} enter={entrance.enter} />
            </>
          )
        }
      </QueryView>
    </Frame>
  );
}

function about({ signup }: Methods, invitation: string | null): string | undefined {
  if (invitation !== null) return "You were invited: the account takes you into that workspace.";
  if (signup === "first") {
    return "Yours is the first account here: it owns this installation. Others come in by invitation then.";
  }
  return undefined;
}

function Closed() {
  return (
    <Notice
      action={
        <ButtonLink size="small" to="/signin">
          Sign in
        </ButtonLink>
      }
    >
      <p className="font-medium">This installation takes no sign-ups.</p>
      <p className="mt-1">
        Ask an owner or admin of a workspace for an invitation link. If the installation is yours,
        start it with <code>LLMLAB_SIGNUP=open</code> to let everybody in.
      </p>
    </Notice>
  );
}

function FormSkeleton() {
  return (
    <div className="grid gap-4">
      {["email", "password", "workspace"].map((field) => (
        <div key={field} className="grid gap-1.5">
          <Skeleton className="h-5 w-24" />
          <Skeleton className="h-9" />
        </div>
      ))}
      <Skeleton className="h-9" />
    </div>
  );
}
