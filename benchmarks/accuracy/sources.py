"""Who prices the recorded responses: LLMLab as a worker does it, and genai-prices by its own functions."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import msgspec
from llmlab_shared.domain.money import from_pico
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.providers.factory import get_provider
from llmlab_shared.queue.entry import Entry
from llmlab_worker.pipeline.decode import decode
from llmlab_worker.pipeline.normalise import Quarantined, normalise
from llmlab_worker.pipeline.price import price
from provider_calls import ProviderCall

from benchmarks.accuracy.score import Cost, Unpriced

_WORKSPACE: Final = 1
# Numbers of a usage object, such as OpenRouter's `cost`, must reach the adapters digit by digit.
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Source(Protocol):
    """Something that says what a call costs."""

    name: str

    def price(self, call: ProviderCall) -> Cost | Unpriced:
        """Return the cost of a recorded call at its own instant, or why there is none."""
        ...


class LLMLab:
    """The worker's own way from an event's bytes to its cost, by the prices of a database."""

    name = "LLMLab"

    def __init__(self, calculator: CostCalculator) -> None:
        self._calculator = calculator

    def price(self, call: ProviderCall) -> Cost | Unpriced:
        """Return what an event with this response's usage is charged by the price book."""
        decoded = decode(_entry(call))
        if decoded.poison:
            return Unpriced(decoded.poison[0].reason)
        (stored,) = decoded.calls
        provider = get_provider(call.provider)
        used = normalise(stored.event, provider)
        if used is None:
            return Unpriced("no usage found")
        if isinstance(used, Quarantined):
            return Unpriced(f"quarantined: {used.reason}")
        priced = price(self._calculator, _WORKSPACE, provider.id, stored, used)
        if priced.computed is None:
            return Unpriced("no price covers it")
        return Cost(from_pico(priced.computed), from_pico(priced.tool or 0))


def _entry(call: ProviderCall) -> Entry:
    event = {
        "timestamp": call.timestamp,
        "provider": call.provider,
        "model": call.model,
        "api": call.api,
        "usage": call.usage,
        "service_tier": call.service_tier,
        "response_id": call.response_id,
    }
    return Entry(
        id=UUID(int=0),
        workspace_id=_WORKSPACE,
        api_key_id=1,
        at_us=call.at_us,
        events=1,
        body=_encode({"events": [event]}),
    )


class GenaiPrices:
    """genai-prices as its users call it: `extract_usage` on the response, `calc_price` on what that finds.

    It is told provider, API and model, and the service tier where the response names one.
    """

    name = "genai-prices"

    _flavours: Mapping[str, str] = {"chat": "chat", "responses": "responses"}

    def price(self, call: ProviderCall) -> Cost | Unpriced:
        """Return what genai-prices makes of the response; fees are what it charges beside tokens."""
        # Here, because it takes half a second.
        from genai_prices import calc_price, extract_usage

        names = ("modelVersion", "usageMetadata") if call.provider == "google" else ("model", "usage")
        response = dict(zip(names, (call.model, json.loads(_encode(call.usage))), strict=True))
        try:
            found = extract_usage(
                response, provider_id=call.provider, api_flavor=self._flavours.get(call.api, "default")
            )
            priced = calc_price(
                found.usage,
                call.model,
                provider_id=call.provider,
                genai_request_timestamp=datetime.fromisoformat(call.timestamp),
                price_context={"service_tier": call.service_tier} if call.service_tier else None,
            )
        except Exception as error:  # it raises more than it documents
            return Unpriced(f"{type(error).__name__}: {error}")
        tokens = priced.input_price + priced.output_price
        return Cost(tokens, priced.total_price - tokens)
