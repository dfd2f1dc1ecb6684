"""What a body that makes or changes a budget says, read field by field; what makes no sense is explained."""

import difflib
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final, TypeVar

import msgspec
from llmlab_shared.db.repositories.budgets import BudgetChange, BudgetPlace
from llmlab_shared.domain.budgets import (
    EACH,
    MAX_AMOUNT,
    MAX_AMOUNTS,
    MAX_THRESHOLD,
    MAX_THRESHOLDS,
    PERIODS,
    SCOPE,
    period_end,
    period_start,
)
from llmlab_shared.domain.dimensions import TAG
from llmlab_shared.domain.events import MAX_TEXT
from llmlab_shared.domain.money import DECIMALS, read_literal
from llmlab_shared.providers.factory import get_provider

from llmlab_api.errors import Problem, invalid
from llmlab_api.names import SHOWN, did_you_mean

MAX_NAME: Final = 100
MAX_CHANNELS: Final = 100
_CHANGES: Final = ("budget_amount", "from", "amounts", "name", "thresholds", "paused", "channels")
_PLACES: Final = ("scope", "each", "period", "month")
_MONTH = re.compile(r"(20[2-9]\d)-(0[1-9]|1[0-2])", re.ASCII)
MONTH_PATTERN: Final = f"^{_MONTH.pattern}$"
_DAY = re.compile(r"20[2-9]\d-\d\d-\d\d", re.ASCII)
_LARGEST: Final = 2**63 - 1
_AMOUNT: Final = f"is a number of USD above 0 and at most 10^12, with at most {DECIMALS} decimals"

Given = Mapping[str, msgspec.Raw]
T = TypeVar("T")


def read_new(body: bytes) -> tuple[BudgetPlace, BudgetChange]:
    """Return the budget that a body asks for; raise the Problem that says what to mend."""
    return _reading(body, _new)


def read_change(body: bytes, place: BudgetPlace) -> BudgetChange:
    """Return what a body changes of the budget of a place; raise the Problem that says what to mend."""
    return _reading(body, lambda given: _change_of(given, place))


def _reading(body: bytes, read: Callable[[Given], T]) -> T:
    try:
        return read({name: raw for name, raw in _fields_of(body).items() if bytes(raw) != b"null"})
    except RecursionError:
        raise Problem(400, "malformed_json", "the body is nested too deeply for a budget") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, "malformed_json", f"the body is not valid JSON: {error}") from None


def _new(given: Given) -> tuple[BudgetPlace, BudgetChange]:
    period = _choice(given, "period", PERIODS) or "month"
    month = _month(_text(given, "month", "2026-11"))
    if month and period != "month":
        raise invalid(
            "month", "bad_month", f"`month` is of budgets with the period month, and `period` says {period}"
        )
    place = BudgetPlace(scope=_scope(given), each=_choice(given, "each", EACH), period=period, month=month)
    change = _change(given, place)
    if change.amount is None and change.amounts is None:
        raise invalid(
            "budget_amount",
            "missing_field",
            f'`budget_amount` is missing; `budget_amount` {_AMOUNT}, such as "500"',
        )
    return place, change


def _change_of(given: Given, place: BudgetPlace) -> BudgetChange:
    for name in _PLACES:
        if name in given:
            raise invalid(
                name, "not_changeable", f"`{name}` says what a budget counts and stays; make another budget"
            )
    change = _change(given, place)
    if change == BudgetChange():
        raise invalid("body", "nothing_to_change", f"send at least one of {', '.join(_CHANGES)}")
    return change


