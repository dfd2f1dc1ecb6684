"""OpenRouter: OpenAI's chat shape and, in `cost`, what it charged, which is what counts."""

from collections.abc import Mapping, Set
from typing import Any

import msgspec

from llmlab_shared.domain.usage import Measured
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import as_object, money, part
from llmlab_shared.providers.shapes import openai
from llmlab_shared.providers.shapes.recognise import Reader


class OpenRouterProvider(Provider):
    """OpenRouter's own API."""

    id = "openrouter"
    aliases = ("open-router",)

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """OpenAI's shapes, whatever the upstream speaks."""
        return openai.read if not openai.KEYS.isdisjoint(fields) else None

    def normalise(self, usage: Mapping[str, Any], api: str | None) -> Measured:
        """As `Provider.normalise`, with the charge.

        With a key of one's own at the upstream (`is_byok`), `cost` is only the fee: the upstream's
        charge comes on top.
        """
        measured = super().normalise(usage, api)
        fields = as_object(usage, "usage")
        cost = money(fields, "cost")
        if cost is not None and fields.get("is_byok") is True:
            cost += money(part(fields, "cost_details"), "upstream_inference_cost") or 0
        return msgspec.structs.replace(measured, reported_cost=cost)
