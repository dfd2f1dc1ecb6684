"""Repricings on the screen: what one would change or has changed, by model and day, and all as a table."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.prices import when
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
TOP_MODELS = 15
_MOST_DAYS = 31
_NO_AMOUNTS_BELOW = 64
_NO_CALLS_BELOW = 44
_LEAST_NAME = 10
_GAP = 2
KINDS = {
    "reprice": "repricing",
    "unpriced": "prices for what had none",
    "release": "release from quarantine",
    "correct": "correction",
    "undo": "undoing",
}


def outcome(job: Json, screen: Screen) -> RenderableType:
    """Return what a finished job changed, or as a dry run would change, in USD of metered spend."""
    parts: list[RenderableType] = [_heading(job)]
    if not job["changed"]:
        parts.append(Text(f"No call {'would change' if job['dry_run'] else 'changed'}."))
    else:
        parts.append(_sum(job))
        parts += [item for table in _tables(job, screen) for item in (Text(), table)]
        parts.append(Text())
        if moves := _moves(job):
            parts.append(Text(f"Of these, {', '.join(moves)}."))
    seen = int(job["progress"]["seen"])
    parts.append(Text(f"{figures.plural(seen, 'call')} looked at.", "dim"))
    if job["skipped"]:
        skipped = figures.plural(int(job["skipped"]), "call")
        parts.append(Text(f"Left as they are, as they were adjusted again since: {skipped}.", "dim"))
    return Group(*parts)


def _heading(job: Json) -> Text:
    kind = KINDS.get(job["kind"], figures.clean(job["kind"])).capitalize()
    of = f" of {job['undoes']}" if job.get("undoes") else ""
    text = Text.assemble((f"{kind}{of}", "bold"))
    if span := _span(job["selection"] or {}):
        text.append(f" · {span}")
    text.append(" · preview, nothing is changed" if job["dry_run"] else f" · job {job['id']}", "dim")
    return text


def _span(selection: Json) -> str:
    start, end = when(selection.get("from")), when(selection.get("to"))
    return f"{start} to {end}" if start and end else ""


def _sum(job: Json) -> Text:
    rows = job.get("by_model") or ()
    before, after = _total(rows, "cost_before"), _total(rows, "cost")
    difference = figures.amount_of(job["difference"])
    changed = int(job["changed"])
    verb = "would cost" if job["dry_run"] else "costs" if changed == 1 else "cost"
    text = Text(f"{figures.plural(changed, 'call')} {verb} something else: ")
    text.append(f"{figures.roughly(before)} → {figures.roughly(after)}, ")
    text.append(figures.delta(difference), _style(difference))
    return text.append(f" ({figures.change(before, before + difference)})")


def _total(rows: Sequence[Json], name: str) -> Decimal:
    return sum((figures.amount_of(row.get(name)) for row in rows), Decimal(0))


def _style(difference: Decimal) -> str:
    return "bold yellow" if difference > 0 else "bold green" if difference < 0 else "bold"


def _tables(job: Json, screen: Screen) -> list[RenderableType]:
    models = sorted(job["by_model"], key=lambda r: (-abs(figures.amount_of(r["difference"])), r["model"]))
    days = job["by_day"]
    titles = [
        ("Model", _folded(models, TOP_MODELS, "other models"), lambda r: r.get("name") or _model(r)),
        ("Day", days, lambda r: str(r["day"])),
    ]
    if len(days) > _MOST_DAYS:
        titles[1] = ("Month", _by_month(days), lambda r: str(r["day"]))
    return [_table(title, rows, named, screen) for title, rows, named in titles if rows]


def _model(row: Json) -> str:
    return figures.clean(f"{row['provider']}/{row['model']}")


def _folded(rows: Sequence[Json], most: int, others: str) -> list[Json]:
    if len(rows) <= most + 1:
        return list(rows)
    return [*rows[:most], _sum_of(rows[most:], name=f"{len(rows) - most} {others}")]


def _by_month(days: Sequence[Json]) -> list[Json]:
    months: dict[str, list[Json]] = {}
    for row in days:
        months.setdefault(str(row["day"])[:7], []).append(row)
    return [_sum_of(rows, day=month) for month, rows in months.items()]


def _sum_of(rows: Sequence[Json], **fields: str) -> Json:
    sums = {name: _total(rows, name) for name in ("cost_before", "cost", "difference")}
    return {**sums, "events": sum(int(row["events"]) for row in rows), **fields}


def _table(title: str, rows: Sequence[Json], named: Callable[[Json], str], screen: Screen) -> RenderableType:
    amounts = [figures.amount_of(r.get(n)) for r in rows for n in ("cost_before", "cost", "difference")]
    places = figures.places_for(amounts)
    titles = [title, "Calls", "Before", "After", "Difference", ""]
    wide = screen.columns >= _NO_AMOUNTS_BELOW
    shown = [True, screen.columns >= _NO_CALLS_BELOW, wide, wide, True, True]
    lines = [_cells(row, named(row), places) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(titles, *lines, strict=True)]
    taken = sum(_GAP + w for w, show in zip(widths[1:], shown[1:], strict=True) if show)
    room = None if screen.width is None else max(_LEAST_NAME, screen.width - taken)
    table = plain_table()
    for index, (name, show) in enumerate(zip(titles, shown, strict=True)):
        if show:
            table.add_column(name, justify="right" if index else "left", no_wrap=True)
    for row, line in zip(rows, lines, strict=True):
        cells = [Text(figures.shorten(line[0], room) if room else line[0]), *map(Text, line[1:])]
        cells[4].stylize(_style(figures.amount_of(row["difference"])).removeprefix("bold").strip())
        cells[5].stylize("dim")
        table.add_row(*(cell for cell, show in zip(cells, shown, strict=True) if show))
    return table


def _cells(row: Json, name: str, places: int) -> list[str]:
    before, after = figures.amount_of(row.get("cost_before")), figures.amount_of(row.get("cost"))
    difference = figures.amount_of(row["difference"])
    return [
        name,
        figures.count(int(row["events"])),
        figures.money(before, places),
        figures.money(after, places),
        figures.signed(difference, places) if difference else "–",
        figures.change(before, before + difference) if difference else "",
    ]


def _moves(job: Json) -> list[str]:
    """Return how many calls got another status: `38 unpriced become priced`."""
    return [
        f"{figures.count(int(row['events']))} {figures.clean(row['before'])} "
        f"{'would be' if job['dry_run'] else 'became'} {figures.clean(row['after'])}"
        for row in job.get("by_status") or ()
        if row["before"] != row["after"] and int(row["events"])
    ]


def job_table(jobs: Sequence[Json], screen: Screen) -> RenderableType:
    """Return a row for each repricing, the newest first."""
    if not jobs:
        return Text("No repricing yet: `llmlab prices reprice --from DATE` shows what one would change.")
    titles = ["Id", "Made", "Kind", "State", "Changed", "Difference", "Why"]
    rows = [_job_cells(job) for job in jobs]
    shown = [True, screen.columns >= 60, screen.columns >= 70, True, True, True, screen.columns >= 50]
    widths = [max(map(cell_len, column)) for column in zip(titles, *rows, strict=True)]
    taken = sum(_GAP + w for w, show in zip(widths[:-1], shown[:-1], strict=True) if show)
    room = None if screen.width is None else max(_LEAST_NAME, screen.width - taken)
    table = plain_table()
    for title, show in zip(titles, shown, strict=True):
        if show:
            right = title in ("Changed", "Difference")
            table.add_column(title, justify="right" if right else "left", no_wrap=True)
    for job, row in zip(jobs, rows, strict=True):
        row[-1] = figures.shorten(row[-1], room) if room else row[-1]
        style = "red" if job["status"] == "failed" else "dim" if job["dry_run"] else None
        table.add_row(*(Text(c) for c, show in zip(row, shown, strict=True) if show), style=style)
    return table


def _job_cells(job: Json) -> list[str]:
    made = figures.instant(job["created_at"], "UTC")
    difference = figures.amount_of(job["difference"])
    kind = figures.clean(job["kind"]) + (f" of {job['undoes']}" if job.get("undoes") else "")
    return [
        str(job["id"]),
        f"{made:%Y-%m-%d %H:%M}" if made else "",
        kind,
        state(job),
        figures.count(int(job["changed"] or 0)),
        figures.delta(difference),
        figures.clean(job.get("reason") or ""),
    ]


def state(job: Json) -> str:
    """Return how far a job is: `queued`, `34%`, `done`, `preview` or `failed`."""
    progress = job["progress"] or {}
    if job["status"] == "running":
        expected = progress.get("expected")
        return f"{min(99, int(progress['seen']) * 100 // int(expected))}%" if expected else "running"
    if job["status"] == "done" and job["dry_run"]:
        return "preview"
    return figures.clean(job["status"])
