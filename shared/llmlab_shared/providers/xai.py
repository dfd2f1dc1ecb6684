"""xAI: OpenAI's shapes and, in `cost_in_usd_ticks`, what it charged, which is what counts.

In chat, reasoning lies beside `completion_tokens`; in responses, inside `output_tokens`.
"""

from collections.abc import Mapping, Set
from typing import Any, Final

import msgspec

from llmlab_shared.domain.money import from_pico
from llmlab_shared.domain.usage import Measured, UsageError
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import Usage, as_object, count, part, shown
from llmlab_shared.providers.shapes import openai
from llmlab_shared.providers.shapes.recognise import Reader

# A tick is 10^-10 USD (docs.x.ai, "Cost tracking").
_PICO_PER_TICK: Final = 100
_MAX_TICKS: Final = 10**19


class XAIProvider(Provider):
    """xAI's own API."""

    id = "x-ai"
    aliases = ("xai", "x.ai", "xai.chat", "xai.responses", "grok")

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """OpenAI's shapes, told apart by their fields."""
        if "prompt_tokens" in fields:
            return _read_chat
        return openai.read if "input_tokens" in fields else None

    def normalise(self, usage: Mapping[str, Any], api: str | None) -> Measured:
        """As `Provider.normalise`, with the charge, which includes the fees of the server's own tools."""
        measured = super().normalise(usage, api)
        ticks = as_object(usage, "usage").get("cost_in_usd_ticks")
        if ticks is None:
            return measured
        return msgspec.structs.replace(measured, reported_cost=from_pico(_PICO_PER_TICK * _whole(ticks)))


def _whole(ticks: object) -> int:
    if (
        isinstance(ticks, str)
        and ticks.isascii()
        and ticks.isdecimal()
        and len(ticks) <= len(str(_MAX_TICKS))
    ):
        ticks = int(ticks)  # as protobuf writes its long integers in JSON
    if type(ticks) is int and 0 <= ticks <= _MAX_TICKS:
        return ticks
    raise UsageError(f"cost_in_usd_ticks must be a whole number from 0 to {_MAX_TICKS}, not {shown(ticks)}")


def _read_chat(usage: Usage) -> Measured:
    details = part(usage, "prompt_tokens_details")
    if details.get("cached_tokens") is None and usage.get("cached_prompt_text_tokens") is not None:
        # xAI's own client, which speaks gRPC.
        cached = count(usage, "cached_prompt_text_tokens")
        usage = {**usage, "prompt_tokens_details": {**details, "cached_tokens": cached}}
    if usage.get("total_tokens") is None and usage.get("completion_tokens") is not None:
        # Without a total nothing says where reasoning lies, but chat has always had it beside.
        made, reasoning = count(usage, "completion_tokens"), openai.reasoning_of(usage)
        usage = {**usage, "completion_tokens": made + reasoning}
    return openai.read(usage)
