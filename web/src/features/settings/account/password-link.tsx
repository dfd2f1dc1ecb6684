import { useQuery } from "@tanstack/react-query";
import { methodsQuery } from "@/api/methods";
import { useDeed } from "@/api/use-read";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";

/** For who signs in by another site: a password of one's own is set by a link. */
export function PasswordLink({ email }: { email: string }) {
  const methods = useQuery(methodsQuery);
  const ask = useDeed((api) => api.POST("/api/auth/password/forgot", { body: { email } }));
  return (
    <div className="grid justify-items-start gap-3 text-sm">
      <p className="text-muted">
        You have no password here: another site vouches for you. With one you can sign in by e-mail
        too.
      </p>
      {ask.isSuccess ? (
        <Notice tone="good" alert>
          {methods.data?.password_reset === "operator"
            ? "A link is made. This server sends no mails: whoever runs it finds the link in its log."
            : "A link is on its way to you; it is good for an hour."}
        </Notice>
      ) : (
        <Button busy={ask.isPending} onClick={() => ask.mutate()}>
          Set a password by a link
        </Button>
      )}
    </div>
  );
}
