"""What an export has become, in a line or two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from llmlab_cli.render import figures


@dataclass(frozen=True)
class Exported:
    """What was written: `file` is None for standard output, `without_cost` where the server cannot tell."""

    form: str
    file: str | None
    rows: int
    size: int
    start: str
    end: str
    without_cost: int | None
    announced: int | None


def told(done: Exported) -> Sequence[str]:
    """Return the lines that say it."""
    where = f" in {figures.clean(done.file)}" if done.file else ""
    during = _during(done.start, done.end)
    if done.rows:
        lines = [f"✓ {figures.plural(done.rows, 'call')}{where} ({figures.size(done.size)}): {during}."]
    else:
        kept = f": {figures.clean(done.file)} has no rows" if done.file else ""
        lines = [f"No calls to write, {during}{kept}."]
    if done.without_cost:
        lines.append(_without_cost(done))
    if done.announced is not None and done.rows < done.announced:
        rows = figures.plural(done.announced, "row")
        lines.append(f"▲ The server announced {rows}, and asked again had no more.")
    return lines


def _without_cost(done: Exported) -> str:
    why = "`llmlab status` names their models"
    if done.form == "focus":
        unknown = figures.plural(done.without_cost or 0, "call")
        return f"▲ {unknown} without a known cost left out, as FOCUS has no row for them: {why}."
    if done.without_cost == done.rows:
        return f"▲ None of them has a known cost: {why}."
    return f"▲ {figures.count(done.without_cost or 0)} of them without a known cost: {why}."


def _during(start: str, end: str) -> str:
    first, last = figures.instant(start), figures.instant(end)
    if first is None or last is None:
        return f"{start} to {end}"
    if first.time() == last.time() == time():
        last_day = figures.day(last.date() - timedelta(days=1))
        return last_day if last - first <= timedelta(days=1) else f"{figures.day(first.date())} – {last_day}"
    return f"{_moment(first)} – {_moment(last)}"


def _moment(at: datetime) -> str:
    return f"{figures.day(at.date())} {at:%H:%M}"
