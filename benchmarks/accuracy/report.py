"""The figures for people and for machines: docs/accuracy.md, the same on a terminal, JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from llmlab_shared.domain.money import from_pico, to_pico, to_wire
from provider_calls import ProviderCall

from benchmarks.accuracy.score import Score, Verdict, score, shape

_SHOWN: Final = Decimal("0.000001")
_FIGURES: Final = ("cases", "exact", "unpriced", "wrong", "$ wrong per $1,000")

_INTRODUCTION: Final = """\
# How exact the costs are

Written by `make accuracy`; edit nothing here. Prices: {catalogue} with LLMLab's overrides.

{cases} recorded responses of providers ({streamed} of them streamed, {first} to {last}) are priced, each at
its own time, by the worker's own way from an event's bytes to its cost. Each answer is compared with the
true cost, ${spend} in all. *Exact* is equal to the last of twelve decimals, rounded half-even, for
the tokens and for the fees of tools. *Unpriced* is an answer that names no cost. *Wrong* is every other: a
confident figure that is not the true one. genai-prices prices the same responses by its own `extract_usage`
and `calc_price`, told the provider, the API, the model and the service tier.
"""
_LIMITS: Final = """\
## What this does not show

- The true costs of tokens are those on which two price lists and two independent readings of the usage
  agree; fees of tools come from one list. Where lists disagree, these cases say nothing; and LLMLab's prices
  start from genai-prices' list, so on such cases the two can hardly differ.
- A provider or an API that the table does not name has no case here.
- A response is recorded by its usage object. What a provider charges and leaves out of that object, such as
  OpenAI's fee for a web or file search, is no part of the true cost here.
"""


@dataclass(frozen=True)
class Result:
    """The verdicts of one run by source, LLMLab's first, and the catalogue they were made with."""

    catalogue: str
    verdicts: dict[str, list[Verdict]]

    @property
    def ours(self) -> list[Verdict]:
        """LLMLab's own verdicts."""
        return next(iter(self.verdicts.values()))

    @property
    def calls(self) -> list[ProviderCall]:
        """The recorded calls, in the order in which they were priced."""
        return [verdict.call for verdict in self.ours]

    def scores(self, wanted: tuple[str, str] | None = None) -> dict[str, Score]:
        """Return the figures of every source: of all calls, or of one provider and API."""
        return {
            name: score([verdict for verdict in verdicts if wanted in (None, shape(verdict.call))])
            for name, verdicts in self.verdicts.items()
        }

    def shapes(self) -> list[tuple[str, str]]:
        """The providers and APIs that have cases, sorted."""
        return sorted({shape(call) for call in self.calls})

    def not_exact(self) -> list[tuple[str, Verdict]]:
        """Every answer that is not exact, with the source that gave it."""
        return [
            (name, verdict)
            for name, verdicts in self.verdicts.items()
            for verdict in verdicts
            if verdict.outcome != "exact"
        ]


def dollars(amount: Decimal) -> str:
    """Return an amount with six decimals at most; one that is not zero never reads as zero."""
    shown = amount.quantize(_SHOWN, ROUND_HALF_EVEN)
    return f"< {_SHOWN}" if amount and not shown else to_wire(shown)


# ── for people ────────────────────────────────────────────────────────────────────────────────────────


def totals_table(result: Result) -> list[list[str]]:
    """Return a row for each source, the headings first."""
    return [["source", *_FIGURES], *([name, *_row(figures)] for name, figures in result.scores().items())]


def shapes_table(result: Result) -> list[list[str]]:
    """Return a row for each provider, API and source, the headings first."""
    rows = [["provider", "API", "source", *_FIGURES]]
    for wanted in result.shapes():
        rows += [[*wanted, name, *_row(figures)] for name, figures in result.scores(wanted).items()]
    return rows


def not_exact_table(result: Result) -> list[list[str]]:
    """Return a row for each answer that is not exact, the headings first."""
    rows = [["source", "provider", "API", "model", "response", "time", "outcome", "$ wrong", "reason"]]
    for name, verdict in result.not_exact():
        call = verdict.call
        rows.append(
            [
                name,
                *shape(call),
                call.model,
                call.response_id or "–",
                call.timestamp,
                verdict.outcome,
                dollars(verdict.off),
                verdict.reason,
            ]
        )
    return rows


def as_document(result: Result) -> str:
    """Return the text of docs/accuracy.md: the same for the same prices and cases, wherever it is made."""
    calls = result.calls
    days = sorted(call.timestamp[:10] for call in calls)
    introduction = _INTRODUCTION.format(
        catalogue=result.catalogue,
        cases=len(calls),
        streamed=sum(call.streaming for call in calls),
        first=days[0],
        last=days[-1],
        spend=to_wire(score(result.ours).spend),
    )
    listed = not_exact_table(result)
    return (
        "\n".join(
            [
                introduction,
                _markdown(totals_table(result), numbers_from=1),
                "## By provider and API\n",
                _markdown(shapes_table(result), numbers_from=3),
                "## Every answer that is not exact\n",
                _markdown(listed, numbers_from=len(listed[0])) if len(listed) > 1 else "None.\n",
                _LIMITS,
            ]
        ).rstrip("\n")
        + "\n"
    )


def _row(figures: Score) -> list[str]:
    counts = (figures.cases, figures.exact, figures.unpriced, figures.wrong)
    return [*map(str, counts), dollars(figures.off_per_thousand)]


def _markdown(rows: Sequence[Sequence[str]], *, numbers_from: int) -> str:
    rule = ["---:" if column >= numbers_from else "---" for column in range(len(rows[0]))]
    return "".join(_line(cells) for cells in (rows[0], rule, *rows[1:]))


def _line(cells: Iterable[str]) -> str:
    plain = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(plain)} |\n"


# ── for machines ──────────────────────────────────────────────────────────────────────────────────────


def as_json(result: Result) -> str:
    """Return everything as JSON; amounts are decimal strings of US dollars."""
    shapes = [
        {
            "provider": provider,
            "api": api,
            "sources": _figures(result.scores((provider, api))),
        }
        for provider, api in result.shapes()
    ]
    listed = [
        {
            "source": name,
            "provider": verdict.call.provider,
            "api": shape(verdict.call)[1],
            "model": verdict.call.model,
            "response_id": verdict.call.response_id,
            "timestamp": verdict.call.timestamp,
            "outcome": verdict.outcome,
            "usd_wrong": to_wire(verdict.off),
            "reason": verdict.reason,
        }
        for name, verdict in result.not_exact()
    ]
    document = {
        "catalogue": result.catalogue,
        "sources": _figures(result.scores()),
        "shapes": shapes,
        "not_exact": listed,
    }
    return json.dumps(document, indent=1)


def _figures(scores: dict[str, Score]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "cases": figures.cases,
            "exact": figures.exact,
            "unpriced": figures.unpriced,
            "wrong": figures.wrong,
            "usd_wrong": to_wire(figures.off),
            "usd_true": to_wire(figures.spend),
            "usd_wrong_per_1000": to_wire(from_pico(to_pico(figures.off_per_thousand))),
        }
        for name, figures in scores.items()
    }
