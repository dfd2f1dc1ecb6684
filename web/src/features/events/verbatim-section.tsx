import type { EventInFull } from "./event-in-full";
import { Section } from "./section";

/** The provider's own counts and the sender's extras, letter by letter. */
export function Verbatim({ event }: { event: EventInFull }) {
  return (
    <>
      {event.usage !== null && <Json title="Usage as the provider sent it" value={event.usage} />}
      {event.metadata !== null && <Json title="Metadata" value={event.metadata} />}
    </>
  );
}

function Json({ title, value }: { title: string; value: object }) {
  return (
    <Section title={title}>
      <pre tabIndex={0} className="max-h-80 overflow-auto rounded-md bg-sunken p-3 text-xs">
        {JSON.stringify(value, null, 2)}
      </pre>
    </Section>
  );
}
