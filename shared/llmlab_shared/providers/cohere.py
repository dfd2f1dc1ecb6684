"""Cohere: billed units, which are fewer than the tokens that it also names."""

from collections.abc import Set

from llmlab_shared.domain.usage import Measured
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import Usage, part
from llmlab_shared.providers.shapes import cohere
from llmlab_shared.providers.shapes.recognise import Reader


class CohereProvider(Provider):
    """Cohere's own API, v1 and v2; its endpoint that imitates OpenAI answers in OpenAI's shape."""

    id = "cohere"
    aliases = ("cohere.chat",)

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """`usage` of v2, `meta` of v1, or a whole response's `{"meta": …}`."""
        if not fields.isdisjoint(("billed_units", "tokens")):
            return cohere.read
        return _read_meta if "meta" in fields else None


def _read_meta(usage: Usage) -> Measured:
    return cohere.read(part(usage, "meta"))
