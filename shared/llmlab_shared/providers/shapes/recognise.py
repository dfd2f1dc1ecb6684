"""Telling the shape of a usage object by its fields, for calls that bring no hint or a wrong one."""

from collections.abc import Callable

from llmlab_shared.domain.usage import Measured, UsageError
from llmlab_shared.providers.reading import Usage
from llmlab_shared.providers.shapes import anthropic, bedrock, cohere, google, openai

Reader = Callable[[Usage], Measured]


def recognise(usage: Usage) -> Reader:
    """Return the reader of the shape that these fields have; raise `UsageError` when they have none."""
    fields = usage.keys()
    if not google.KEYS.isdisjoint(fields):
        return google.read
    if not bedrock.KEYS.isdisjoint(fields):
        return bedrock.read
    if not cohere.KEYS.isdisjoint(fields):
        return cohere.read
    if "prompt_tokens" not in fields and not anthropic.OWN_KEYS.isdisjoint(fields):
        return anthropic.read
    if not openai.KEYS.isdisjoint(fields):
        return openai.read
    named = ", ".join(sorted(str(name)[:32] for name in list(fields)[:8])) or "none"
    raise UsageError(f"usage holds no token counts that are known here; its fields: {named}")
