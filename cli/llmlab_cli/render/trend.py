"""How spend went: a line with a bar for every day or hour, and how it stands to the time before."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from llmlab_cli.render import charts, figures
from llmlab_cli.render.lines import append_if_it_fits, labelled, room
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_LEAST_BARS, _MOST_BARS = 6, 90
# What stands beside the bars: the most, and the mean.
_BESIDE = 23
# From here on percent are harder to read than times.
_MANY_TIMES = 10


def spark_line(summary: Json, screen: Screen) -> RenderableType | None:
    """Return the buckets with spend as bars; None where there is no course."""
    points = [(str(p["bucket"]), figures.amount_of(p["spend"])) for p in summary["trends"]]
    hourly = any("T" in bucket for bucket, _ in points)
    amounts, first = _without_gaps(points, hourly)
    if len(amounts) < 2 or not any(amounts):
        return None
    step, unit = (timedelta(hours=1), "hour") if hourly else (timedelta(days=1), "day")
    most = max(amounts)
    at = first + step * amounts.index(most)
    on = f"{at.day} {at:%b}" if len(amounts) < 300 else figures.day(at)
    when = f"at {at:%H:%M}" if hourly else f"on {on}"
    said = f"  most {figures.roughly(most)} {when}"
    bars = room(screen) - max(_BESIDE, len(said))
    folded, run = charts.folded(amounts, max(_LEAST_BARS, min(_MOST_BARS, bars)))
    line = Text.assemble((charts.sparkline(folded), "cyan"), said)
    mean = figures.roughly(sum(amounts, Decimal(0)) / len(amounts))
    for more in ([f", {run} {unit}s a bar"] if run > 1 else []) + [f", mean {mean}"]:
        append_if_it_fits(line, more, screen)
    return labelled("Hourly" if hourly else "Daily", line)


def _without_gaps(points: Sequence[tuple[str, Decimal]], hourly: bool) -> tuple[list[Decimal], datetime]:
    """Return an amount for every bucket from the first with spend to the last, and when the first is."""
    known: dict[datetime, Decimal] = {}
    for bucket, amount in points:
        at = figures.instant(bucket)
        if at is not None and amount:
            known[at] = known.get(at, Decimal(0)) + amount
    if not known:
        return [], datetime.min.replace(tzinfo=UTC)
    step = timedelta(hours=1) if hourly else timedelta(days=1)
    first, last = min(known), max(known)
    number = (last - first) // step + 1
    return [known.get(first + step * i, Decimal(0)) for i in range(number)], first


def change_line(summary: Json, previous: Json, screen: Screen) -> RenderableType | None:
    """Return the difference to the time before, absolute and as a share; None where neither had spend."""
    now, before = figures.amount_of(summary["total_spend"]), figures.amount_of(previous["total_spend"])
    line = Text()
    when = time_range(previous)
    if before == 0:
        if now == 0:
            return None
        line.append("no known spend before" if int(previous["counts"]["events"]) else "no spend before")
        append_if_it_fits(line, f" ({when})", screen)
        return labelled("Change", line)
    difference = now - before
    style = "yellow" if difference > 0 else "green"
    sign = "▲" if difference > 0 else "▼"
    if difference == 0:
        line.append("none")
    else:
        line.append(f"{sign} {figures.delta(difference)} ({_ratio(before, now)})", style)
    append_if_it_fits(line, f" from {figures.headline(before)}", screen)
    append_if_it_fits(line, f", {when}", screen)
    return labelled("Change", line)


def _ratio(before: Decimal, now: Decimal) -> str:
    """Return the change in percent; what has become many times as much, in times."""
    if now >= before * _MANY_TIMES:
        return f"{figures.compact(int(now / before))}×"
    return figures.change(before, now)


def time_range(summary: Json) -> str:
    """Return which days a summary is of, as `25 Oct – 23 Nov 2026`; of part of a day, until when."""
    start, end = figures.instant(summary["from"]), figures.instant(summary["to"])
    if start is None or end is None:
        return ""
    first, last = start.date(), (end - timedelta(microseconds=1)).date()
    until = "" if end.time() == time.min else f" until {end:%H:%M}"
    if first == last:
        return f"{figures.day(first)}{until}"
    if first.year != last.year:
        return f"{figures.day(first)} – {figures.day(last)}{until}"
    if first.month != last.month:
        return f"{first.day} {first:%b} – {figures.day(last)}{until}"
    return f"{first.day} – {figures.day(last)}{until}"
