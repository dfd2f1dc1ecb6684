"""Telling the shape of a usage object by its fields, for calls that bring no hint or a wrong one."""

from collections.abc import Callable, Set

from llmlab_shared.domain.usage import Measured, UsageError
from llmlab_shared.providers.reading import Usage
from llmlab_shared.providers.shapes import (
    anthropic,
    bedrock,
    bedrock_invoke,
    cohere,
    google,
    google_interactions,
    openai,
)

Reader = Callable[[Usage], Measured]


def recognise(fields: Set[str]) -> Reader | None:
    """Return the reader of the shape that these fields have, None when they have none.

    Raises `UsageError` when they are those of several shapes, which no provider mixes.
    """
    found = [reader for names, reader in _SHAPES if not names.isdisjoint(fields)]
    if not found:
        return bedrock_invoke.read_headers if bedrock_invoke.is_headers(fields) else None
    if not bedrock_invoke.LLAMA_KEYS.isdisjoint(fields):
        # Llama's other count has a name that Google gives to one of its own.
        found = [reader for reader in found if reader is not google.read]
    if len(found) > 1:
        raise UsageError(
            "usage has the fields of several providers' usage objects: send only the one that is billed"
        )
    if found[0] is openai.read and _is_anthropic(fields):
        return anthropic.read
    return found[0]


def _is_anthropic(fields: Set[str]) -> bool:
    return anthropic.FOREIGN_KEYS.isdisjoint(fields) and not anthropic.OWN_KEYS.isdisjoint(fields)


_SHAPES: tuple[tuple[frozenset[str], Reader], ...] = (
    (google.KEYS, google.read),
    (google_interactions.KEYS, google_interactions.read),
    (bedrock.KEYS, bedrock.read),
    (bedrock_invoke.LLAMA_KEYS, bedrock_invoke.read_llama),
    (bedrock_invoke.TITAN_KEYS, bedrock_invoke.read_titan),
    (cohere.KEYS, cohere.read),
    (openai.KEYS | anthropic.OWN_KEYS, openai.read),
)
