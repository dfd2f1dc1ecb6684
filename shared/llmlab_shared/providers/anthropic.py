"""Anthropic: messages, and its chat endpoint that answers in OpenAI's shape."""

from collections.abc import Set

from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.shapes import anthropic
from llmlab_shared.providers.shapes.recognise import Reader


class AnthropicProvider(Provider):
    """Anthropic's own API."""

    id = "anthropic"
    aliases = ("claude", "anthropic.messages")

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """Messages, unless the object has fields of OpenAI's, whose input includes the cache."""
        return (
            anthropic.read if "input_tokens" in fields and anthropic.FOREIGN_KEYS.isdisjoint(fields) else None
        )
