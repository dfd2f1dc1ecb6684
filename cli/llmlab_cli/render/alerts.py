"""Alerts, channels and deliveries as tables: what was told, where to, and whether it arrived."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]

_LEAST, _LONGEST, _LONGEST_WHEN_BRIEF = 12, 24, 14
_SIGNS = {"sent": "✓", "failed": "✗", "waiting": "…"}
_STYLES = {"sent": "green", "failed": "red", "waiting": "yellow"}
_TONES = {"critical": "red", "warning": "yellow"}
# Below these widths the less telling columns go.
_NO_WAYS_BELOW, _BRIEF_BELOW, _NO_TIMES_BELOW = 70, 60, 50


def alert_table(alerts: Sequence[Json], screen: Screen) -> RenderableType:
    """Return a row for each alert: what it says, whether it reached its channels, and who has seen it."""
    if not alerts:
        return Text("No alert. `llmlab channels ls` shows where one would go.")
    rows = [
        [
            str(alert["id"]),
            _when(alert["created_at"]),
            figures.clean(alert["title"]),
            _ways(alert) if screen.width is None else _counted(alert),
            _seen(alert),
        ]
        for alert in alerts
    ]
    shown = [True, screen.columns >= _NO_TIMES_BELOW, True, screen.columns >= _NO_WAYS_BELOW, True]
    styles = [["", "dim", _TONES.get(alert["severity"], ""), _ways_style(alert), "dim"] for alert in alerts]
    return _table(["Id", "When", "Alert", "Told", "Seen"], rows, styles, shown, screen, wide=2)


def delivery_table(deliveries: Sequence[Json], screen: Screen) -> RenderableType:
    """Return a row for each delivery: of what, where to, how it stands and why."""
    if not deliveries:
        return Text("No delivery yet.")
    rows = [
        [
            str(each["id"]),
            _when(each["created_at"]),
            figures.clean(each["channel"]["name"]),
            _state(each, brief=screen.columns < _BRIEF_BELOW),
            figures.clean(each.get("last_error") or each.get("title") or each["kind"].replace("_", " ")),
        ]
        for each in deliveries
    ]
    shown = [True, screen.columns >= _NO_WAYS_BELOW, True, True, True]
    styles = [["", "dim", "", _STYLES[each["status"]], ""] for each in deliveries]
    return _table(["Id", "Begun", "Channel", "State", "Why, or what"], rows, styles, shown, screen, wide=4)


def channel_table(channels: Sequence[Json], screen: Screen) -> RenderableType:
    """Return a row for each channel: where it leads, what it is told, and how it stands."""
    if not channels:
        return Text("No channel: `llmlab channels add email you@example.com` makes one.")
    rows = [
        [
            str(channel["id"]),
            figures.clean(channel["name"]),
            figures.clean(_destination(channel)),
            ", ".join(_wanted(kind) for kind in channel["kinds"]) or "what names it",
            _standing(channel),
        ]
        for channel in channels
    ]
    shown = [True, True, True, screen.columns >= _NO_WAYS_BELOW, True]
    styles = [["", "", "", "dim", _standing_style(channel)] for channel in channels]
    return _table(["Id", "Channel", "Leads to", "Told of", "State"], rows, styles, shown, screen, wide=2)


def delivery_line(delivery: Json) -> str:
    """Return what became of one delivery, as a sentence."""
    name = figures.clean(delivery["channel"]["name"])
    reason = figures.clean(delivery.get("last_error") or "")
    match delivery["status"]:
        case "sent":
            return f"✓ {name} has it." + (f" But {reason}." if reason else "")
        case "failed":
            return f"✗ {name}: {reason}."
    return f"… {name} does not have it yet" + (f": {reason}." if reason else ".")


def _table(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    styles: Sequence[Sequence[str]],
    shown: Sequence[bool],
    screen: Screen,
    *,
    wide: int,
) -> Table:
    """Return a table that fits the screen: sentences in the column `wide` wrap, names elsewhere are cut."""
    longest = _LONGEST if screen.columns >= _BRIEF_BELOW else _LONGEST_WHEN_BRIEF
    table = plain_table()
    for number, (title, show) in enumerate(zip(titles, shown, strict=True)):
        if show:
            wraps = number == wide and screen.width is not None
            table.add_column(title, no_wrap=not wraps, overflow="fold", min_width=_LEAST if wraps else None)
    for row, row_styles in zip(rows, styles, strict=True):
        table.add_row(
            *(
                Text(
                    cell if number == wide or screen.width is None else figures.shorten(cell, longest), style
                )
                for number, (cell, style, show) in enumerate(zip(row, row_styles, shown, strict=True))
                if show
            )
        )
    return table


def _when(text: object) -> str:
    at = figures.instant(text, "UTC")
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _ways(alert: Json) -> str:
    ways = alert["deliveries"]
    return (
        ", ".join(f"{_SIGNS[each['status']]} {figures.clean(each['channel']['name'])}" for each in ways)
        or "–"
    )


def _counted(alert: Json) -> str:
    found = [each["status"] for each in alert["deliveries"]]
    return (
        "  ".join(f"{sign} {found.count(status)}" for status, sign in _SIGNS.items() if status in found)
        or "–"
    )


def _ways_style(alert: Json) -> str:
    found = {each["status"] for each in alert["deliveries"]}
    return next((_STYLES[status] for status in ("failed", "waiting", "sent") if status in found), "dim")


def _seen(alert: Json) -> str:
    at = figures.instant(alert.get("acknowledged_at"))
    return figures.day(at) if at else "–"


def _state(delivery: Json, *, brief: bool) -> str:
    if delivery["paused"]:
        return "paused"
    tries = int(delivery["attempts"])
    if brief or (delivery["status"] == "sent" and tries <= 1):
        return str(delivery["status"])
    return f"{delivery['status']}, {figures.plural(tries, 'try', 'tries')}"


def _destination(channel: Json) -> str:
    settings = channel["settings"]
    if "to" in settings:
        return ", ".join(map(str, settings["to"]))
    return str(settings.get("url") or f"PagerDuty {settings.get('routing_key', '')}")


def _wanted(kind: str) -> str:
    names = {"budget_crossing": "budgets", "budget_forecast": "forecasts", "spend_anomaly": "anomalies"}
    return names.get(kind, "reports" if kind == "report" else figures.clean(kind))


def _standing(channel: Json) -> str:
    last = channel.get("last_delivery")
    if channel["paused"]:
        return "paused"
    if channel.get("problem"):
        return "not set up"
    if last is None:
        return "not used yet"
    return {"sent": "works", "failed": "last failed", "waiting": "trying"}[last["status"]]


def _standing_style(channel: Json) -> str:
    return {"works": "green", "last failed": "red", "not set up": "yellow", "trying": "yellow"}.get(
        _standing(channel), "dim"
    )
