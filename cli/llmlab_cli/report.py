"""What `llmlab status` tells, read from the server: a period, the one before it, and what is beside them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from llmlab import InvalidRequest, LLMLab

from llmlab_cli import periods
from llmlab_cli.selection import filters_of, period_of, today_in
from llmlab_cli.together import answers

Json = Mapping[str, Any]
# The dimensions of the caller's own that are shown beside models and providers.
DIMENSIONS = ("feature", "customer")
# The server counts a range exactly, and without reading events, when it ends on one of these.
_QUARTER = timedelta(minutes=15)
_DAY = timedelta(days=1)
# The price statuses of calls without a known cost.
_UNKNOWN = ("unpriced", "missing", "quarantined")


@dataclass(frozen=True)
class Report:
    """The API's answers, and what was asked.

    `previous` is the summary of as long a time before, `unpriced` the same summary of only the calls that
    have no price, `unknown` that of all calls without a known cost, where there are any. `groups` and
    `unknown_groups` are the rows of each of `DIMENSIONS` that the server keeps for this question. `only` are
    the filters as they were typed.
    """

    title: str
    summary: Json
    budgets: Sequence[Json] = ()
    previous: Json | None = None
    unpriced: Json | None = None
    unknown: Json | None = None
    group_by: Sequence[str] = ()
    only: Sequence[str] = ()
    groups: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    unknown_groups: Mapping[str, Sequence[Json]] = field(default_factory=dict)

    @property
    def before(self) -> Decimal | None:
        """Return what was spent in the time before; None where there is no such time."""
        return None if self.previous is None else Decimal(self.previous["total_spend"])


@dataclass(frozen=True)
class Asked:
    """The question: a named period, or the edges `start` and `end` as they were typed."""

    period: str
    start: str | None = None
    end: str | None = None
    tz: str | None = None
    group_by: Sequence[str] = ()
    where: Sequence[str] = ()

    @property
    def filters(self) -> dict[str, Any]:
        """Return `where` as the SDK takes it."""
        return filters_of(self.where)

    @property
    def query(self) -> dict[str, Any]:
        """Return the question without its period and its groups, as the SDK takes it."""
        return {**self.filters, **({"tz": self.tz} if self.tz else {})}


def read(client: LLMLab, asked: Asked) -> Report:
    """Return all that the report shows. Raises what the SDK raises."""
    title, summary = _read_summary(client, asked)
    same = {**asked.query, "from_": summary["from"], "to": summary["to"], "tz": summary["tz"]}
    grouped = {"group_by": ",".join(asked.group_by)} if asked.group_by else {}
    shown = () if asked.group_by else tuple(name for name in DIMENSIONS if name not in asked.filters)

    def summary_of(**more: Any) -> Callable[[], Json | None]:
        def ask() -> Json | None:
            # Not every grouping is kept together with every filter; then it is missing here, and no more.
            with suppress(InvalidRequest):
                return client.costs.summary(**{**same, **more})
            return None

        return ask

    # What is known to have no price is named with what to do; the rest only never says $0.
    unpriced = {"price_status": "unpriced"} if summary["counts"]["unpriced"] else None
    statuses = [name for name in _UNKNOWN if summary["counts"][name]]
    unknown = {"price_status": statuses} if statuses else None
    found = answers(
        [
            client.budgets.list,
            lambda: _read_previous(client, asked, summary),
            summary_of(**unpriced, **grouped) if unpriced else _nothing,
            summary_of(**unknown, **grouped) if unknown and statuses != ["unpriced"] else _nothing,
            *(summary_of(group_by=name) for name in shown),
            *(summary_of(**unknown, group_by=name) for name in shown if unknown),
        ]
    )
    budgets, previous, without_price, without_cost, *rest = found
    return Report(
        title=title,
        summary=summary,
        budgets=budgets,
        previous=previous,
        unpriced=without_price,
        unknown=without_cost or without_price,
        group_by=tuple(asked.group_by),
        only=tuple(asked.where),
        groups=_rows_of(shown, rest[: len(shown)]),
        unknown_groups=_rows_of(shown, rest[len(shown) :]),
    )


def _nothing() -> None:
    """Ask nothing."""


def _rows_of(names: Sequence[str], summaries: Sequence[Json | None]) -> dict[str, Sequence[Json]]:
    """Return the groups by name, without those that the server does not keep."""
    pairs = zip(names, summaries, strict=False)
    return {name: found["groups"] for name, found in pairs if found is not None and "groups" in found}


def _read_summary(client: LLMLab, asked: Asked) -> tuple[str, Json]:
    query = asked.query
    if asked.group_by:
        query["group_by"] = ",".join(asked.group_by)
    if asked.start or asked.end:
        query |= {name: value for name, value in (("from_", asked.start), ("to", asked.end)) if value}
        return f"{asked.start or ''} to {asked.end or 'now'}".strip(), client.costs.summary(**query)
    # The period's dates are those of the zone that the server answers in, which the first answer tells.
    day = today_in(asked.tz or "UTC")
    for _ in range(2):
        period = period_of(asked.period, day)
        summary = client.costs.summary(**{**query, "from_": period.start, "to": period.end})
        there = today_in(str(summary.get("tz") or "UTC"))
        if there == day:
            break
        day = there
    return period.title, summary


def _zone(name: str, otherwise: tzinfo) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # Whether the zone exists is the server's to judge; its tables may be newer than ours.
        return otherwise


def _read_previous(client: LLMLab, asked: Asked, summary: Json) -> Json | None:
    for edges in previous_edges(summary):
        # Beside some filters only whole days are kept: then it is asked for those.
        with suppress(InvalidRequest):
            return client.costs.summary(
                **{**asked.query, "from_": edges[0], "to": edges[1], "tz": summary["tz"]}
            )
    return None


def previous_edges(summary: Json) -> list[tuple[date | datetime, date | datetime]]:
    """Return the edges of as long a time before a summary's own, the best first; none before the API's start.

    Calendar time: a day before is a day, also where a clock change makes it 23 hours. Of a period that is
    not over, only what has passed is compared: today until 14:00 with yesterday until 14:00; where only whole
    days are kept, as many of these as have passed. Before the first quarter of an hour there is nothing.
    """
    start, end = (datetime.fromisoformat(summary[edge]) for edge in ("from", "to"))
    zone = _zone(str(summary["tz"]), start.tzinfo or UTC)
    now = datetime.fromisoformat(summary["freshness"]["as_of"]).astimezone(zone)
    first, last, passed = (at.replace(tzinfo=None) for at in (start, end, now))
    length = last - first
    if (first - length).date() < periods.EARLIEST or passed <= first:
        return []
    if passed >= last:
        return [(_edge(first - length, zone), _edge(first, zone))]
    elapsed = passed - first
    ends = dict.fromkeys(first - length + elapsed // unit * unit for unit in (_QUARTER, _DAY))
    return [(_edge(first - length, zone), _edge(end, zone)) for end in ends if end > first - length]


def _edge(at: datetime, zone: tzinfo) -> date | datetime:
    return at.date() if at.time() == time.min else at.replace(tzinfo=zone)


def exact(report: Report) -> dict[str, Any]:
    """Return everything exactly: the API's own summary, and beside its fields what else the screen shows."""
    previous: dict[str, Any] | None = None
    if report.previous is not None and report.before is not None:
        now, before = Decimal(report.summary["total_spend"]), report.before
        previous = {
            **{name: report.previous[name] for name in ("from", "to", "total_spend")},
            "events": report.previous["counts"]["events"],
            "change": _plain(now - before),
            "change_percent": _plain(round((now - before) / before * 100, 1)) if before else None,
        }
    groups = {f"by_{name}": _flat(name, report.groups.get(name)) for name in DIMENSIONS}
    return {**report.summary, **groups, "previous": previous, "budgets": list(report.budgets)}


def _plain(number: Decimal) -> str:
    """Return a number as the API writes money: no exponent, no trailing zeros."""
    return f"{number.normalize():f}"


def _flat(name: str, rows: Sequence[Json] | None) -> list[Json] | None:
    """Return groups in the shape of `by_model`; None where the server does not keep them."""
    if rows is None:
        return None
    return [{name: row["keys"][name], **{k: v for k, v in row.items() if k != "keys"}} for row in rows]
