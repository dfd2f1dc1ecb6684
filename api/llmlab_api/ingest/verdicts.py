"""Why a client's event was refused, in the contract's codes and in words that say what to mend."""

import difflib
import re
from typing import get_args

import msgspec
from llmlab_shared.domain.event_rules import Problem
from llmlab_shared.domain.events import Event, Unit

KNOWN_FIELDS = tuple(field.name for field in msgspec.structs.fields(Event))

_AT = re.compile(r" - at `(?P<key>key` in `)?\$(?P<path>[^`]*)`$")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_TYPE = re.compile(r"Expected `(.*?)`, got `(.*)`")
_RANGE = re.compile(r"Expected `int` (<=|>=) (-?\d+)")
_LENGTH = re.compile(r"Expected `(\w+)` of length (<=|>=) (\d+)")
_ENUM = re.compile(r"Invalid enum value (.*)", re.DOTALL)
_KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number with a fraction",
    "bool": "true or false",
    "null": "null",
    "object": "an object",
    "array": "an array",
    "datetime": "a time with its zone, like 2026-11-23T09:30:00Z",
    "uuid": "a UUID",
}
_CHOICES = {
    "status": ("ok", "error", "aborted"),
    "billing": ("metered", "subscription", "provisioned", "free"),
    "reported_by": ("provider", "gateway", "client"),
    "units": get_args(Unit),
}


class Verdict(msgspec.Struct, gc=False):
    """One refused event of a request, as the response names it; `id` is the client's own, if it had one."""

    index: int
    id: str | None
    code: str
    message: str


class _OnlyId(msgspec.Struct, gc=False):
    id: msgspec.Raw = msgspec.Raw(b"null")


_id_decoder = msgspec.json.Decoder(_OnlyId)
_text_decoder = msgspec.json.Decoder(str)
# Of the JSON of an id that is repeated: as much as its first characters may need.
_ID_CHARACTERS = 64
_ID_BYTES = 6 * _ID_CHARACTERS + 2


def id_in(raw: bytes | memoryview) -> str | None:
    """Return the `id` of an event that may be anything, if it is a text one can repeat."""
    try:
        identifier = _id_decoder.decode(raw).id
        # Anything may stand there, of any size: it is not made an object of.
        if len(memoryview(identifier)) > _ID_BYTES:
            return None
        return _text_decoder.decode(identifier)[:_ID_CHARACTERS]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def explain(error: msgspec.ValidationError) -> Problem:
    """Return the decoder's complaint about one event as a problem of the contract."""
    text = str(error)
    at = _AT.search(text)
    field = at["path"].strip(".") if at else ""
    said = text[: at.start()] if at else text
    name = _name(field)
    if match := _MISSING.match(said):
        return Problem("missing_field", f"`{match[1]}` is missing: every event names its provider and model")
    if match := _UNKNOWN.match(said):
        return _unknown(match[1])
    if at and at["key"]:
        return _bad_key(field, said)
    if match := _TYPE.match(said):
        return Problem("wrong_type", f"{name} is {_kind(match[1])}, not {_kind(match[2])}")
    if match := _RANGE.match(said):
        bound = "at least" if match[1] == ">=" else "at most"
        return Problem("out_of_range", f"{name} is {bound} {match[2]}")
    if match := _LENGTH.match(said):
        if match[2] == ">=":
            return Problem("missing_field", f"{name} is empty: every event names its provider and model")
        what = "entries" if match[1] == "object" else "characters"
        return Problem("too_long", f"{name} has more than {match[3]} {what}")
    if _ENUM.match(said):
        return Problem("out_of_range", f"{name} is one of {', '.join(_CHOICES.get(field, ()))}")
    return _bad_value(name, said)


def _name(field: str) -> str:
    if not field:
        return "the event"
    return f"a value in `{field[:-5]}`" if field.endswith("[...]") else f"`{field}`"


def _bad_value(name: str, said: str) -> Problem:
    if "datetime" in said:
        return Problem("bad_timestamp", f"{name} is not {_KINDS['datetime']} (RFC 3339)")
    if "UUID" in said:
        return Problem("bad_id", f"{name} is not a UUID; leave it out and the server makes one")
    if "out of range" in said:
        return Problem("out_of_range", f"{name} is a number beyond the range of a double")
    return Problem("wrong_type", f"{name}: {said}")


def _bad_key(field: str, said: str) -> Problem:
    if match := _LENGTH.match(said):
        if match[2] == ">=":
            return Problem("out_of_range", f"a name in `{field}` is empty")
        return Problem("too_long", f"a name in `{field}` has more than {match[3]} characters")
    return Problem("unknown_field", f"a name in `{field}` is not one of {', '.join(_CHOICES.get(field, ()))}")


def _unknown(field: str) -> Problem:
    # No known name is longer, and comparing takes time by the square of the length.
    near = difflib.get_close_matches(field[:64].lower(), (*KNOWN_FIELDS, "events"), n=1, cutoff=0.6)
    hint = (
        f"did you mean `{near[0]}`?" if near else "put what LLMLab has no field for in `tags` or `metadata`"
    )
    return Problem("unknown_field", f"`{field[:64]}` is not a field of an event: {hint}")


def _kind(types: str) -> str:
    return " or ".join(
        _KINDS.get(kind, kind) for kind in types.split(" | ") if kind != "null" or types == "null"
    )
