"""The OpenAPI description of `POST /api/events/track`, whose route FastAPI does not see."""

from typing import Any, get_args

import msgspec
from llmlab_shared.domain.events import (
    EARLIEST,
    MAX_COMPRESSED_BYTES,
    MAX_DEPTH,
    MAX_EVENTS,
    MAX_METADATA_BYTES,
    MAX_PLAIN_BYTES,
    MAX_REPORTED_COST,
    MAX_TEXT,
    MAX_USAGE_BYTES,
    Event,
    Unit,
)

from llmlab_api.ingest.verdicts import Verdict
from llmlab_api.openapi import DECIMAL, problems

_REF = "#/components/schemas/{name}"
_DESCRIPTION = f"""\
Send one event, or up to {MAX_EVENTS} as `{{"events": [...]}}`; JSON, plain or with `Content-Encoding` gzip or
zstd, at most {MAX_COMPRESSED_BYTES >> 20} MiB compressed and {MAX_PLAIN_BYTES >> 20} MiB plain.

202 means that the accepted events are queued durably; each refused one is named with a `code` and a
`message` that says what to mend. 422 means that none was accepted. Sending an event again with the same `id`
and `timestamp` never counts it twice, so repeat a request whose answer you did not get.

A name that comes twice in one JSON object counts with its last value, and is not refused.
"""
_EVENT = {
    "id": "01a209c1-1769-7b5b-ab04-ce815f08d7b0",
    "timestamp": "2026-11-23T09:30:00Z",
    "provider": "openai",
    "model": "gpt-4",
    "input_tokens": 1000,
    "output_tokens": 500,
    "feature": "search",
    "customer": "acme",
    "tags": {"tier": "pro"},
}
_WITH_USAGE = {
    "provider": "anthropic",
    "model": "claude-sonnet-4-5",
    "api": "messages",
    "usage": {"input_tokens": 12, "cache_read_input_tokens": 900, "output_tokens": 250},
}
_FIELDS = {
    "id": "UUID of your making, best a UUIDv7 of the call's time; a resend repeats it. Absent: derived.",
    "timestamp": f"When the call was made, RFC 3339 with zone; {EARLIEST.date()} to 24 hours from now.",
    "provider": "Who served the call: `openai`, `anthropic`, `google`, …",
    "model": "The model as the provider names it.",
    "input_tokens": "All input tokens, cached and audio ones included.",
    "output_tokens": "All output tokens, reasoning and audio included.",
    "usage": f"The provider's own usage object, verbatim; at most {MAX_USAGE_BYTES} bytes, {MAX_DEPTH} deep.",
    "api": "Which API shape `usage` has: `chat`, `responses`, `messages`, `generate_content`, …",
    "units": "What is billed beside tokens, such as searches of the web or of files, by kind.",
    "reported_cost": f"USD that someone else computed, 0 to {MAX_REPORTED_COST}; see `reported_by`.",
    "metadata": f"Small extras; at most {MAX_METADATA_BYTES} bytes, texts of at most {MAX_TEXT} characters.",
}


def description() -> dict[str, Any]:
    """Return the `paths` and `components` to merge into the application's own."""
    _, schemas = msgspec.json.schema_components((_typed_event(), Verdict), ref_template=_REF)
    event = schemas["Event"]
    event["description"] = "One LLM call. `null` for an optional field is the same as leaving it out."
    for name in ("usage", "metadata"):
        event["properties"][name] = {"type": "object", "additionalProperties": True}
    event["properties"]["reported_cost"] = {"anyOf": [DECIMAL, {"type": "null"}]}
    units = {"type": "object", "properties": dict.fromkeys(get_args(Unit), DECIMAL)}
    event["properties"]["units"] = {"anyOf": [{**units, "additionalProperties": False}, {"type": "null"}]}
    for name, text in _FIELDS.items():
        event["properties"][name]["description"] = text
    schemas["Verdict"]["description"] = "Why one event was refused."
    return {
        "paths": {"/api/events/track": {"post": _operation()}},
        "components": {"schemas": schemas},
    }


def _typed_event() -> type[msgspec.Struct]:
    """Return `Event` without the fields that are kept as bytes, which have no schema."""
    bare = {"usage", "metadata", "reported_cost", "units"}
    fields = [field for field in msgspec.structs.fields(Event) if field.name not in bare]
    required = [(field.name, field.type) for field in fields if field.required]
    optional = [(field.name, field.type, field.default) for field in fields if not field.required]
    return msgspec.defstruct("Event", [*required, *optional], forbid_unknown_fields=True)


def _operation() -> dict[str, Any]:
    event = {"$ref": _REF.format(name="Event")}
    batch = {
        "type": "object",
        "required": ["events"],
        "additionalProperties": False,
        "properties": {"events": {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": event}},
    }
    answer = {
        "type": "object",
        "required": ["accepted", "rejected"],
        "properties": {
            "accepted": {"type": "integer", "minimum": 1},
            "rejected": {"type": "array", "items": {"$ref": _REF.format(name="Verdict")}},
        },
    }
    return {
        "tags": ["events"],
        "summary": "Track LLM calls",
        "description": _DESCRIPTION,
        "operationId": "track_events",
        "security": [{"HTTPBearer": []}, {"APIKeyHeader": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"anyOf": [event, batch]},
                    "examples": {
                        "one": {"summary": "One event with token totals", "value": _EVENT},
                        "usage": {"summary": "The provider's usage as it came", "value": _WITH_USAGE},
                        "batch": {"summary": "Several", "value": {"events": [_EVENT, _WITH_USAGE]}},
                    },
                }
            },
        },
        "responses": {
            "202": {
                "description": "Queued; what was refused is named.",
                "content": {
                    "application/json": {"schema": answer, "example": {"accepted": 2, "rejected": []}}
                },
            },
            **{
                str(status): response
                for status, response in problems(
                    s403="The API key lacks the scope `ingest`.",
                    s422="No event was accepted; `errors` says why.",
                    s503="Nothing was queued; send the same again after `Retry-After` seconds.",
                ).items()
            },
        },
    }
