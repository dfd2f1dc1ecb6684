"""Voyage AI, whose embeddings and rerankers count nothing but a total, all of it input."""

from collections.abc import Set

from llmlab_shared.domain.usage import Measured, UsageError, usage_of
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import Usage, count, required_count
from llmlab_shared.providers.shapes.recognise import Reader


class VoyageProvider(Provider):
    """Voyage AI's own API."""

    id = "voyageai"
    aliases = ("voyage", "voyage-ai")

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """The object with the total alone."""
        return _read if "total_tokens" in fields and "prompt_tokens" not in fields else None


def _read(usage: Usage) -> Measured:
    if count(usage, "image_pixels") or count(usage, "video_pixels"):
        raise UsageError("images and video are billed by the pixel, which has no price here")
    return Measured(usage_of(required_count(usage, "total_tokens"), 0))