def _change(given: Given, place: BudgetPlace) -> BudgetChange:
    if "amounts" in given and "budget_amount" in given:
        raise invalid("amounts", "ambiguous", "`amounts` has every amount: leave `budget_amount` out")
    amount = _amount(given["budget_amount"], "budget_amount") if "budget_amount" in given else None
    since = _text(given, "from", "2026-12-01")
    if since is not None and place.month:
        raise invalid("from", "ambiguous", "`month` is that one month: leave `from` out")
    if since is not None and amount is None:
        raise invalid("from", "ambiguous", "`from` is the day from which `budget_amount` holds: send both")
    return BudgetChange(
        name=_name(_text(given, "name", "Team search")),
        amount=amount,
        amount_from=None if since is None else _first_day(since, "from", place),
        amounts=_amounts(given, place),
        thresholds=_thresholds(given),
        paused=_typed(given, "paused", bool, "`paused` is true or false"),
        channels=_channels(given),
    )


def _fields_of(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        raise invalid(
            "body", "wrong_type", 'the body is a JSON object such as {"budget_amount": "500"}'
        ) from None
    known = (*_CHANGES, *_PLACES)
    for name in fields:
        if name not in known:
            near = difflib.get_close_matches(name[:SHOWN], known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"a budget has {', '.join(known)}"
            raise invalid(
                name[:SHOWN], "unknown_field", f"`{name[:SHOWN]}` is not a field of a budget: {hint}"
            )
    return fields


def _typed(given: Given, name: str, kind: type[T], message: str) -> T | None:
    if name not in given:
        return None
    try:
        return msgspec.json.decode(given[name], type=kind)
    except msgspec.ValidationError:
        raise invalid(name, "wrong_type", message) from None


def _text(given: Given, name: str, example: str) -> str | None:
    return _typed(given, name, str, f'`{name}` is a text such as "{example}"')


def _choice(given: Given, name: str, choices: tuple[T, ...]) -> T | None:
    chosen = _text(given, name, str(choices[0]))
    if chosen is not None and chosen not in choices:
        raise invalid(name, f"bad_{name}", f"`{name}` is one of {', '.join(map(str, choices))}")
    return next((choice for choice in choices if choice == chosen), None)


def _scope(given: Given) -> dict[str, str]:
    message = '`scope` is an object such as {"feature": "search"} or {"tag": {"squad": "blue"}}'
    raw = _typed(given, "scope", dict[str, msgspec.Raw], message) or {}
    scope = {}
    for name, value in raw.items():
        if name == "tag":
            tags = _typed({"scope": value}, "scope", dict[str, msgspec.Raw], message) or {}
            for key, held in tags.items():
                scope[TAG + _plain(key, "a tag's name")] = _scope_value("tag", held)
        elif name in SCOPE:
            scope[name] = _scope_value(name, value)
        else:
            hint = did_you_mean(name, (*SCOPE, "tag"))
            raise invalid(
                "scope",
                "bad_scope",
                f"`scope` knows no {name[:SHOWN]!r}{hint}; it takes {', '.join(SCOPE)} and tag",
            )
    return scope


def _scope_value(name: str, raw: msgspec.Raw) -> str:
    try:
        value = msgspec.json.decode(raw, type=int | str)
    except msgspec.ValidationError:
        raise invalid("scope", "wrong_type", f"`scope`: {name} is one text, not {_head(raw)}") from None
    if name == "api_key":
        text = str(value)
        if not (text.isascii() and text.isdigit() and 0 < int(text) <= _LARGEST):
            raise invalid("scope", "bad_scope", "`scope`: api_key is the id of an API key, a whole number")
        return str(int(text))
    text = _plain(str(value), name)
    # As the worker stores it, whatever spelling is asked for.
    return get_provider(text).id if name == "provider" else text


def _plain(value: str, what: str) -> str:
    if not 0 < len(value) <= MAX_TEXT:
        raise invalid("scope", "bad_scope", f"`scope`: {what} has 1 to {MAX_TEXT} characters")
    if "\x00" in value:
        raise invalid("scope", "nul_byte", f"`scope`: {what} holds a NUL character, which no event can hold")
    return value


def _head(raw: msgspec.Raw) -> str:
    return bytes(raw)[:32].decode(errors="replace")


def _amount(raw: msgspec.Raw, name: str) -> Decimal:
    try:
        amount = read_literal(bytes(raw))
    except ValueError as error:
        raise invalid(name, "wrong_type", f"`{name}` {error}") from None
    if not (0 < amount <= MAX_AMOUNT and _decimals(amount) <= DECIMALS):
        raise invalid(name, "out_of_range", f"`{name}` {_AMOUNT}")
    return amount


def _amounts(given: Given, place: BudgetPlace) -> dict[date, Decimal] | None:
    message = '`amounts` is an array such as [{"from": "2026-11-01", "amount": "500"}]'
    listed = _typed(given, "amounts", list[dict[str, msgspec.Raw]], message)
    if listed is None:
        return None
    if place.month:
        raise invalid("amounts", "ambiguous", "`amounts` are of budgets of every period: leave `month` out")
    if not 0 < len(listed) <= MAX_AMOUNTS or any(set(item) != {"from", "amount"} for item in listed):
        raise invalid("amounts", "bad_amounts", f"{message}, with 1 to {MAX_AMOUNTS} of them")
    amounts: dict[date, Decimal] = {}
    for item in listed:
        since = _typed({"amounts": item["from"]}, "amounts", str, message) or ""
        day = _first_day(since, "amounts", place)
        if amounts and day <= max(amounts):
            raise invalid("amounts", "bad_amounts", f"`amounts` are in the order of their days; {day} is not")
        amounts[day] = _amount(item["amount"], "amounts")
    return amounts


def _first_day(text: str, name: str, place: BudgetPlace) -> date:
    """Return a day on which a period begins; amounts hold for whole periods."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise invalid(name, "bad_date", f"`{name}` has days such as 2026-12-01, from 2020 to 2099")
    start = place.month or period_start(day, place.period)
    if day != start:
        after = "" if place.month else f" or {period_end(start, place.period)}"
        raise invalid(
            name,
            "bad_date",
            f"`{name}`: an amount holds for whole periods, and {day} is inside one; take {start}{after}",
        )
    return day


def _decimals(value: Decimal) -> int:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return 0
    # By hand, because normalize() rounds to the precision of the context.
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(-exponent - zeros, 0)


def _month(value: str | None) -> date | None:
    if value is None:
        return None
    match = _MONTH.fullmatch(value)
    if match is None:
        raise invalid("month", "bad_month", "`month` is a month such as 2026-11, from 2020 to 2099")
    return date(int(match[1]), int(match[2]), 1)


def _name(value: str | None) -> str | None:
    if value is None:
        return None
    name = value.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise invalid(
            "name",
            "bad_name",
            f"`name` has 1 to {MAX_NAME} characters, without line breaks or control characters",
        )
    return name


def _thresholds(given: Given) -> list[Decimal] | None:
    raws = _typed(
        given, "thresholds", list[msgspec.Raw], '`thresholds` is an array such as ["0.5", "0.8", "1"]'
    )
    if raws is None:
        return None
    try:
        values = [read_literal(bytes(raw)) for raw in raws]
    except ValueError as error:
        raise invalid("thresholds", "wrong_type", f"one of `thresholds` {error}") from None
    sound = (
        0 < len(values) <= MAX_THRESHOLDS
        and all(0 < value <= MAX_THRESHOLD and _decimals(value) <= 4 for value in values)
        and all(one < other for one, other in pairwise(values))
    )
    if not sound:
        raise invalid(
            "thresholds",
            "bad_thresholds",
            f"`thresholds` are 1 to {MAX_THRESHOLDS} parts of the amount, ascending, above 0 and at most "
            f'{MAX_THRESHOLD}, with at most 4 decimals, such as ["0.5", "0.8", "1"]',
        )
    return values


def _channels(given: Given) -> list[int] | None:
    message = "`channels` is an array of ids of channels; an empty one is all that want alerts of budgets"
    ids = _typed(given, "channels", list[int], message)
    if ids is not None and not (len(ids) <= MAX_CHANNELS and all(0 < each <= _LARGEST for each in ids)):
        raise invalid("channels", "bad_channels", f"{message}, {MAX_CHANNELS} at most")
    return None if ids is None else sorted(set(ids))
