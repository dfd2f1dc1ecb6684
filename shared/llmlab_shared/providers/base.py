"""What LLMLab must know of a provider: its names, its usage objects, how its model ids are spelled."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Set
from typing import Any

from llmlab_shared.domain.usage import Measured
from llmlab_shared.providers.reading import as_object
from llmlab_shared.providers.shapes.recognise import Reader, recognise

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def canonical_api(api: str | None) -> str | None:
    """Return an API's name in snake case, as it is stored; case and underscores of the hint do not matter.

    `generateContent`, `GENERATE_CONTENT` and `generatecontent` are all `generate_content`.
    """
    if not api:
        return None
    known = _APIS.get(api.replace("_", "").replace("-", "").replace(".", "").lower())
    return known or _CAMEL.sub("_", api).lower()


class Provider(ABC):
    """One provider. Instances hold no state and are shared.

    `id` is the canonical one; `aliases` are its other spellings, lower-case; `prices_from` are providers
    whose list prices hold where this one publishes none of its own (Azure sells OpenAI's models).
    """

    id: str
    aliases: tuple[str, ...] = ()
    prices_from: tuple[str, ...] = ()

    @abstractmethod
    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """Return the reader of these fields if they are this provider's own, else None.

        `api` is the canonical hint, None without one.
        """

    def normalise(self, usage: Mapping[str, Any], api: str | None) -> Measured:
        """Return the disjoint classes, units and charge of a provider's own usage object.

        `api` is a hint; an object that does not have its shape is recognised by its fields. Raises
        `UsageError`, and nothing else, for counts that are none or do not add up.
        """
        fields = as_object(usage, "usage")
        own = self.reader(canonical_api(api), fields.keys())
        return (own or recognise(fields))(fields)

    def model_names(self, model: str) -> Iterator[tuple[str, str]]:
        """Yield the names under which a model may be priced, lower-case, surest first, each with its rule."""
        name = model.strip().lower()
        yield name, "exact"
        bare = self.bare_name(name)
        if bare != name:
            yield bare, "prefix"

    def bare_name(self, name: str) -> str:
        """Return a lower-case model name without the prefixes that this provider's ids may carry."""
        return name.removeprefix(f"{self.id}/")


_APIS = {
    name.replace("_", ""): name
    for name in (
        "chat",
        "responses",
        "completions",
        "embeddings",
        "images",
        "transcriptions",
        "realtime",
        "messages",
        "generate_content",
        "embed_content",
        "converse",
        "invoke_model",
    )
} | {
    "chatcompletions": "chat",
    "chatcompletion": "chat",
    "response": "responses",
    "completion": "completions",
    "embedding": "embeddings",
    "message": "messages",
    "streamgeneratecontent": "generate_content",
    "conversestream": "converse",
    "invokemodelwithresponsestream": "invoke_model",
}
