"""OpenAI's usage objects: chat, responses, completions, embeddings, images, audio, realtime.

Totals include their details: cached and audio tokens lie inside `prompt_tokens` / `input_tokens`,
reasoning and audio inside `completion_tokens` / `output_tokens`. Half the industry speaks this shape,
so the spellings of those who do are read as well.
"""

from llmlab_shared.domain.usage import Measured, TokenUsage, UsageError, usage_of
from llmlab_shared.providers.reading import (
    Usage,
    amount,
    as_object,
    count,
    part,
    refuse_unknown_counts,
    required_count,
    units,
    word,
)

KEYS = frozenset({"prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "seconds"})

_INPUT = ("prompt_tokens", "input_tokens")
_OUTPUT = ("completion_tokens", "output_tokens")
_INPUT_DETAILS = (
    "prompt_tokens_details",
    "input_tokens_details",
    "input_token_details",
    "prompt_token_details",
)
_OUTPUT_DETAILS = (
    "completion_tokens_details",
    "output_tokens_details",
    "output_token_details",
    "completion_token_details",
)
_CACHED = ("prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens", "cache_read_input_tokens")
_WRITTEN = ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens")
_WRITTEN_DETAILS = ("cache_creation", "cache_creation_token_details")
_MODALITIES = ("text_tokens", "audio_tokens", "image_tokens")
_KNOWN = frozenset(
    (
        *(*_INPUT, *_OUTPUT, *_CACHED, *_WRITTEN),
        *("total_tokens", "reasoning_tokens", "prompt_cache_miss_tokens"),
        *("prompt_text_tokens", "prompt_image_tokens", "cached_prompt_text_tokens"),
    )
)


def read(usage: Usage) -> Measured:
    """Return what an OpenAI-shaped usage object says."""
    if usage.get("type") == "duration":
        # Transcriptions of whisper-1 are billed by the second.
        if usage.get("seconds") is None:
            raise UsageError("seconds is missing")
        return Measured(TokenUsage(), units=units(seconds=amount(usage, "seconds")))
    if usage.get("total_tokens") is None:
        refuse_unknown_counts(usage, _KNOWN)
    total_in, total_out = required_count(usage, *_INPUT), _output(usage)
    inside, outside = details(usage, *_INPUT_DETAILS), details(usage, *_OUTPUT_DETAILS)
    reasoning = reasoning_of(usage)
    total_out = _whole_output(usage, total_in, total_out, reasoning)
    _check_modalities("input", inside, total_in)
    _check_modalities("output", outside, total_out)

    cached = _same(count(inside, "cached_tokens"), count(usage, *_CACHED), "cached tokens")
    of_cache = part(inside, "cached_tokens_details")
    _check_modalities("cached input", of_cache, cached)
    cached_audio = count(of_cache, "audio_tokens")
    audio = count(inside, "audio_tokens")
    if cached_audio > audio:
        raise UsageError(f"cached audio ({cached_audio}) exceeds audio ({audio}) tokens")
    written, kept_an_hour = _written(usage, inside)
    tokens = usage_of(
        total_in,
        total_out,
        cache_read=cached - cached_audio,
        cache_write_5m=written - kept_an_hour,
        cache_write_1h=kept_an_hour,
        input_audio=audio - cached_audio,
        cache_audio_read=cached_audio,
        input_image=_uncached_images(inside),
        output_audio=count(outside, "audio_tokens"),
        output_image=total_out if _made_images(usage, inside, outside) else count(outside, "image_tokens"),
        reasoning=reasoning,
    )
    return Measured(
        tokens, units=units(web_searches=_searches(usage)), service_tier=word(usage, "service_tier")
    )


def details(usage: Usage, *names: str) -> Usage:
    """Return the first of the named sub-objects that holds anything, else an empty one."""
    for name in names:
        held = as_object(usage.get(name), name)
        if held:
            return held
    return {}


def reasoning_of(usage: Usage) -> int:
    """Return the reasoning tokens, which most name in the output's details."""
    inside = count(details(usage, *_OUTPUT_DETAILS), "reasoning_tokens", "thinking_tokens")
    return _same(inside, count(usage, "reasoning_tokens"), "reasoning tokens")


def _output(usage: Usage) -> int:
    """Return the output, which only those leave out that have none: embeddings, moderation, reranking.

    `input_tokens` alone is what token counting answers, which is no call and costs nothing.
    """
    if usage.get("prompt_tokens") is None and usage.get("total_tokens") is None:
        return required_count(usage, *_OUTPUT)
    return count(usage, *_OUTPUT)


def _same(one: int, other: int, what: str) -> int:
    """Return a count that may stand in two places; a place that does not know it holds 0."""
    if one and other and one != other:
        raise UsageError(f"{what} are {one} in the details and {other} beside them")
    return one or other


def _written(usage: Usage, inside: Usage) -> tuple[int, int]:
    """Return what was written to the cache, and how much of it is kept for an hour."""
    written = _same(count(inside, *_WRITTEN), count(usage, *_WRITTEN), "tokens written to the cache")
    lives = details(inside, *_WRITTEN_DETAILS) or details(usage, *_WRITTEN_DETAILS)
    short, long = count(lives, "ephemeral_5m_input_tokens"), count(lives, "ephemeral_1h_input_tokens")
    if short + long not in (0, written):
        raise UsageError(f"{written} tokens were written to the cache, but its parts are {short} and {long}")
    return written, long


def _check_modalities(what: str, inside: Usage, whole: int) -> None:
    parts = sum(count(inside, name) for name in _MODALITIES) if inside else 0
    if parts > whole:
        raise UsageError(f"the text, audio and image tokens of the {what} are {parts} of {whole}")


def _made_images(usage: Usage, inside: Usage, outside: Usage) -> bool:
    """Tell whether all of the output is images: what the images API says without details of its output.

    Its input is text and images, and those two only.
    """
    return (
        not outside
        and "image_tokens" in inside
        and "audio_tokens" not in inside
        and usage.get("prompt_tokens") is None
    )


def _uncached_images(inside: Usage) -> int:
    """Image tokens of the input that were not read from the cache."""
    images = count(inside, "image_tokens")
    cached = count(part(inside, "cached_tokens_details"), "image_tokens")
    if cached > images:
        raise UsageError(f"cached image tokens ({cached}) exceed image tokens ({images})")
    return images - cached


def _searches(usage: Usage) -> int:
    """Return the web searches that gateways count in the usage object; OpenAI itself does not."""
    return _same(
        count(part(usage, "server_tool_use_details"), "web_search_requests"),
        count(part(usage, "server_tool_use"), "web_search_requests"),
        "web searches",
    )


def _whole_output(usage: Usage, total_in: int, total_out: int, reasoning: int) -> int:
    """Return the output with its reasoning, judged by `total_tokens` when the provider sent it.

    xAI counts reasoning beside `completion_tokens`; its total says so.
    """
    if usage.get("total_tokens") is None:
        return total_out
    total = count(usage, "total_tokens")
    if total == total_in + total_out:
        return total_out
    if reasoning and total == total_in + total_out + reasoning:
        return total_out + reasoning
    raise UsageError(f"total_tokens is {total}, but input is {total_in} and output {total_out}")
