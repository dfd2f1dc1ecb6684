"""Reading what was used, pricing it again, and shaping the advice for the wire."""

from decimal import Decimal
from typing import Any

from llmlab_shared import clock
from llmlab_shared.db.repositories.costs import (
    ModelUse,
    Question,
    read_calendar,
    read_model_use,
    read_snapshot,
)
from llmlab_shared.domain.money import DECIMALS, from_pico, to_wire
from llmlab_shared.domain.ranges import resolve_span
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator

from llmlab_api.costs.timeouts import refuse_when_slow
from llmlab_api.costs.tokens import token_classes
from llmlab_api.recommendations.rules import Recommendation, Reprice, Use, recommend, typical_calls
from llmlab_api.services import Services

_TIMEOUT_MS = 10_000


async def recommendations(services: Services, workspace_id: int) -> list[dict[str, Any]]:
    """Return a workspace's recommendations from its last 30 days, the best first."""
    with refuse_when_slow():
        async with read_snapshot(services.engine, _TIMEOUT_MS) as connection:
            calendar = await read_calendar(connection, workspace_id)
            span = resolve_span(None, None, calendar.zone, clock.now())
            used = await read_model_use(connection, Question(workspace_id, span, {}), calendar.zone)
            calculator = await services.prices.calculator(connection, workspace_id)
            # Before anything is awaited: another request may read the book anew.
            found = recommend(
                [_use(row) for row in used],
                _repricing(calculator, workspace_id),
                services.settings.reference_tokens_per_call,
            )
    return [_wire(advice) for advice in found]


def _use(row: ModelUse) -> Use:
    classes = token_classes(row.tokens)
    tokens = TokenUsage(**{name: classes[name] or 0 for name in TokenUsage.__struct_fields__})
    return Use(row.provider, row.model, row.events, tokens, row.spend)


def _repricing(calculator: CostCalculator, workspace_id: int) -> Reprice:
    now = clock.now_us()

    def reprice(provider: str, model: str, tokens: TokenUsage, calls: int) -> Decimal | None:
        pico = 0
        for count, each in typical_calls(tokens, calls):
            quote = calculator.price(workspace_id, provider, model, each, None, now)
            if quote is None:
                return None
            pico += count * quote.computed_pico
        return from_pico(pico)

    return reprice


def _wire(advice: Recommendation) -> dict[str, Any]:
    return {
        "kind": advice.kind,
        "title": advice.title,
        "why": advice.why,
        "saving_month": to_wire(advice.saving.quantize(Decimal(1).scaleb(-DECIMALS))),
        "confidence": float(advice.confidence),
        "evidence": dict(advice.evidence),
    }
