"""What callers ask of costs in a URL: filters, groupings and plain parameters, checked one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from llmlab_shared.domain.dimensions import BASE, DIMENSIONS, OWN, TAG, TIMES, is_dimension
from llmlab_shared.domain.events import MAX_TEXT, PriceStatus, Status
from llmlab_shared.domain.ranges import Unit
from llmlab_shared.errors import LLMLabError
from llmlab_shared.providers.factory import get_provider

from llmlab_api.errors import Problem, invalid
from llmlab_api.names import SHOWN, unknown
from llmlab_api.parameters import unknown_parameter

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
MAX_VALUES = 100
MAX_KEYS = 6
# Different things to filter by at once: each tag is a condition of its own.
MAX_FILTERS = 20
_MAX_NAME = len(TAG) + MAX_TEXT
_MAX_ID = 2**63 - 1
_UNITS: dict[str, Unit] = {"hour": "hour", "day": "day", "month": "month"}
_CHOICES = {"status": get_args(Status), "price_status": get_args(PriceStatus)}
FILTER_NAMES = (*DIMENSIONS, f"{TAG}<key>")
# What single events are found by beside these; nothing is added up by it.
ID_NAMES = ("session_id", "trace_id")
GROUP_NAMES = (*BASE, *OWN, "status", f"{TAG}<key>", *TIMES)


@dataclass(frozen=True, slots=True)
class Query:
    """A URL's parameters: the plain ones by name, and the filters as alternatives by dimension."""

    plain: dict[str, str]
    filters: dict[str, list[str]]


def as_problem(error: LLMLabError, field: str) -> Problem:
    """Return a rule's own complaint as the 422 for the parameter it is about."""
    return invalid(field, error.code, error.detail)


def read_query(
    items: Iterable[tuple[str, str]], plain: Sequence[str], more_filters: Sequence[str] = ()
) -> Query:
    """Sort a URL's parameters into those in `plain` and filters; raise the 422 that says what to mend.

    `more_filters` are filters beside the dimensions.
    """
    query = Query({}, {})
    for name, value in items:
        if name in plain:
            if name in query.plain:
                raise invalid(name, "repeated", f"`{name}` may be given once")
            query.plain[name] = _text(name, value)
        elif name in more_filters or (is_dimension(name) and len(name) <= _MAX_NAME):
            query.filters.setdefault(_text("filter", name), []).append(_value(name, value))
        else:
            raise unknown_parameter(name, (*plain, *FILTER_NAMES, *more_filters))
    if len(query.filters) > MAX_FILTERS:
        raise invalid("filter", "too_many_filters", f"filter by at most {MAX_FILTERS} things at once")
    for name, values in query.filters.items():
        if len(values) > MAX_VALUES:
            raise invalid(name, "too_many_values", f"at most {MAX_VALUES} values of `{name}` at once")
    return query


def read_plain(items: Iterable[tuple[str, str]], plain: Sequence[str]) -> dict[str, str]:
    """Return the parameters of a URL that takes no filters; raise the 422 that says what to mend."""
    query = read_query(items, plain)
    for name in query.filters:
        raise unknown_parameter(name, plain)
    return query.plain


def read_limit(value: str | None, default: int = DEFAULT_LIMIT) -> int:
    """Return how many of a list are asked for; raise the 422 that says what to mend."""
    if value is None:
        return default
    if value.isascii() and value.isdigit() and len(value) < 6 and 1 <= int(value) <= MAX_LIMIT:
        return int(value)
    raise invalid("limit", "bad_limit", f"`limit` is a whole number from 1 to {MAX_LIMIT}")


def read_group_by(value: str | None) -> tuple[list[str], Unit | None]:
    """Return the dimensions and the unit of time in `group_by`; raise the 422 that says what to mend."""
    names = list(dict.fromkeys(name.strip() for name in value.split(","))) if value else []
    if len(names) > MAX_KEYS:
        raise invalid("group_by", "bad_group_by", f"group by at most {MAX_KEYS} things at once")
    units: list[Unit] = []
    dimensions = []
    for name in names:
        if (unit := _UNITS.get(name)) is not None:
            units.append(unit)
        elif is_dimension(name) and len(name) <= _MAX_NAME:
            dimensions.append(name)
        else:
            raise invalid(
                "group_by", "bad_group_by", f"cannot group by {name[:SHOWN]!r}{unknown(name, GROUP_NAMES)}"
            )
    if len(units) > 1:
        raise invalid("group_by", "bad_group_by", f"choose one of {', '.join(units)}")
    return dimensions, units[0] if units else None


def _text(name: str, value: str) -> str:
    if "\x00" in value:
        raise invalid(name, "nul_byte", f"`{name}` holds a NUL character, which nothing stored can hold")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise invalid(name, "bad_filter", f"`{name}` holds half a character (a lone surrogate)")
    return value


def _value(name: str, value: str) -> str:
    _text(name, value)
    if len(value) > MAX_TEXT:
        raise invalid(name, "too_long", f"`{name}` has at most {MAX_TEXT} characters")
    if name == "api_key":
        if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= _MAX_ID):
            raise invalid(name, "bad_filter", "`api_key` is the id of an API key: a whole number")
        return str(int(value))
    if name == "provider" and value:
        # As the worker stored it, whatever spelling is asked for.
        return get_provider(value).id
    if name in _CHOICES and value not in _CHOICES[name]:
        raise invalid(name, "bad_filter", f"`{name}` is one of {', '.join(_CHOICES[name])}")
    return value
