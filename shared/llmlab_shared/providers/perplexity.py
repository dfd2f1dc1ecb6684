"""Perplexity: OpenAI's shapes and, in `cost`, what it charged, which is what counts.

Deep research bills reasoning, citations and searches at prices of their own, beside the totals. From
documentation (docs.perplexity.ai, "Sonar API" and "Pricing").
"""

from collections.abc import Mapping, Set
from decimal import Decimal

import msgspec

from llmlab_shared.domain.usage import Measured, UsageError
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import Usage, count, money, part, units
from llmlab_shared.providers.shapes import openai
from llmlab_shared.providers.shapes.recognise import Reader


class PerplexityProvider(Provider):
    """Perplexity's own API."""

    id = "perplexity"
    aliases = ("perplexity-ai", "pplx")

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """Chat, and the responses of its agents."""
        return _read if not fields.isdisjoint(("prompt_tokens", "input_tokens")) else None

    def charged(self, usage: Usage) -> Decimal | None:
        """Return the charge with the fees of requests and searches."""
        return _charge(usage)


def _charge(usage: Usage) -> Decimal | None:
    cost = usage.get("cost")
    return money(cost, "total_cost") if isinstance(cost, Mapping) else money(usage, "cost")


def _read(usage: Usage) -> Measured:
    apart = {name: count(usage, name) for name in ("reasoning_tokens", "citation_tokens")}
    if any(apart.values()) and _charge(usage) is None:
        raise UsageError("reasoning and citations have prices of their own here, and usage.cost is missing")
    measured = openai.read({**usage, **dict.fromkeys(apart)})
    searches = count(usage, "num_search_queries") or count(
        part(part(usage, "tool_calls_details"), "search_web"), "invocation"
    )
    return msgspec.structs.replace(measured, units=units(web_searches=searches))
