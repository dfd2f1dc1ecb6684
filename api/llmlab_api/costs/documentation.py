"""The cost endpoints' parameters for OpenAPI: they are read from the URL by hand (`query`)."""

from collections.abc import Sequence
from typing import Any, get_args

from llmlab_shared.domain.dimensions import OTHER
from llmlab_shared.domain.events import PriceStatus, Status

from llmlab_api.costs.query import DEFAULT_LIMIT, FILTER_NAMES, GROUP_NAMES, ID_NAMES, MAX_LIMIT

_STRING = {"type": "string"}


def parameter(
    name: str, description: str, schema: dict[str, Any], example: str | None = None
) -> dict[str, Any]:
    """Return an optional parameter of the URL."""
    shown = {} if example is None else {"example": example}
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        **shown,
    }


def _choices(values: Sequence[str]) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", "enum": list(values)}}


_STRINGS = {"type": "array", "items": _STRING}
_SCHEMAS = {
    "api_key": {"type": "array", "items": {"type": "integer", "minimum": 0}},
    "status": _choices(get_args(Status)),
    "price_status": _choices(get_args(PriceStatus)),
}

SPAN = [
    parameter(
        "from",
        "Inclusive: an RFC 3339 time with zone, or a date in `tz`. By default 30 days before `to`.",
        _STRING,
        "2026-11-01",
    ),
    parameter("to", "Exclusive: the same. By default the end of today.", _STRING, "2026-12-01"),
    parameter("tz", "An IANA time zone; by default the workspace's own.", _STRING, "Europe/Berlin"),
]
GROUP_BY = parameter(
    "group_by",
    f"A comma list of {', '.join(GROUP_NAMES)}. Where a day had more values of a dimension than are kept "
    f"apart, `{OTHER}` is all the rest of them.",
    _STRING,
    "feature,day",
)
FILTERS = [
    parameter(
        name,
        f"Only events with this {name}; repeated, with any of them; empty, with none.",
        _SCHEMAS.get(name, _STRINGS),
    )
    for name in FILTER_NAMES
]
IDS = [
    parameter(name, f"Only events with this {name}; repeated, with any of them.", _STRINGS)
    for name in ID_NAMES
]


def limit(what: str, default: int = DEFAULT_LIMIT) -> dict[str, Any]:
    """Return the parameter for how many of a list are asked for."""
    return parameter(
        "limit", what, {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": default}
    )


PAGE = [
    limit("Events a page."),
    parameter("cursor", "The `next_cursor` of the page before.", _STRING),
]
TIMESTAMP = parameter("timestamp", "Only if this is the event's time.", _STRING, "2026-11-23T10:00:00Z")
