"""xAI: OpenAI's shapes and, in `cost_in_usd_ticks`, what it charged, which is what counts.

In chat, reasoning lies beside `completion_tokens`; in responses, inside `output_tokens`.
"""

from collections.abc import Set
from decimal import Decimal
from typing import Final

import msgspec

from llmlab_shared.domain.money import from_pico
from llmlab_shared.domain.usage import Measured, UsageError
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import Usage, amount, count, part, shown, units
from llmlab_shared.providers.shapes import openai
from llmlab_shared.providers.shapes.recognise import Reader

# A tick is 10^-10 USD (docs.x.ai, "Cost tracking").
_PICO_PER_TICK: Final = 100
_MAX_TICKS: Final = 10**19
_WEB: Final = ("web_search", "x_search")
_FILES: Final = ("file_search", "collections_search")


class XAIProvider(Provider):
    """xAI's own API."""

    id = "x-ai"
    aliases = ("xai", "x.ai", "xai.chat", "xai.responses", "grok")

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """OpenAI's shapes, told apart by their fields."""
        if "prompt_tokens" in fields:
            return _read_chat
        return _read_responses if "input_tokens" in fields else None

    def charged(self, usage: Usage) -> Decimal | None:
        """Return the charge, which includes the fees of the server's own tools."""
        ticks = usage.get("cost_in_usd_ticks")
        return None if ticks is None else from_pico(_PICO_PER_TICK * _whole(ticks))


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
    inside = dict(part(usage, "prompt_tokens_details"))
    # xAI's own client, which speaks gRPC, has these beside the total.
    for ours, theirs in (
        ("cached_tokens", "cached_prompt_text_tokens"),
        ("image_tokens", "prompt_image_tokens"),
    ):
        if inside.get(ours) is None and usage.get(theirs) is not None:
            inside[ours] = count(usage, theirs)
    if count(inside, "cached_tokens") + count(inside, "image_tokens") > count(usage, "prompt_tokens"):
        # Images may come from the cache too. They cost what text does, so nothing hangs on which of them did.
        inside["image_tokens"] = 0
    usage = {**usage, "prompt_tokens_details": inside}
    if usage.get("total_tokens") is None and usage.get("completion_tokens") is not None:
        # Without a total nothing says where reasoning lies, but chat has always had it beside.
        made, reasoning = count(usage, "completion_tokens"), openai.reasoning_of(usage)
        usage = {**usage, "completion_tokens": made + reasoning}
    return _with_tools(usage, openai.read(usage))


def _read_responses(usage: Usage) -> Measured:
    return _with_tools(usage, openai.read(usage))


def _with_tools(usage: Usage, measured: Measured) -> Measured:
    """Add what is billed beside tokens: seconds of speech, sources of live search, and the searches that
    the server did, as counts by tool or as a list with each of them.
    """
    by_tool = part(usage, "server_side_tool_usage_details")
    listed = usage.get("server_side_tools_used")
    named = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []

    def used(tools: tuple[str, ...]) -> int:
        counted = sum(count(by_tool, f"{tool}_calls") for tool in tools)
        return counted or sum(named.count(f"SERVER_SIDE_TOOL_{tool.upper()}") for tool in tools)

    billed = units(
        web_searches=used(_WEB),
        file_searches=used(_FILES),
        sources=count(usage, "num_sources_used"),
        seconds=amount(usage, "billable_audio_seconds"),
    )
    return msgspec.structs.replace(measured, units=billed)
