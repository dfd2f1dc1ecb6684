import { Notice } from "@/components/ui/notice";
import { explain } from "@/components/ui/states";
import { tellDelivery } from "../deliveries";
import type { Test } from "./use-test";

/** What came of a test, told when it is known. */
export function TestResult({ test: { error, delivery, busy, late } }: { test: Test }) {
  return (
    <div role="status" className="empty:hidden">
      {error !== null && <Notice tone="bad">{saying(error)}</Notice>}
      {error === null && delivery !== null && (
        <>
          {busy && <Notice>The test is on its way…</Notice>}
          {late && (
            <Notice tone="warn">
              The test has not been sent yet. It is listed as the last message as soon as it is.
            </Notice>
          )}
          {!busy && !late && <Outcome delivery={delivery} />}
        </>
      )}
    </div>
  );
}

function Outcome({ delivery }: { delivery: NonNullable<Test["delivery"]> }) {
  const { why } = tellDelivery(delivery);
  if (delivery.status === "sent") return <Notice tone="good">The test arrived.</Notice>;
  const reason = why === null ? "" : `: ${why}`;
  return delivery.status === "failed" ? (
    <Notice tone="bad">The test did not arrive{reason}.</Notice>
  ) : (
    <Notice tone="warn">The test has not arrived yet{reason}. It is tried again.</Notice>
  );
}

function saying(error: Error): string {
  const { title, detail } = explain(error);
  return `${title}. ${detail}`;
}
