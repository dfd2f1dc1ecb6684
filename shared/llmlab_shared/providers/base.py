"""What LLMLab must know of a provider: its names, its usage objects, how its model ids are spelled."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from typing import Any

import msgspec

from llmlab_shared.domain.usage import Measured, UsageError
from llmlab_shared.providers.reading import Usage, as_object
from llmlab_shared.providers.shapes.envelope import opened
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

        What the provider sends around that object may be there too: a response, an event of its stream,
        its headers. `api` is a hint; an object that does not have its shape is recognised by its fields.
        Raises `UsageError`, and nothing else, for counts that are none or do not add up.
        """
        fields = as_object(usage, "usage")
        hint = canonical_api(api)
        inside = opened(fields)
        if (reader := self._reader(fields, hint)) is not None:
            if self._is_twofold(fields, inside, hint):
                raise UsageError(
                    "usage holds counts, and beside them a usage object of its own: send one of the two"
                )
            return self._read(reader, fields)
        found = [self._open(held, tier, hint) for held, tier in inside] or [self._open(fields, None, hint)]
        if any(other.tokens != found[0].tokens for other in found):
            raise UsageError("usage holds several usage objects that differ: send the one that is billed")
        return found[0]

    def charged(self, usage: Usage) -> Decimal | None:
        """Return what the provider says in its usage object that it charged, in USD; most say nothing."""
        return None

    def _reader(self, fields: Usage, hint: str | None) -> Reader | None:
        return self.reader(hint, fields.keys()) or recognise(fields.keys())

    def _is_twofold(self, fields: Usage, inside: list[tuple[Usage, str | None]], hint: str | None) -> bool:
        """Tell whether an object counts by itself and holds another that does."""
        if not inside or recognise(fields.keys()) is None:
            return False
        return any(self._reader(held, hint) is not None for held, _ in inside)

    def _open(self, held: Usage, tier: str | None, hint: str | None) -> Measured:
        """Read what an envelope holds, which was served in the tier that the envelope names."""
        reader = self._reader(held, hint)
        if reader is None:
            names = ", ".join(sorted(str(name)[:32] for name in list(held)[:8])) or "none"
            raise UsageError(f"usage holds no token counts that are known here; its fields: {names}")
        measured = self._read(reader, held)
        if tier is None or measured.service_tier is not None:
            return measured
        return msgspec.structs.replace(measured, service_tier=tier)

    def _read(self, reader: Reader, fields: Usage) -> Measured:
        measured = reader(fields)
        charge = self.charged(fields)
        return measured if charge is None else msgspec.structs.replace(measured, reported_cost=charge)

    def model_names(self, model: str) -> Iterator[tuple[str, str]]:
        """Yield the names under which a model may be priced, lower-case, surest first, each with its rule."""
        name = model.strip().lower()
        yield name, "exact"
        bare = self.bare_name(name)
        if bare != name:
            yield bare, "prefix"

    def bare_name(self, name: str) -> str:
        """Return a lower-case model name without the prefixes that this provider's ids may carry.

        Libraries for several providers write the provider before the model, `openai/gpt-4o` or
        `openai:gpt-4o`, in spellings of their own.
        """
        for mark in "/:":
            provider, _, model = name.partition(mark)
            if model and provider.replace("_", "-") in (self.id, *self.aliases):
                return model
        return name


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
