"""The figures for machines: JSON whose amounts are decimal strings of US dollars."""

import json
from typing import Any

from llmlab_shared.domain.money import from_pico, to_pico, to_wire

from benchmarks.accuracy.cases import KINDS
from benchmarks.accuracy.report import Result
from benchmarks.accuracy.score import Score
from benchmarks.accuracy.sheet import Sheet


def as_json(result: Result) -> str:
    """Return everything there is to say about a run."""
    document = {
        "catalogue": result.catalogue,
        "sources": {sheet.name: _source(sheet) for sheet in result.sheets},
        "not_exact": [
            {
                "kind": verdict.case.kind,
                "shape": verdict.case.shape,
                "name": verdict.case.name,
                "provider": verdict.case.provider,
                "model": verdict.case.model,
                "timestamp": verdict.case.timestamp,
                "outcome": verdict.outcome,
                "usd_wrong": to_wire(verdict.off),
                "reason": verdict.reason,
            }
            for verdict in result.not_exact()
        ],
    }
    return json.dumps(document, indent=1)


def _source(sheet: Sheet) -> dict[str, Any]:
    if sheet.absent:
        return {"absent": sheet.absent}
    return {
        "all": _figures(sheet.total()),
        "kinds": {kind: _figures(sheet.total(kind)) for kind in KINDS},
        "groups": [
            {"kind": kind, "provider": provider, "shape": shape, **_figures(score)}
            for (kind, provider, shape), score in sorted(sheet.scores.items())
        ],
    }


def _figures(score: Score) -> dict[str, Any]:
    return {
        "cases": score.cases,
        "exact": score.exact,
        "unpriced": score.unpriced,
        "wrong": score.wrong,
        "usd_wrong": to_wire(score.off),
        "usd_true": to_wire(score.spend),
        "usd_wrong_per_1000": to_wire(from_pico(to_pico(score.off_per_thousand))),
    }
