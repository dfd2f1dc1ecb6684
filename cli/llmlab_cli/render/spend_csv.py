"""`llmlab status --csv`: one row an amount, in columns that stay, for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from llmlab_cli.report import DIMENSIONS, Report

Json = Mapping[str, Any]
FIGURES = ("spend", "events", "tokens")
COLUMNS = ("by", "name", *FIGURES)


def spend_csv(report: Report) -> str:
    """Return the report as CSV: a column for each grouping, or `by` and `name` where none was asked for.

    Amounts are exact US dollars. What has no known cost has none here either: its `spend` is empty.
    """
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    if report.group_by:
        out.writerow((*report.group_by, *FIGURES))
        unknown = _events_by(report.unknown, report.group_by)
        for row in report.summary["groups"]:
            names = tuple(row["keys"].get(key) or "" for key in report.group_by)
            out.writerow((*names, *_figures(row, unknown.get(names, 0))))
    else:
        out.writerow(COLUMNS)
        out.writerows(_rows(report))
    return text.getvalue()


def _rows(report: Report) -> Iterator[Sequence[object]]:
    summary = report.summary
    total = {
        "spend": summary["total_spend"],
        "events": summary["counts"]["events"],
        "tokens": sum(int(summary["tokens"].get(t) or 0) for t in ("input_tokens", "output_tokens")),
    }
    lacking = report.unknown or {}
    yield "total", "", *_figures(total, int((lacking.get("counts") or {}).get("events") or 0))
    by_time = {bucket["bucket"]: int(bucket["events"]) for bucket in lacking.get("trends") or ()}
    for bucket in summary["trends"]:
        name = "hour" if "T" in bucket["bucket"] else "day"
        spend, events, _ = _figures({**bucket, "tokens": ""}, by_time.get(bucket["bucket"], 0))
        yield name, bucket["bucket"], spend, events, ""
    for part, name_of in (
        ("by_provider", lambda row: row["provider"]),
        ("by_model", lambda row: f"{row['provider']}/{row['model']}"),
    ):
        unknown = {name_of(row): row["events"] for row in lacking.get(part) or ()}
        for row in summary[part]:
            name = name_of(row)
            yield part.removeprefix("by_"), name, *_figures(row, unknown.get(name, 0))
    for dimension in DIMENSIONS:
        unknown = {row["keys"][dimension]: row["events"] for row in report.unknown_groups.get(dimension, ())}
        for row in report.groups.get(dimension, ()):
            name = row["keys"][dimension]
            yield dimension, name, *_figures(row, unknown.get(name, 0))


def _events_by(summary: Json | None, keys: Sequence[str]) -> dict[tuple[str, ...], int]:
    rows = (summary or {}).get("groups") or ()
    return {tuple(row["keys"].get(key) or "" for key in keys): int(row["events"]) for row in rows}


def _figures(row: Json, unknown: int) -> tuple[object, object, object]:
    nothing_known = unknown and not Decimal(row["spend"])
    return "" if nothing_known else row["spend"], row["events"], row["tokens"]
