import { createClient, Problem } from "@llmlab/client";
import { useMutation } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { explain } from "@/components/ui/states";
import { TEST_CALL } from "./snippets";

/** The server knows no such key any more, which says nothing about the session. */
class KeyRefused extends Error {}

/** Reports a made-up call from this page, by the very request that the curl snippet makes. */
export function TestCall({ secret }: { secret: string | null }) {
  const send = useMutation({
    mutationFn: async (key: string) => {
      try {
        await createClient({ token: key }).POST("/api/events/track", { body: TEST_CALL });
      } catch (error) {
        throw error instanceof Problem && error.status === 401 ? new KeyRefused() : error;
      }
    },
  });
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button
          disabled={secret === null}
          busy={send.isPending}
          onClick={() => secret !== null && send.mutate(secret)}
        >
          <Send aria-hidden /> Send a test call
        </Button>
        <p className="min-w-0 flex-1 basis-56 text-xs text-muted">
          {secret === null
            ? "Needs a key on this page: make one above, or run a snippet yourself."
            : "Made-up usage of gpt-4o-mini, well under a cent. It stays in your figures, labelled environment “test”."}
        </p>
      </div>
      {send.isError && (
        <Notice tone="bad" alert>
          {send.error instanceof KeyRefused
            ? "This key is no longer good: it was revoked or rotated. Reload the page to make another."
            : `${explain(send.error).title}. ${explain(send.error).detail}`}
        </Notice>
      )}
    </div>
  );
}
