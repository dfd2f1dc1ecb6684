"""What `llmlab deadletters ls` and `show` print: what the letters died of, and which died last."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from llmlab_cli.render import figures
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen
from llmlab_shared.db.dead_letters import Reason
from llmlab_shared.domain.dead_letters import head_of, letter_id, shown_body
from rich.console import Group, RenderableType
from rich.text import Text

# A terminal this wide, and any pipe, holds an id and what it is of in one line.
_TABLES_FROM = 110
_NO_LETTERS = "No dead letters: every event that was accepted is written, or on its way."


def letter_list(
    letters: int,
    reasons: Sequence[Reason],
    rows: Sequence[Mapping[str, Any]],
    *,
    replayed: bool,
    screen: Screen,
) -> RenderableType:
    """Return the reasons with their counts, and the letters that died last."""
    if not letters:
        return Text("No dead letter has been replayed." if replayed else _NO_LETTERS)
    what = "replayed before" if replayed else "in no total until they are replayed"
    parts: list[RenderableType] = [
        Text.assemble((figures.plural(letters, "dead letter"), "bold"), f", {what}"),
        Text(),
        _reasons(letters, reasons, screen),
        Text(),
        _letters(rows, screen),
    ]
    if not replayed:
        parts += [
            Text(),
            Text("`llmlab deadletters show ID` tells all of one; once the cause is mended,", "dim"),
            Text("`llmlab deadletters replay` writes them.", "dim"),
        ]
    return Group(*parts)


def _reasons(letters: int, reasons: Sequence[Reason], screen: Screen) -> RenderableType:
    """Return a line for each reason; on a narrow terminal with what it says beneath, never cut."""
    table = plain_table()
    table.add_column("Letters", justify="right", no_wrap=True)
    stacked = _is_narrow(screen)
    for title in ("Code",) if stacked else ("Code", "Since", "Last"):
        table.add_column(title, no_wrap=not stacked, overflow="fold")
    if not stacked:
        table.add_column("Reason", overflow="fold", no_wrap=screen.width is None)
    for reason in reasons:
        first, last = _at(reason.first), _at(reason.last)
        what = Text(figures.clean(reason.reason))
        if stacked:
            since = f"since {first}" if first == last else f"since {first}, the last {last}"
            told = Text.assemble(reason.code, (f", {since}", "dim"), "\n", what)
            table.add_row(Text(figures.count(reason.letters)), told)
        else:
            table.add_row(*map(Text, (figures.count(reason.letters), reason.code, first, last)), what)
    if (rest := letters - sum(reason.letters for reason in reasons)) > 0:
        table.add_row(Text(figures.count(rest)), Text("others"), style="dim")
    return table


def _letters(rows: Sequence[Mapping[str, Any]], screen: Screen) -> RenderableType:
    """Return what died last, a row each; on a narrow terminal the id with the rest beneath it."""
    table = plain_table()
    stacked = _is_narrow(screen)
    for title in ("Newest",) if stacked else ("Newest", "Workspace", "Code", "Of"):
        table.add_column(title, no_wrap=not stacked, overflow="fold")
    for row in rows:
        name, owner = letter_id(row["entry"], row["index"]), str(row["workspace_id"] or "?")
        if stacked:
            beneath = f"  workspace {owner}, {row['code']}: {head_of(row['body'])}"
            table.add_row(Text.assemble(name, "\n", (beneath, "dim")))
        else:
            table.add_row(*map(Text, (name, owner, row["code"], head_of(row["body"]))))
    return table


def _is_narrow(screen: Screen) -> bool:
    return screen.width is not None and screen.width < _TABLES_FROM


def one_letter(row: Mapping[str, Any]) -> RenderableType:
    """Return everything of a letter but the words of its caller."""
    table = plain_table()
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    workspace = (
        f"{row['workspace_id']} ({figures.clean(row['workspace'])})" if row["workspace"] else "unknown"
    )
    lines = {
        "Id": letter_id(row["entry"], row["index"]),
        "Workspace": workspace,
        "API key": str(row["api_key_id"] or "unknown"),
        "Received": _at(row["received_at"]),
        "Died": _at(row["died_at"]),
        "Replayed": _at(row["replayed_at"]) if row["replayed_at"] else "not yet",
        "Code": row["code"],
        "Reason": row["reason"],
        "Defaults": f"{len(row['defaults'])} bytes of the key's own" if row["defaults"] else "none",
    }
    for name, value in lines.items():
        table.add_row(Text(name), Text(figures.clean(value)))
    body = json.dumps(shown_body(row["body"]), indent=2, ensure_ascii=False, default=str)
    return Group(table, Text(), Text(body))


def _at(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
