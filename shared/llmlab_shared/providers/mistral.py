"""Mistral: OpenAI's chat shape; what came from the cache has had three names."""

from collections.abc import Set

import msgspec

from llmlab_shared.domain.usage import Measured, TokenUsage, UsageError
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.reading import Usage, amount, as_count, part, required_count, units
from llmlab_shared.providers.shapes import openai
from llmlab_shared.providers.shapes.recognise import Reader


class MistralProvider(Provider):
    """Mistral's own API: chat, agents, embeddings and transcriptions; OCR from documentation."""

    id = "mistral"
    aliases = ("mistral-ai", "mistralai", "mistral.chat")

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """The usage object, or the `usage_info` of OCR."""
        if "prompt_tokens" in fields:
            return _read
        return _read_pages if "pages_processed" in fields else None


def _read(usage: Usage) -> Measured:
    details = part(usage, "prompt_tokens_details", "prompt_token_details")
    told = [
        as_count(value, name)
        for name, value in (
            ("num_cached_tokens", usage.get("num_cached_tokens")),
            ("cached_tokens", details.get("cached_tokens")),
        )
        if value is not None
    ]
    if len(set(told)) > 1:
        raise UsageError(f"num_cached_tokens is {told[0]}, but cached_tokens of the details is {told[1]}")
    measured = openai.read({**usage, "prompt_tokens_details": details})
    # Audio is billed by the second, beside the tokens of the text.
    return msgspec.structs.replace(measured, units=units(seconds=amount(usage, "prompt_audio_seconds")))


def _read_pages(usage: Usage) -> Measured:
    """OCR is billed by the page."""
    return Measured(TokenUsage(), units=units(pages=required_count(usage, "pages_processed")))
