"""Google's generate_content (Gemini and Vertex): thoughts lie beside the candidates, cache inside the prompt.

A count of zero is often left out. Modalities come as lists of `{modality, tokenCount}`; text, video and
documents cost the same, audio and images have classes of their own.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from llmlab_shared.domain.usage import Measured, TokenUsage, UsageError, usage_of
from llmlab_shared.providers.reading import (
    Usage,
    as_count,
    count,
    refuse_unknown_counts,
    required_count,
    rows,
    shown,
    word,
)

_PROMPT = ("promptTokenCount", "prompt_token_count")
_CANDIDATES = (
    "candidatesTokenCount",
    "candidates_token_count",
    "responseTokenCount",
    "response_token_count",
)
_THOUGHTS = ("thoughtsTokenCount", "thoughts_token_count")
_TOOL_PROMPT = ("toolUsePromptTokenCount", "tool_use_prompt_token_count")
_CACHED = ("cachedContentTokenCount", "cached_content_token_count")
_TOTAL = ("totalTokenCount", "total_token_count")
KEYS = frozenset((*_PROMPT, *_CANDIDATES, *_THOUGHTS, *_TOOL_PROMPT, *_CACHED, *_TOTAL))

# The numbers of the enumeration, which Vertex's protocol buffers hold.
_MODALITIES: Final = {0: "UNSPECIFIED", 1: "TEXT", 2: "IMAGE", 3: "VIDEO", 4: "AUDIO", 5: "DOCUMENT"}
_TRAFFIC: Final = {1: "on_demand", 2: "provisioned_throughput"}
_OUTPUT_MODALITIES: Final = ("TEXT", "IMAGE", "AUDIO", "DOCUMENT", "UNSPECIFIED")

Modalities = Mapping[str, int]


class Counts(NamedTuple):
    """The counts of a call in Google's terms: `cached` is a part of `prompt`, the others are disjoint."""

    prompt: int
    tool_prompt: int
    cached: int
    candidates: int
    thoughts: int

    def check_total(self, name: str, total: int) -> None:
        """Raise unless the counts make the total that Google sent."""
        if total != self.prompt + self.tool_prompt + self.candidates + self.thoughts:
            raise UsageError(
                f"{name} is {total}, but prompt {self.prompt}, tool prompt {self.tool_prompt}, "
                f"candidates {self.candidates} and thoughts {self.thoughts} do not make it"
            )


def read(usage: Usage) -> Measured:
    """Return what a `usageMetadata` object says."""
    counts = Counts(
        prompt=required_count(usage, *_PROMPT),
        tool_prompt=count(usage, *_TOOL_PROMPT),
        cached=count(usage, *_CACHED),
        candidates=count(usage, *_CANDIDATES),
        thoughts=count(usage, *_THOUGHTS),
    )
    if any(usage.get(name) is not None for name in _TOTAL):
        counts.check_total("totalTokenCount", count(usage, *_TOTAL))
    else:
        refuse_unknown_counts(usage, KEYS)
    tokens = classes(
        counts,
        of_prompt=by_modality(usage, "promptTokensDetails", "prompt_tokens_details", "promptTokenDetails"),
        of_tools=by_modality(usage, "toolUsePromptTokensDetails", "tool_use_prompt_tokens_details"),
        of_cache=by_modality(usage, "cacheTokensDetails", "cache_tokens_details"),
        of_output=by_modality(
            usage,
            *("candidatesTokensDetails", "candidates_tokens_details"),
            *("responseTokensDetails", "response_tokens_details"),
        ),
    )
    return Measured(tokens, service_tier=_tier(usage))


def classes(
    counts: Counts,
    *,
    of_prompt: Modalities,
    of_tools: Modalities,
    of_cache: Modalities,
    of_output: Modalities,
) -> TokenUsage:
    """Return the disjoint classes of a call from its counts and what of each has which modality."""
    for name, parts, whole in (
        ("prompt", of_prompt, counts.prompt),
        ("tool prompt", of_tools, counts.tool_prompt),
        ("cached content", of_cache, counts.cached),
        ("candidates", of_output, counts.candidates),
    ):
        if sum(parts.values()) > whole:
            raise UsageError(f"the modalities of the {name} are {sum(parts.values())} of {whole} tokens")
    for modality, number in of_output.items():
        if number and modality not in _OUTPUT_MODALITIES:
            raise UsageError(f"{number} tokens of the output are {modality}, which has no class of its own")
    cached_audio = of_cache.get("AUDIO", 0)
    audio = of_prompt.get("AUDIO", 0) + of_tools.get("AUDIO", 0)
    if cached_audio > audio:
        raise UsageError(f"cached audio ({cached_audio}) exceeds audio ({audio}) tokens")
    images = of_prompt.get("IMAGE", 0) + of_tools.get("IMAGE", 0)
    return usage_of(
        counts.prompt + counts.tool_prompt,
        counts.candidates + counts.thoughts,
        cache_read=counts.cached - cached_audio,
        input_audio=audio - cached_audio,
        cache_audio_read=cached_audio,
        input_image=max(0, images - of_cache.get("IMAGE", 0)),
        output_audio=of_output.get("AUDIO", 0),
        output_image=of_output.get("IMAGE", 0),
        reasoning=counts.thoughts,
    )


def by_modality(usage: Usage, *names: str) -> dict[str, int]:
    """Return the tokens of each modality, from the first of the named lists that is there."""
    sums: dict[str, int] = {}
    for row in rows(usage, *names):
        number = count(row, "tokenCount", "token_count", "tokens")
        if number:
            modality = _modality(row.get("modality"))
            sums[modality] = sums.get(modality, 0) + number
    return sums


def _modality(given: object) -> str:
    """Return the modality's name without the enumeration's prefix; raise for one that is not known here."""
    if given is None:
        return "UNSPECIFIED"
    if isinstance(given, str):
        name = given[:64].upper().removeprefix("MODALITY_")
        if name in _MODALITIES.values():
            return name
    elif (number := as_count(given, "modality")) in _MODALITIES:
        return _MODALITIES[number]
    raise UsageError(f"the price of modality {shown(given)} is not known here")


def _tier(usage: Usage) -> str | None:
    named = word(usage, "serviceTier", "service_tier", "trafficType", "traffic_type")
    if named is not None:
        return named
    number = usage.get("trafficType", usage.get("traffic_type"))
    return _TRAFFIC.get(number) if type(number) is int else None
