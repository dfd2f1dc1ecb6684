import { Problem, type Schemas } from "@llmlab/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { sessionChanged, sessionQuery, signOut, siteApi } from "@/api/session";
import { QueryView } from "@/components/query-view";
import { Button, ButtonLink } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Empty, explain, Skeleton } from "@/components/ui/states";
import { fragmentOf, fromFragment } from "@/lib/fragment";
import { ROLES } from "@/lib/roles";
import { capital } from "@/lib/sentences";
import { instant, ownZone } from "@/lib/times";
import { Frame } from "./frame";

type Invitation = Schemas["LookResponse"];

export function Component() {
  const token = fromFragment(useLocation().hash, "token");
  const look = useQuery({
    queryKey: ["session", "invitation", token],
    enabled: token !== null,
    placeholderData: undefined,
    queryFn: async ({ signal }): Promise<Invitation | null> => {
      try {
        const { data } = await siteApi.POST("/api/invitations/look", {
          body: { token: token ?? "" },
          signal,
        });
        return data ?? null;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) throw new Gone(error.detail);
        throw error;
      }
    },
  });
  if (token === null)
    return <Unusable why="The link is not whole: copy all of it, also what stands behind the #." />;
  if (look.error instanceof Gone) return <Unusable why={look.error.message} />;
  return (
    <Frame title="You are invited">
      <QueryView query={look} skeleton={<Skeleton className="h-40" />}>
        {(invitation) => invitation !== null && <Invited token={token} invitation={invitation} />}
      </QueryView>
    </Frame>
  );
}

/** The invitation cannot be accepted any more, or never could. */
class Gone extends Error {}

function Unusable({ why }: { why: string }) {
  return (
    <Frame title="This invitation does not work">
      <Empty title={capital(why)} action={<ButtonLink to="/">To LLMLab</ButtonLink>}>
        Whoever sent it can make a new link in the workspace&apos;s settings, under Members.
      </Empty>
    </Frame>
  );
}

function Invited({ token, invitation }: { token: string; invitation: Invitation }) {
  const session = useQuery(sessionQuery);
  const signedIn = session.data ?? null;
  const lost = session.error instanceof Problem && session.error.code === "no_workspace";
  const { workspace, role, email, invited_by: by, expires_at: expires } = invitation;
  return (
    <>
      <p>
        {by === null ? "Somebody" : <bdi className="font-medium break-words">{by}</bdi>} invites you
        to the workspace <bdi className="font-semibold break-words">{workspace}</bdi>
        {email !== null && (
          <>
            {" "}
            as <bdi className="font-medium break-words">{email}</bdi>
          </>
        )}
        .
      </p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 rounded-md border border-line bg-surface p-3">
        <dt className="text-muted">Your role</dt>
        <dd>
          {ROLES[role].name}
          <span className="block text-xs text-muted">{ROLES[role].about}</span>
        </dd>
        <dt className="text-muted">Good until</dt>
        <dd>{instant(expires, ownZone())}</dd>
      </dl>
      {signedIn !== null || lost ? (
        <Accept token={token} invitation={invitation} own={signedIn?.email ?? null} />
      ) : (
        <ComeIn token={token} known={invitation.has_account} />
      )}
    </>
  );
}

/** Nobody is signed in: to sign up or to sign in, whichever is likelier first. */
function ComeIn({ token, known }: { token: string; known: boolean | null }) {
  const fragment = fragmentOf("invitation", token);
  const up = (
    <ButtonLink key="up" to={`/signup${fragment}`} tone={known === true ? "plain" : "primary"}>
      Create an account
    </ButtonLink>
  );
  const into = (
    <ButtonLink key="in" to={`/signin${fragment}`} tone={known === true ? "primary" : "plain"}>
      Sign in and accept
    </ButtonLink>
  );
  if (known === true) return into;
  if (known === false) return up;
  return (
    <div className="grid gap-2">
      {up}
      {into}
    </div>
  );
}

interface AcceptProps {
  token: string;
  invitation: Invitation;
  /** The e-mail of who is signed in; null where the API does not tell. */
  own: string | null;
}

function Accept({ token, invitation, own }: AcceptProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const another = own !== null && invitation.email !== null && invitation.email !== own;
  const run = (act: () => Promise<void>) => {
    setBusy(true);
    setFailure(null);
    act()
      .catch(setFailure)
      .finally(() => setBusy(false));
  };
  const accept = async () => {
    const { data } = await siteApi.POST("/api/invitations/accept", { body: { token } });
    await sessionChanged(queries, "signed-in");
    await navigate(data === undefined ? "/" : `/w/${String(data.id)}`, { replace: true });
  };
  return (
    <div className="grid gap-3">
      {another && (
        <Notice tone="warn">
          The invitation is for <bdi>{invitation.email}</bdi>, and you are signed in as{" "}
          <bdi>{own}</bdi>. Log out to accept it with the other account.
        </Notice>
      )}
      {failure !== null && (
        <Notice tone="bad" alert>
          {explain(failure).detail}
        </Notice>
      )}
      {!another && (
        <Button tone="primary" busy={busy} onClick={() => run(accept)}>
          {own === null ? "Accept" : "Accept as "}
          {own !== null && <bdi className="truncate">{own}</bdi>}
        </Button>
      )}
      <Button busy={busy && another} onClick={() => run(() => signOut(queries))}>
        Log out, and accept as somebody else
      </Button>
    </div>
  );
}
