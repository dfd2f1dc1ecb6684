import { useEffect, useRef, useState } from "react";
import { Navigate, useSearchParams } from "react-router";
import { siteApi, type User } from "@/api/session";
import { ButtonLink } from "@/components/ui/button";
import { explain, Empty } from "@/components/ui/states";
import { CircleAlert, LoaderCircle } from "lucide-react";
import { useEntrance } from "./entrance";
import { takeErrand } from "./errand";
import { Frame } from "./frame";
import { joinedWorkspace } from "./joined-workspace";

const LONGEST = 300;

/** Return where somebody begins whose account, with a workspace, was just made. */
function toTheGuide({ workspaces }: User): string {
  const [own] = workspaces;
  return own === undefined ? "/" : `/w/${String(own.id)}/start`;
}

/** Where a provider sends people back to, with a code that the server exchanges. */
export function Component() {
  const [query] = useSearchParams();
  const code = query.get("code");
  const refused = query.get("error_description") ?? query.get("error");
  const { user, goal, enter } = useEntrance();
  const [failure, setFailure] = useState<string | null>(null);
  // A code is good for once, and effects may run twice.
  const sent = useRef(false);
  useEffect(() => {
    if (code === null || sent.current) return;
    sent.current = true;
    const { from, invitation } = takeErrand();
    const body = { code, ...(invitation === null ? {} : { invitation }) };
    siteApi
      .POST("/api/auth/supabase", { body })
      .then(async ({ data }) => {
        if (invitation !== null) await enter((await joinedWorkspace()) ?? "/");
        else await enter(data?.new_account === true ? toTheGuide : (from ?? "/"));
      })
      .catch((error: unknown) => setFailure(explain(error).detail));
  }, [code, enter]);
  if (user !== null && goal !== null) return <Navigate to={goal} replace />;
  const problem =
    failure ??
    (code !== null
      ? null
      : refused === null
        ? "This page is where other sites bring you back to; nothing came with you."
        : refused.slice(0, LONGEST));
  if (problem === null) {
    return (
      <Frame title="Signing you in">
        <p role="status" className="flex items-center gap-2 text-muted">
          <LoaderCircle aria-hidden className="size-4 animate-spin" /> A moment…
        </p>
      </Frame>
    );
  }
  return (
    <Frame title="You could not be signed in">
      <div role="alert">
        <Empty
          icon={CircleAlert}
          title={problem}
          action={
            <ButtonLink to="/signin" tone="primary">
              Try again
            </ButtonLink>
          }
        >
          Nothing was changed. If it happens again, ask whoever runs this installation.
        </Empty>
      </div>
    </Frame>
  );
}
