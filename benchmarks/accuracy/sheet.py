"""What one source scored, fresh from its verdicts or as it was recorded: other tools are not asked again
by every test, and cannot be without a network."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from llmlab_shared.domain.money import to_wire

from benchmarks.accuracy.score import Group, Score, Verdict, by_group

RECORDED: Final = Path(__file__).parent / "yardsticks.json"
# Of these kinds each case is shown on a line of its own.
SHOWN_BY_CASE: Final = ("contested", "built")


@dataclass(frozen=True)
class Sheet:
    """The figures of one source: by group, and what it says of each case that is shown by itself.

    `absent` is why there are none: the source could not be had.
    """

    name: str
    scores: dict[Group, Score] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    absent: str | None = None

    def total(self, kind: str | None = None) -> Score:
        """Return the figures of one kind, or of all."""
        return sum((score for group, score in self.scores.items() if kind in (None, group[0])), Score())


def sheet(name: str, verdicts: Sequence[Verdict]) -> Sheet:
    """Return what a source scored by its verdicts."""
    answers = {v.case.name: _shown(v) for v in verdicts if v.case.kind in SHOWN_BY_CASE}
    return Sheet(name, by_group(verdicts), answers)


def _shown(verdict: Verdict) -> str:
    return verdict.outcome if verdict.named is None else f"{verdict.outcome}, ${to_wire(verdict.named)}"


def write_sheets(sheets: Sequence[Sheet], path: Path = RECORDED) -> None:
    """Keep what these sources scored."""
    # A line for each group, so that a difference between two runs can be read.
    lines = []
    for sheet in sheets:
        head, *groups = [json.dumps(part) for part in _as_json(sheet)]
        lines.append(" [" + ",\n  ".join([head, *groups]) + "]")
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def read_sheets(path: Path = RECORDED) -> list[Sheet]:
    """Return what was kept last."""
    return [_from_json(row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _as_json(sheet: Sheet) -> list[dict[str, Any]]:
    scores = [
        {
            "group": list(group),
            "answers": [score.exact, score.unpriced, score.wrong],
            "usd_wrong": to_wire(score.off),
            "usd_true": to_wire(score.spend),
        }
        for group, score in sorted(sheet.scores.items())
    ]
    answers = [{"case": case, "answer": answer} for case, answer in sheet.answers.items()]
    return [{"source": sheet.name, "absent": sheet.absent}, *scores, *answers]


def _from_json(parts: list[dict[str, Any]]) -> Sheet:
    head, *rest = parts
    scores: dict[Group, Score] = {}
    answers: dict[str, str] = {}
    for entry in rest:
        if "case" in entry:
            answers[entry["case"]] = entry["answer"]
        else:
            kind, provider, shape = entry["group"]
            amounts = Decimal(entry["usd_wrong"]), Decimal(entry["usd_true"])
            scores[kind, provider, shape] = Score(*entry["answers"], *amounts)
    return Sheet(head["source"], scores, answers, head["absent"])
