"""The three rules, in the order of thought of the original design, over what each model was used for.

    1. Is an expensive model used a lot?        then switch to a cheaper one that may do its work
    2. Are there too many tokens in a call?     then shorten the prompts
    3. Does all the money go to one provider?   then try another

A saving is never a fixed percentage: the tokens that were really used are priced again. Confidence is
closeness × calls / (calls + 50): what the table says of the alternative (or 0.5 for shortening, because
nobody knows yet what can be left out), damped while there are few calls to go by. Nothing here knows
whether an alternative answers as well; every recommendation says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal

from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.usage import TOKEN_CLASSES, TokenUsage

from llmlab_api.recommendations.alternatives import (
    ALTERNATIVES,
    OTHER_PROVIDER,
    Alternative,
    family_of,
    peers_of,
)

MIN_CALLS = 50
MIN_SHARE = Decimal("0.2")
SINGLE_SHARE = Decimal("0.95")
SHORTENING = Decimal("0.5")
HALF_SAMPLE = 50
DAYS = 30
UNMEASURED = "Whether it answers as well was not measured: try it on a part of the traffic first."

Kind = Literal["switch_model", "shorten_prompts", "try_provider"]
# (provider, model, tokens, calls) -> USD, or None without a price.
Reprice = Callable[[str, str, TokenUsage, int], Decimal | None]


@dataclass(frozen=True, slots=True)
class Use:
    """What one model was used for in the period: metered calls whose cost is known, and their sum."""

    provider: str
    model: str
    calls: int
    tokens: TokenUsage
    spend: Decimal

    @property
    def all_tokens(self) -> int:
        return self.tokens.input_tokens + self.tokens.output_tokens


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Advice; `saving` is USD a month, `evidence` the figures that it rests on."""

    kind: Kind
    title: str
    why: str
    saving: Decimal
    confidence: Decimal
    evidence: Mapping[str, Any]

    @property
    def weight(self) -> Decimal:
        return self.confidence * self.saving


def recommend(uses: Sequence[Use], reprice: Reprice, reference_tokens: int) -> list[Recommendation]:
    """Return what can be saved, the surest and largest first; nothing from fewer than 50 calls."""
    if sum(use.calls for use in uses) < MIN_CALLS or not _spend(uses):
        return []
    found = [
        *_switch_models(uses, reprice),
        *_shorten_prompts(uses, reference_tokens),
        *_try_provider(uses, reprice),
    ]
    return sorted(found, key=lambda advice: (-advice.weight, advice.title))


def typical_calls(tokens: TokenUsage, calls: int) -> list[tuple[int, TokenUsage]]:
    """Return (how many, of which tokens): calls as alike as can be, whose tokens add up exactly.

    Sums cannot be priced as if they were one call: a long context is dearer by the token.
    """
    shares = {name: divmod(getattr(tokens, name), calls) for name in TOKEN_CLASSES}
    edges = sorted({0, calls, *(rest for _, rest in shares.values())})
    return [
        (
            until - start,
            TokenUsage(**{name: each + (start < rest) for name, (each, rest) in shares.items()}),
        )
        for start, until in pairwise(edges)
    ]


def confidence(closeness: Decimal, calls: int) -> Decimal:
    """Return closeness × calls / (calls + 50), to two digits."""
    return (closeness * calls / (calls + HALF_SAMPLE)).quantize(Decimal("0.01"))


def _spend(uses: Iterable[Use]) -> Decimal:
    return sum((use.spend for use in uses), Decimal(0))


def _by_family(uses: Iterable[Use]) -> dict[tuple[str, str], list[Use]]:
    families: dict[tuple[str, str], list[Use]] = {}
    for use in uses:
        families.setdefault((use.provider, family_of(use.model)), []).append(use)
    return families


def _switch_models(uses: Sequence[Use], reprice: Reprice) -> list[Recommendation]:
    total = _spend(uses)
    found = []
    for (provider, family), members in _by_family(uses).items():
        calls, spend = sum(use.calls for use in members), _spend(members)
        if calls < MIN_CALLS or spend < MIN_SHARE * total:
            continue
        offers = [
            (alternative, saving)
            for alternative in ALTERNATIVES
            if (alternative.provider, alternative.model) == (provider, family)
            and (saving := _saving(members, provider, alternative.to, reprice)) > 0
        ]
        if offers:
            found.append(_switch(family, members, offers, total))
    return found


def _saving(uses: Iterable[Use], provider: str, model: str, reprice: Reprice) -> Decimal:
    """Return what a model would have saved, 0 if it has no price; fees beside tokens are not saved."""
    saving = Decimal(0)
    for use in uses:
        own = reprice(use.provider, use.model, use.tokens, use.calls)
        other = reprice(provider, model, use.tokens, use.calls)
        if other is None:
            return Decimal(0)
        saving += (use.spend if own is None else min(use.spend, own)) - other
    return saving


