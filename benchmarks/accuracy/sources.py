"""Who prices the cases here: LLMLab as a worker does it, and genai-prices by its own functions."""

import json
from collections.abc import Mapping
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from llmlab_shared.domain.money import from_pico
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.providers.factory import get_provider
from llmlab_shared.queue.entry import Entry
from llmlab_worker.pipeline.decode import decode
from llmlab_worker.pipeline.normalise import Quarantined, normalise
from llmlab_worker.pipeline.price import price
from provider_calls import ProviderCall

from benchmarks.accuracy.cases import Case, Cost
from benchmarks.accuracy.score import Unpriced

_WORKSPACE: Final = 1
# Numbers of a usage object, such as OpenRouter's `cost`, must reach the adapters digit by digit.
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Source(Protocol):
    """Something that says what a call costs."""

    name: str

    def price(self, case: Case) -> Cost | Unpriced:
        """Return the cost of a case at its own instant, or why there is none."""
        ...


class LLMLab:
    """The worker's own way from an event's bytes to its cost, by the prices of a database."""

    name = "LLMLab"

    def __init__(self, calculator: CostCalculator) -> None:
        self._calculator = calculator

    def price(self, case: Case) -> Cost | Unpriced:
        """Return what an event with this response's usage, or these totals, is charged by the price book."""
        decoded = decode(_entry(case))
        if decoded.poison:
            return Unpriced(decoded.poison[0].reason)
        (stored,) = decoded.calls
        provider = get_provider(case.provider)
        used = normalise(stored.event, provider)
        if used is None:
            return Unpriced("no usage found")
        if isinstance(used, Quarantined):
            return Unpriced(f"quarantined: {used.reason}")
        priced = price(self._calculator, _WORKSPACE, provider.id, stored, used)
        if priced.computed is None:
            return Unpriced("no price covers it")
        return Cost(from_pico(priced.computed), from_pico(priced.tool or 0))


def _entry(case: Case) -> Entry:
    event: dict[str, Any] = {
        "timestamp": case.timestamp,
        "provider": case.provider,
        "model": case.model,
        "service_tier": case.service_tier,
        "processing": case.processing,
        "region": case.region,
    }
    if case.recorded is None:
        event |= _totals(case.tokens)
        event["units"] = case.units or None
    else:
        call = case.recorded
        event |= {"api": call.api, "usage": call.usage, "response_id": call.response_id}
    return Entry(
        id=UUID(int=0),
        workspace_id=_WORKSPACE,
        api_key_id=1,
        at_us=case.at_us,
        events=1,
        body=_encode({"events": [event]}),
    )


def _totals(tokens: TokenUsage) -> dict[str, int | None]:
    """Return token classes as the flat counts of an event; classes that are not in use are left out."""
    return {
        "input_tokens": tokens.input_tokens,
        "output_tokens": tokens.output_tokens,
        "cache_read_tokens": tokens.cache_read or None,
        "cache_write_tokens": tokens.cache_write_5m + tokens.cache_write_1h or None,
        "cache_write_1h_tokens": tokens.cache_write_1h or None,
        "input_audio_tokens": tokens.input_audio or None,
        "cache_audio_read_tokens": tokens.cache_audio_read or None,
        "input_image_tokens": tokens.input_image or None,
        "output_audio_tokens": tokens.output_audio or None,
        "output_image_tokens": tokens.output_image or None,
    }


class GenaiPrices:
    """genai-prices as its users call it: `calc_price` on what `extract_usage` finds in a response, or on
    the classes of a case.

    It is told provider, API, model, service tier and processing; it has no notion of a region.
    """

    name = "genai-prices"

    _flavours: Mapping[str, str] = {"chat": "chat", "responses": "responses"}

    def price(self, case: Case) -> Cost | Unpriced:
        """Return what genai-prices makes of the case; fees are what it charges beside tokens."""
        # Here, because it takes half a second.
        from genai_prices import calc_price

        try:
            priced = calc_price(
                self._usage(case),
                case.model,
                provider_id=case.provider,
                genai_request_timestamp=case.at,
                price_context=_context(case) or None,
            )
        except Exception as error:  # it raises more than it documents
            return Unpriced(f"{type(error).__name__}: {error}")
        tokens = priced.input_price + priced.output_price
        return Cost(tokens, priced.total_price - tokens)

    def _usage(self, case: Case) -> Any:
        from genai_prices import extract_usage

        call = case.recorded
        if call is None:
            return as_genai_usage(case.tokens, case.units)
        flavour = self._flavours.get(call.api, "default")
        return extract_usage(_response(call), provider_id=call.provider, api_flavor=flavour).usage


def as_genai_usage(tokens: TokenUsage, units: Mapping[str, int]) -> Any:
    """Return the same usage in genai-prices' terms, whose totals include their parts."""
    from genai_prices import Usage

    return Usage(
        input_tokens=tokens.input_tokens,
        cache_read_tokens=tokens.cache_read + tokens.cache_audio_read,
        cache_write_tokens=tokens.cache_write_5m + tokens.cache_write_1h,
        cache_write_1h_tokens=tokens.cache_write_1h,
        input_audio_tokens=tokens.input_audio + tokens.cache_audio_read,
        cache_audio_read_tokens=tokens.cache_audio_read,
        input_image_tokens=tokens.input_image,
        cache_image_read_tokens=0,
        output_tokens=tokens.output_tokens,
        output_audio_tokens=tokens.output_audio,
        output_image_tokens=tokens.output_image,
        **units,
    )


def _response(call: ProviderCall) -> dict[str, Any]:
    names = ("modelVersion", "usageMetadata") if call.provider == "google" else ("model", "usage")
    return dict(zip(names, (call.model, json.loads(_encode(call.usage))), strict=True))


def _context(case: Case) -> dict[str, str]:
    context = {}
    if case.service_tier:
        context["service_tier"] = case.service_tier
    if case.service_tier == "fast" and case.provider == "anthropic":
        context = {"speed": "fast"}
    if case.processing:
        context["processing"] = case.processing
    return context
