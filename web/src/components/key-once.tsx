import { Secret } from "./secret";

/** An API key in full, this once. */
export function KeyOnce({ secret }: { secret: string }) {
  return (
    <div className="grid gap-2">
      <Secret label="API key" text={secret} />
      <p className="text-sm text-muted">
        <strong className="font-medium text-ink">This is shown once.</strong> Copy it to where your
        program keeps its secrets; only a fingerprint of it is stored here.
      </p>
    </div>
  );
}
