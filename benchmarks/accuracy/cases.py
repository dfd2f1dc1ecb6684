"""The calls whose true cost is known: recorded, stated in fixtures, or derived from the catalogue's history.

A case counts its tokens by class, because what is measured here are prices: whoever prices it is told
provider, model, instant, classes and context, and need not guess any of them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

from llmlab_shared.clock import to_us
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.providers.base import canonical_api
from provider_calls import FIXTURES, ProviderCall, all_calls

Kind = Literal["agreement", "dated", "contested", "built"]
KINDS: Final[tuple[Kind, ...]] = ("agreement", "dated", "contested", "built")
PRICES: Final = FIXTURES / "prices"
_MILLION: Final = 10**6


@dataclass(frozen=True)
class Cost:
    """What a call costs in US dollars: its tokens, and the fees of the tools it used."""

    tokens: Decimal
    tools: Decimal = Decimal(0)


@dataclass(frozen=True)
class Case:
    """One call and its true cost; None where no source settles it, and only naming no cost is right.

    `shape` groups cases of a kind: the API of a recorded response, what is special about another. `source`
    is where the price stands and when that was checked. `says` are the costs that other sources name (None:
    none), where they disagree. `recorded` is the response, where there is one.
    """

    kind: Kind
    shape: str
    name: str
    provider: str
    model: str
    timestamp: str
    tokens: TokenUsage
    cost: Cost | None
    source: str = ""
    service_tier: str | None = None
    processing: str | None = None
    region: str | None = None
    units: dict[str, int] = field(default_factory=dict)
    says: dict[str, str | None] = field(default_factory=dict)
    recorded: ProviderCall | None = None

    @property
    def at(self) -> datetime:
        """When the call was made."""
        return datetime.fromisoformat(self.timestamp)

    @property
    def at_us(self) -> int:
        """The same in microseconds."""
        return to_us(self.at)


def recorded_cases(calls: Iterable[ProviderCall] | None = None) -> list[Case]:
    """Return the recorded responses, on whose costs two price lists agree."""
    return [
        Case(
            kind="agreement",
            shape=canonical_api(call.api) or call.api,
            name=call.response_id or "–",
            provider=call.provider,
            model=call.model,
            timestamp=call.timestamp,
            tokens=TokenUsage(**call.expected_tokens),
            cost=Cost(Decimal(call.expected_computed_cost), Decimal(call.expected_tool_cost)),
            service_tier=call.service_tier,
            units=call.expected_units or {},
            recorded=call,
        )
        for call in (all_calls() if calls is None else calls)
    ]


def stated_cases(kind: Kind, path: Path | None = None) -> list[Case]:
    """Return the cases of a fixture, one JSON object a line.

    `rates` are the true prices in USD per million tokens of each class in use, at the size of this call;
    null: no source settles them. The cost is theirs, so that a reader needs only the price page.
    Raises `ValueError` naming the line that cannot be a case.
    """
    cases = []
    file = path or PRICES / f"{kind}.jsonl"
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            cases.append(_stated(kind, json.loads(line)))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ValueError(f"{file.name}, line {number}: {type(error).__name__}: {error}") from None
    return cases


def _stated(kind: Kind, row: dict[str, Any]) -> Case:
    tokens: dict[str, int] = row["tokens"]
    rates: dict[str, str] | None = row["rates"]
    if not isinstance(tokens, dict):
        raise ValueError(f"tokens must be counts by class, not {tokens!r}")
    if rates is not None and rates.keys() != tokens.keys():
        raise ValueError(f"rates are of {', '.join(rates)}; tokens of {', '.join(tokens)}")
    return Case(
        kind=kind,
        shape=row["shape"],
        name=row["name"],
        provider=row["provider"],
        model=row["model"],
        timestamp=row["at"],
        tokens=TokenUsage(**tokens),
        cost=None if rates is None else Cost(priced(tokens, rates)),
        source=f"{row['source']} ({row['checked']})",
        service_tier=row.get("service_tier"),
        processing=row.get("processing"),
        region=row.get("region"),
        says=row.get("says", {}),
    )


def priced(tokens: dict[str, int], rates: dict[str, str]) -> Decimal:
    """Return what tokens cost at rates in USD per million."""
    return sum((Decimal(rates[name]) * count for name, count in tokens.items()), Decimal(0)) / _MILLION
