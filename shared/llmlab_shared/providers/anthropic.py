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
        """Messages, unless the object has the fields of the chat endpoint."""
        return anthropic.read if "prompt_tokens" not in fields and "input_tokens" in fields else None
