"""Anthropic: messages, and its chat endpoint that answers in OpenAI's shape."""

from collections.abc import Set

from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.shapes import anthropic
from llmlab_shared.providers.shapes.recognise import Reader


class AnthropicProvider(Provider):
    """Anthropic's own API."""

    id = "anthropic"
    aliases = ("claude", "anthropic.messages")

    def reader(self, api: str, fields: Set[str]) -> Reader | None:
        """Messages; the chat endpoint's objects are known by their fields."""
        return anthropic.read if api == "messages" and not anthropic.KEYS.isdisjoint(fields) else None
