"""OpenAI's usage objects: chat, responses, completions, embeddings, images, audio, realtime.

Totals include their details: cached and audio tokens lie inside `prompt_tokens` / `input_tokens`,
reasoning and audio inside `completion_tokens` / `output_tokens`. Half the industry speaks this shape,
so the spellings of those who do are read as well.
"""

from llmlab_shared.domain.usage import Measured, TokenUsage, UsageError, usage_of
from llmlab_shared.providers.reading import Usage, count, part, required_count, units, word

KEYS = frozenset({"prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "seconds"})

_INPUT = ("prompt_tokens", "input_tokens")
_OUTPUT = ("completion_tokens", "output_tokens")
_INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")


def read(usage: Usage) -> Measured:
    """Return what an OpenAI-shaped usage object says."""
    if usage.get("type") == "duration":
        # Transcriptions of whisper-1 are billed by the second.
        return Measured(TokenUsage(), units=units(seconds=count(usage, "seconds")))
    total_in, total_out = required_count(usage, *_INPUT), count(usage, *_OUTPUT)
    inside, outside = part(usage, *_INPUT_DETAILS), part(usage, *_OUTPUT_DETAILS)
    reasoning = reasoning_of(usage)
    total_out = _whole_output(usage, total_in, total_out, reasoning)

    cached = _cached(usage, inside)
    cached_audio = count(part(inside, "cached_tokens_details"), "audio_tokens")
    audio = count(inside, "audio_tokens")
    if cached_audio > min(cached, audio):
        raise UsageError(f"cached audio ({cached_audio}) exceeds cached ({cached}) or audio ({audio}) tokens")
    written = count(inside, "cache_write_tokens", "cache_creation_tokens") or count(
        usage, "cache_creation_input_tokens"
    )
    tokens = usage_of(
        total_in,
        total_out,
        cache_read=cached - cached_audio,
        cache_write_5m=written,
        input_audio=audio - cached_audio,
        cache_audio_read=cached_audio,
        input_image=_uncached_images(inside),
        output_audio=count(outside, "audio_tokens"),
        output_image=count(outside, "image_tokens"),
        reasoning=reasoning,
    )
    searches = count(part(usage, "server_tool_use"), "web_search_requests")
    return Measured(tokens, units=units(web_searches=searches), service_tier=word(usage, "service_tier"))


def reasoning_of(usage: Usage) -> int:
    """Return the reasoning tokens, which most name in the output's details."""
    return count(part(usage, *_OUTPUT_DETAILS), "reasoning_tokens") or count(usage, "reasoning_tokens")


def _cached(usage: Usage, inside: Usage) -> int:
    """Cached input: OpenAI's detail, else the fields of DeepSeek, Mistral and gateways."""
    return count(inside, "cached_tokens") or count(
        usage, "prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens", "cache_read_input_tokens"
    )


def _uncached_images(inside: Usage) -> int:
    """Image tokens of the input that were not read from the cache."""
    images = count(inside, "image_tokens")
    cached = count(part(inside, "cached_tokens_details"), "image_tokens")
    if cached > images:
        raise UsageError(f"cached image tokens ({cached}) exceed image tokens ({images})")
    return images - cached


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