def _switch(
    family: str, members: Sequence[Use], offers: Sequence[tuple[Alternative, Decimal]], total: Decimal
) -> Recommendation:
    best, saving = max(offers, key=lambda offer: offer[0].closeness * offer[1])
    calls, spend = sum(use.calls for use in members), _spend(members)
    return Recommendation(
        kind="switch_model",
        title=f"Switch from {family} to {best.to}",
        why=(
            f"{family} took {_percent(spend, total)} of the spend of the last {DAYS} days: {calls} calls, "
            f"{_usd(spend)}. The same tokens on {best.to} cost {_usd(spend - saving)}. {best.reason}. "
            f"{UNMEASURED}"
        ),
        saving=saving,
        confidence=confidence(best.closeness, calls),
        evidence={
            "provider": best.provider,
            "model": family,
            "to": best.to,
            "calls": calls,
            "spend": to_wire(spend),
            "share_of_spend": _ratio(spend, total),
            "cost_on_alternative": to_wire(spend - saving),
            "tokens": _tokens(members),
            "alternatives": [
                {"model": other.to, "saving_month": to_wire(amount), "closeness": to_wire(other.closeness)}
                for other, amount in offers
            ],
        },
    )


def _shorten_prompts(uses: Sequence[Use], reference: int) -> list[Recommendation]:
    calls, tokens = sum(use.calls for use in uses), sum(use.all_tokens for use in uses)
    if tokens <= reference * calls:
        return []
    long = [use for use in uses if use.all_tokens > reference * use.calls]
    saving = sum(
        (use.spend * (use.all_tokens - reference * use.calls) / use.all_tokens for use in long), Decimal(0)
    )
    if saving <= 0:
        return []
    average = Decimal(tokens) / calls
    return [
        Recommendation(
            kind="shorten_prompts",
            title="Shorten the prompts",
            why=(
                f"A call takes {_whole(average)} tokens on average, {_whole(average - reference)} above the "
                f"reference of {_whole(Decimal(reference))}. What lies above it cost {_usd(saving)} in "
                f"{DAYS} days, at the price that each model's tokens had. How much of it can be left out "
                "was not measured."
            ),
            saving=saving,
            confidence=confidence(SHORTENING, calls),
            evidence={
                "calls": calls,
                "tokens_per_call": str(average.quantize(Decimal("0.1"))),
                "reference_tokens_per_call": reference,
                "models": [
                    {
                        "provider": use.provider,
                        "model": use.model,
                        "calls": use.calls,
                        "tokens_above": use.all_tokens - reference * use.calls,
                        "spend": to_wire(use.spend),
                    }
                    for use in long
                ],
            },
        )
    ]


def _try_provider(uses: Sequence[Use], reprice: Reprice) -> list[Recommendation]:
    total = _spend(uses)
    providers = sorted({use.provider for use in uses})
    single = next(
        (p for p in providers if _spend(u for u in uses if u.provider == p) >= SINGLE_SHARE * total), None
    )
    if single is None:
        return []
    own = [use for use in uses if use.provider == single]
    spend, calls = _spend(own), sum(use.calls for use in own)
    offers: dict[str, list[tuple[Use, str, Decimal]]] = {}
    for use in own:
        peers = peers_of(single, family_of(use.model))
        for provider, model in peers.stand_in.items() if peers else ():
            if provider != single and (saving := _saving([use], provider, model, reprice)) > 0:
                offers.setdefault(provider, []).append((use, model, saving))
    if not offers:
        return []
    provider, moves = max(offers.items(), key=lambda offer: sum(saving for _, _, saving in offer[1]))
    saving = sum((amount for _, _, amount in moves), Decimal(0))
    models = ", ".join(f"{use.model} by {model}" for use, model, _ in moves)
    return [
        Recommendation(
            kind="try_provider",
            title=f"Try {provider}",
            why=(
                f"{_percent(spend, total)} of the spend of the last {DAYS} days went to {single}. The same "
                f"tokens at {provider} ({models}) cost {_usd(saving)} less. {UNMEASURED} Providers also cut "
                "the same text into different numbers of tokens."
            ),
            saving=saving,
            confidence=confidence(OTHER_PROVIDER, calls),
            evidence={
                "provider": single,
                "to": provider,
                "calls": calls,
                "spend": to_wire(spend),
                "share_of_spend": _ratio(spend, total),
                "models": [
                    {
                        "model": use.model,
                        "to": model,
                        "calls": use.calls,
                        "spend": to_wire(use.spend),
                        "saving_month": to_wire(amount),
                    }
                    for use, model, amount in moves
                ],
            },
        )
    ]


def _tokens(uses: Sequence[Use]) -> dict[str, int]:
    totals = {name: sum(getattr(use.tokens, name) for use in uses) for name in TOKEN_CLASSES}
    return {name: count for name, count in totals.items() if count}


def _ratio(part: Decimal, whole: Decimal) -> str:
    return to_wire((part / whole).quantize(Decimal("0.0001")))


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{(100 * part / whole).quantize(Decimal('0.1'))}%"


def _whole(number: Decimal) -> str:
    return f"{number.quantize(Decimal(1)):,}"


def _usd(amount: Decimal) -> str:
    return f"${amount.quantize(Decimal('0.01')):,}"
