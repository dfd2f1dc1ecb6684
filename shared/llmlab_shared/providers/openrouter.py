"""OpenRouter: OpenAI's shapes and, in `cost`, what it charged, which is what counts."""

from collections.abc import Set
from decimal import Decimal

from llmlab_shared.domain.usage import Measured
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import Usage, count, money, part
from llmlab_shared.providers.shapes import openai
from llmlab_shared.providers.shapes.recognise import Reader

# What a model's id may end in without changing what its tokens cost; `:online` adds the fee of a search.
_SAME_PRICE = (":thinking", ":online")


class OpenRouterProvider(Provider):
    """OpenRouter's own API."""

    id = "openrouter"
    aliases = ("open-router",)

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """OpenAI's chat shape; its other endpoints answer in the shape of those that they imitate."""
        return _read_chat if "prompt_tokens" in fields else None

    def charged(self, usage: Usage) -> Decimal | None:
        """Return the charge.

        With a key of one's own at the upstream (`is_byok`), `cost` is only the fee: the upstream's
        charge comes on top, and while that is not known nothing is.
        """
        cost = money(usage, "cost")
        if cost is None or usage.get("is_byok") is not True:
            return cost
        upstream = money(part(usage, "cost_details"), "upstream_inference_cost")
        return None if upstream is None else cost + upstream

    def bare_name(self, name: str) -> str:
        """Variants of a model have names of their own; some cost what the model costs."""
        bare = super().bare_name(name)
        for suffix in _SAME_PRICE:
            bare = bare.removesuffix(suffix)
        return bare


def _read_chat(usage: Usage) -> Measured:
    reasoning, made = openai.reasoning_of(usage), count(usage, "completion_tokens")
    if reasoning > made and count(usage, "total_tokens") == count(usage, "prompt_tokens") + made:
        # Reasoning is counted by OpenRouter's own tokenizer and may exceed the output that is billed.
        usage = {**usage, "completion_tokens_details": {"reasoning_tokens": made}, "reasoning_tokens": None}
    return openai.read(usage)
