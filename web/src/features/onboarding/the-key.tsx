import { keepFirstKey } from "@/api/first-keys";
import { useDeed } from "@/api/use-read";
import { useMay, useWorkspace } from "@/api/workspace";
import { KeyOnce } from "@/components/key-once";
import { Button } from "@/components/ui/button";
import { TextLink } from "@/components/ui/text-link";

/** The key that calls are reported with: shown while the page still has it, else a way to a new one. */
export function TheKey({ secret, onMade }: { secret: string | null; onMade: () => void }) {
  const { id } = useWorkspace();
  const may = useMay();
  const make = useDeed(
    (api) =>
      api.POST("/api/keys", { body: { name: "First-run guide", scopes: ["ingest", "read"] } }),
    {
      onDone: (made) => {
        if (made === undefined) return;
        keepFirstKey(id, made.api_key);
        onMade();
      },
    },
  );
  if (secret !== null) return <KeyOnce secret={secret} />;
  if (!may.administer) {
    return (
      <p className="text-sm text-muted">
        Calls are reported with an API key. Owners and admins make them: ask one for a key, and put
        it where the snippets say <code>YOUR_API_KEY</code>.
      </p>
    );
  }
  return (
    <div className="grid gap-3">
      <p className="text-sm text-muted">
        Keys are shown once, when they are made. If you have none at hand, make another; older ones
        stay good until you revoke them in the{" "}
        <TextLink to={`/w/${id}/settings/keys`}>settings</TextLink>.
      </p>
      <div>
        <Button tone="primary" busy={make.isPending} onClick={() => make.mutate()}>
          Make an API key
        </Button>
      </div>
    </div>
  );
}
