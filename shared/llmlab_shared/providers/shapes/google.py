"""Google's generate_content (Gemini and Vertex): thoughts lie beside the candidates, cache inside the prompt.

A count of zero is often left out. Modalities come as lists of `{modality, tokenCount}`.
"""

from llmlab_shared.domain.usage import Measured, UsageError, usage_of
from llmlab_shared.providers.reading import Usage, as_count, count, rows, word

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

# Vertex's older clients write the enumeration's numbers.
_MODALITIES = {1: "TEXT", 2: "IMAGE", 3: "VIDEO", 4: "AUDIO", 5: "DOCUMENT"}


def read(usage: Usage) -> Measured:
    """Return what a `usageMetadata` object says."""
    prompt, tool_prompt = count(usage, *_PROMPT), count(usage, *_TOOL_PROMPT)
    candidates, thoughts = count(usage, *_CANDIDATES), count(usage, *_THOUGHTS)
    total = count(usage, *_TOTAL)
    if any(usage.get(name) is not None for name in _TOTAL) and total != (
        prompt + tool_prompt + candidates + thoughts
    ):
        raise UsageError(
            f"totalTokenCount is {total}, but prompt {prompt}, tool prompt {tool_prompt}, "
            f"candidates {candidates} and thoughts {thoughts} do not make it"
        )
    of_prompt = _by_modality(usage, "promptTokensDetails", "prompt_tokens_details")
    of_tools = _by_modality(usage, "toolUsePromptTokensDetails", "tool_use_prompt_tokens_details")
    of_cache = _by_modality(usage, "cacheTokensDetails", "cache_tokens_details")
    of_output = _by_modality(
        usage, "candidatesTokensDetails", "candidates_tokens_details", "responseTokensDetails"
    )
    cached, cached_audio = count(usage, *_CACHED), of_cache.get("AUDIO", 0)
    audio = of_prompt.get("AUDIO", 0) + of_tools.get("AUDIO", 0)
    images = of_prompt.get("IMAGE", 0) + of_tools.get("IMAGE", 0)
    if cached_audio > min(cached, audio):
        raise UsageError(f"cached audio ({cached_audio}) exceeds cached ({cached}) or audio ({audio}) tokens")
    tokens = usage_of(
        prompt + tool_prompt,
        candidates + thoughts,
        cache_read=cached - cached_audio,
        input_audio=audio - cached_audio,
        cache_audio_read=cached_audio,
        input_image=max(0, images - of_cache.get("IMAGE", 0)),
        output_audio=of_output.get("AUDIO", 0),
        output_image=of_output.get("IMAGE", 0),
        reasoning=thoughts,
    )
    return Measured(tokens, service_tier=word(usage, "serviceTier", "trafficType", "traffic_type"))


def _by_modality(usage: Usage, *names: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows(usage, *names):
        given = row.get("modality")
        modality = given if isinstance(given, str) else _MODALITIES.get(as_count(given or 0, "modality"), "")
        # `MODALITY_AUDIO` is how the enumeration reads with its prefix.
        modality = modality.upper().removeprefix("MODALITY_")
        sums[modality] = sums.get(modality, 0) + count(row, "tokenCount", "token_count")
    return sums
