"""DeepSeek: OpenAI's chat shape, and the prompt once more as hits and misses of its cache."""

from collections.abc import Set

from llmlab_shared.domain.usage import Measured, UsageError
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import Usage, count, part
from llmlab_shared.providers.shapes import openai
from llmlab_shared.providers.shapes.recognise import Reader

_HIT, _MISS = "prompt_cache_hit_tokens", "prompt_cache_miss_tokens"


class DeepSeekProvider(Provider):
    """DeepSeek's own API; its endpoint that imitates Anthropic answers in Anthropic's shape."""

    id = "deepseek"
    aliases = ("deep-seek", "deepseek.chat")

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """The object with hits and misses; without them it is OpenAI's or Anthropic's."""
        return None if fields.isdisjoint((_HIT, _MISS)) else _read


def _read(usage: Usage) -> Measured:
    hit, miss = count(usage, _HIT), count(usage, _MISS)
    told_both = usage.get(_HIT) is not None and usage.get(_MISS) is not None
    if usage.get("prompt_tokens") is None and told_both:
        usage = {**usage, "prompt_tokens": hit + miss}
    prompt = count(usage, "prompt_tokens")
    if told_both and hit + miss != prompt:
        raise UsageError(f"prompt_tokens is {prompt}, but {_HIT} is {hit} and {_MISS} {miss}")
    cached = part(usage, "prompt_tokens_details").get("cached_tokens")
    if usage.get(_HIT) is not None and cached is not None and cached != hit:
        raise UsageError(f"{_HIT} is {hit}, but cached_tokens of the details is another count")
    if usage.get(_HIT) is None and usage.get("prompt_tokens") is not None and cached is None:
        if miss > prompt:
            raise UsageError(f"{_MISS} is {miss} of {prompt} prompt_tokens")
        usage = {**usage, _HIT: prompt - miss}
    return openai.read(usage)
