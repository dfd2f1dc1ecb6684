import { Link } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { Name } from "@/components/name";
import { Badge } from "@/components/ui/badge";
import { nameOf, STATUS } from "@/lib/dimensions";
import { duration, many } from "@/lib/numbers";
import { exactInstant } from "@/lib/times";
import type { EventInFull } from "./event-in-full";
import { Fact, Facts, Section } from "./section";

const OWN = ["feature", "customer", "user", "team", "project", "environment", "release"] as const;

/** Who made a call, what for, and under which ids. */
export function Details({ event, zone }: { event: EventInFull; zone: string }) {
  const tags = Object.entries(event.tags ?? {});
  return (
    <>
      <Section title="What for">
        <Facts>
          {OWN.map((dimension) => {
            const value = event[dimension];
            if (value === null || value === "") return null;
            return (
              <Fact key={dimension} name={nameOf(dimension)}>
                <Narrow to={{ [dimension]: value }}>{value}</Narrow>
              </Fact>
            );
          })}
          {tags.map(([key, value]) => (
            <Fact key={key} name={<Name>{nameOf(`tag.${key}`)}</Name>}>
              <Narrow to={{ [`tag.${key}`]: value }}>{value}</Narrow>
            </Fact>
          ))}
          {event.session_id !== null && (
            <Fact name="Session">
              <Narrow to={{ session_id: event.session_id, range: "all" }}>
                {event.session_id}
              </Narrow>
            </Fact>
          )}
          {event.trace_id !== null && (
            <Fact name="Trace">
              <Narrow to={{ trace_id: event.trace_id, range: "all" }}>{event.trace_id}</Narrow>
            </Fact>
          )}
        </Facts>
      </Section>
      <Section title="The call">
        <Facts>
          <Fact name="Outcome">{STATUS[event.status] ?? event.status}</Fact>
          {event.latency_ms !== null && <Fact name="Took">{duration(event.latency_ms)}</Fact>}
          {event.api !== null && <Fact name="API">{event.api}</Fact>}
          {event.service_tier !== null && <Fact name="Service tier">{event.service_tier}</Fact>}
          {event.processing !== null && <Fact name="Processing">{event.processing}</Fact>}
          {event.region !== null && <Fact name="Region">{event.region}</Fact>}
          {event.input_chars !== null && (
            <Fact name="Sent">{many(event.input_chars, "character")}</Fact>
          )}
          {event.output_chars !== null && (
            <Fact name="Came back">{many(event.output_chars, "character")}</Fact>
          )}
          {event.output_chunks !== null && (
            <Fact name="In">{many(event.output_chunks, "piece")}</Fact>
          )}
          <Fact name="Sent by">
            <Sender event={event} />
          </Fact>
          <Fact name="Stored">{exactInstant(event.received_at, zone)}</Fact>
          <Identifier name="Id" value={event.id} />
          <Identifier name="Response id" value={event.response_id} />
          <Identifier name="Span" value={event.span_id} />
          <Identifier name="Parent span" value={event.parent_span_id} />
          <Identifier name="Process" value={event.process_id} />
          {event.seq !== null && <Fact name="Number">{event.seq} of its process</Fact>}
        </Facts>
      </Section>
    </>
  );
}

function Sender({ event }: { event: EventInFull }) {
  const { sender } = event;
  if (!sender) return <>API key {event.api_key}</>;
  return (
    <>
      <Name className="inline">{sender.name}</Name>{" "}
      <code className="text-muted">{sender.prefix}…</code>{" "}
      {sender.revoked_at !== null && <Badge tone="warn">Revoked</Badge>}
    </>
  );
}

function Identifier({ name, value }: { name: string; value: string | null }) {
  if (value === null) return null;
  return (
    <Fact name={name}>
      <code className="text-[0.92em] break-all">{value}</code>
    </Fact>
  );
}

/** A value that leads to the calls that have it too. */
function Narrow({ to, children }: { to: Record<string, string>; children: string }) {
  const { id } = useWorkspace();
  return (
    <Link
      to={`/w/${String(id)}/events?${new URLSearchParams(to).toString()}`}
      title={`Calls with ${children}`}
      className="inline-flex min-h-6 min-w-6 items-center text-accent underline underline-offset-2"
    >
      <bdi className="break-all">{children}</bdi>
    </Link>
  );
}
