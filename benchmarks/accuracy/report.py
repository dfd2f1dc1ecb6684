"""The figures for people: docs/accuracy.md, and the same on a terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from llmlab_shared.domain.money import to_wire

from benchmarks.accuracy.cases import KINDS
from benchmarks.accuracy.prose import CASES, INTRODUCTION, KIND_TEXTS, LIMITS
from benchmarks.accuracy.score import Group, Score, Verdict, score
from benchmarks.accuracy.sheet import SHOWN_BY_CASE, Sheet

_SHOWN: Final = Decimal("0.000001")
_FIGURES: Final = ("cases", "exact", "unpriced", "wrong", "$ wrong per $1,000")


@dataclass(frozen=True)
class Result:
    """One run: LLMLab's verdicts, the figures of every source, its own first, and the catalogue."""

    catalogue: str
    verdicts: list[Verdict]
    sheets: list[Sheet]

    def groups(self) -> list[Group]:
        """The groups that have cases, in the order of the kinds, then sorted."""
        return sorted(self.sheets[0].scores, key=lambda group: (KINDS.index(group[0]), *group))

    def not_exact(self) -> list[Verdict]:
        """Every answer of LLMLab's that is not exact."""
        return [verdict for verdict in self.verdicts if verdict.outcome != "exact"]


def dollars(amount: Decimal) -> str:
    """Return an amount with six decimals at most; one that is not zero never reads as zero."""
    shown = amount.quantize(_SHOWN, ROUND_HALF_EVEN)
    return f"< {_SHOWN}" if amount and not shown else to_wire(shown)


def totals_table(result: Result) -> list[list[str]]:
    """Return a row for each kind of cases and each source, the headings first."""
    rows = [["cases", "source", *_FIGURES[1:], "of cases"]]
    for kind in (*KINDS, None):
        for sheet in result.sheets:
            rows.append([kind or "all", sheet.name, *_row(sheet, sheet.total(kind))])
    return rows


def shapes_table(result: Result) -> list[list[str]]:
    """Return a row for each provider and shape, a column for each source, the headings first."""
    rows = [["cases", "provider", "shape", "number", *(sheet.name for sheet in result.sheets)]]
    for group in result.groups():
        cases = result.sheets[0].scores[group].cases
        rows.append([*group, str(cases), *(_cell(sheet, group) for sheet in result.sheets)])
    return rows


def cases_table(result: Result, kind: str) -> list[list[str]]:
    """Return a row for each case of a kind, the headings first: what is true, why, and who says so."""
    rows = [["case", "model", "true cost", *(sheet.name for sheet in result.sheets), "source"]]
    for verdict in result.verdicts:
        case = verdict.case
        if case.kind == kind:
            true = f"${to_wire(case.cost.tokens)}" if case.cost else "not settled"
            answers = [sheet.answers.get(case.name, "–") for sheet in result.sheets]
            rows.append([case.name, f"{case.provider} {case.model}", true, *answers, case.source])
    return rows


def not_exact_table(result: Result) -> list[list[str]]:
    """Return a row for each answer of LLMLab's that is not exact, the headings first."""
    rows = [["cases", "provider", "shape", "model", "case", "time", "outcome", "$ wrong", "reason"]]
    for verdict in result.not_exact():
        case = verdict.case
        rows.append(
            [
                case.kind,
                case.provider,
                case.shape,
                case.model,
                case.name,
                case.timestamp,
                verdict.outcome,
                dollars(verdict.off),
                verdict.reason,
            ]
        )
    return rows


def as_document(result: Result) -> str:
    """Return the text of docs/accuracy.md: the same for the same prices and cases, wherever it is made."""
    recorded = [verdict.case.recorded for verdict in result.verdicts if verdict.case.recorded]
    days = sorted(call.timestamp[:10] for call in recorded)
    introduction = INTRODUCTION.format(
        catalogue=result.catalogue,
        cases=len(result.verdicts),
        spend=dollars(score(result.verdicts).spend),
    )
    kinds = KIND_TEXTS.format(
        recorded=len(recorded),
        streamed=sum(call.streaming for call in recorded),
        first=days[0] if days else "–",
        last=days[-1] if days else "–",
    )
    listed = not_exact_table(result)
    parts = [
        introduction,
        _markdown(totals_table(result), numbers_from=2),
        kinds,
        "## By provider and shape\n",
        "Exact / unpriced / wrong, and the dollars wrong per $1,000.\n",
        _markdown(shapes_table(result), numbers_from=3),
        "## Every answer of LLMLab's that is not exact\n",
        _markdown(listed, numbers_from=len(listed[0])) if len(listed) > 1 else "None.\n",
    ]
    for kind in SHOWN_BY_CASE:
        parts += [CASES[kind], _markdown(cases_table(result, kind), numbers_from=len(result.sheets) + 4)]
    return "\n".join([*parts, LIMITS]).rstrip("\n") + "\n"


def _row(sheet: Sheet, figures: Score) -> list[str]:
    if sheet.absent:
        return [sheet.absent, "–", "–", "–", "–"]
    counts = (figures.exact, figures.unpriced, figures.wrong)
    return [*map(str, counts), dollars(figures.off_per_thousand), str(figures.cases)]


def _cell(sheet: Sheet, group: Group) -> str:
    figures = sheet.scores.get(group)
    if figures is None:
        return "–"
    counts = f"{figures.exact} / {figures.unpriced} / {figures.wrong}"
    return f"{counts}, {dollars(figures.off_per_thousand)}" if figures.wrong else counts


def _markdown(rows: Sequence[Sequence[str]], *, numbers_from: int) -> str:
    rule = ["---:" if column >= numbers_from else "---" for column in range(len(rows[0]))]
    return "".join(_line(cells) for cells in (rows[0], rule, *rows[1:]))


def _line(cells: Iterable[str]) -> str:
    plain = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(plain)} |\n"
