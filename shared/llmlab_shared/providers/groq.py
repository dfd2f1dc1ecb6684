"""Groq: OpenAI's chat shape with times beside it; in a stream it lies in `x_groq.usage` of the last chunk."""

from collections.abc import Set

from llmlab_shared.domain.usage import Measured
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import Usage, part
from llmlab_shared.providers.shapes import openai
from llmlab_shared.providers.shapes.recognise import Reader


class GroqProvider(Provider):
    """Groq's own API."""

    id = "groq"
    aliases = ("groq.chat",)

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """The usage object itself, `x_groq`, or what holds it."""
        if not openai.KEYS.isdisjoint(fields):
            return openai.read
        return None if fields.isdisjoint(("x_groq", "usage")) else _read_chunk


def _read_chunk(usage: Usage) -> Measured:
    # A chunk that has both was seen with a prompt of 0 in `usage`, and the whole of it in `x_groq`.
    inside = part(part(usage, "x_groq"), "usage") or part(usage, "usage")
    return openai.read(inside)
