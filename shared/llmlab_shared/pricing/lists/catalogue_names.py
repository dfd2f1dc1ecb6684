"""The names of a catalogue's models: from rules that match to names that are equal.

The catalogue's models are matched by rules (equals, starts_with, contains, regex); ours by exact names. Every
name that a rule spells out becomes one, provided that the catalogue itself finds the same model by it.
What a rule would match beyond that is listed as dropped, not guessed.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from llmlab_shared.pricing.price_document import PriceDocumentError

if TYPE_CHECKING:
    from genai_prices import types

_REGIONS: Final = ("us", "eu", "apac", "jp", "au", "in", "ca", "sa", "us-gov", "global")


class Matcher:
    """The catalogue's own matching of one provider's models: the first that matches is the one."""

    def __init__(self, provider_id: str, models: list["types.ModelInfo"]) -> None:
        # Nearly all models are matched by equality only; asking each of them for every name takes seconds.
        self._by_name: dict[str, tuple[int, types.ModelInfo]] = {}
        self._by_rule: list[tuple[int, types.ModelInfo]] = []
        for index, model in enumerate(models):
            clauses = list(_clauses(model.match))
            for kind, text in clauses:
                if kind == "regex":
                    _check_rule(f"{provider_id}/{model.id}", text)
            if all(kind == "equals" for kind, _ in clauses):
                for _, text in clauses:
                    self._by_name.setdefault(text.lower(), (index, model))
            else:
                self._by_rule.append((index, model))

    def first(self, name: str) -> "types.ModelInfo | None":
        """Return the model that the catalogue finds by a lower-case name."""
        index, found = self._by_name.get(name, (len(self._by_name) + len(self._by_rule), None))
        for rule_index, model in self._by_rule:
            if rule_index > index:
                break
            if model.is_match(name):
                return model
        return found


def names(
    provider_id: str, model: "types.ModelInfo", matcher: Matcher, dropped: dict[str, None]
) -> Iterator[str]:
    """Yield the exact names, lower-case, by which the catalogue itself finds this model."""
    seen: set[str] = set()
    for kind, text in _clauses(model.match):
        # A rule that ends in a date is what the dated-suffix rule covers; other rules reach further.
        if kind != "equals" and not (kind == "regex" and text.endswith("$")):
            dropped[f"{provider_id}/{model.id}: {kind} {text}"] = None
        if kind == "regex":
            continue
        for name in _spelled_out(provider_id, kind, text.lower()):
            if name not in seen and matcher.first(name) is model:
                seen.add(name)
                yield name


def _check_rule(where: str, text: str) -> None:
    try:
        re.compile(text)
    except re.error as error:
        raise PriceDocumentError(
            f"{where}: its names are matched by {text!r:.60}, which is no regular expression ({error})"
        ) from None


def _clauses(clause: Any) -> Iterator[tuple[str, str]]:
    for kind, value in vars(clause).items():
        if kind in ("or_", "and_"):
            for inner in value:
                yield from _clauses(inner)
        else:
            yield kind, value


def _spelled_out(provider_id: str, kind: str, text: str) -> Iterator[str]:
    """Yield the names that a clause spells out."""
    # A clause may stop in the middle of a name: `claude-sonnet-4-2025`, `ft:gpt-4o-2024-`.
    stem = text.rstrip("-@")
    if kind == "equals" or (stem == text and not stem[-5:].startswith("-20")):
        yield text
    if kind == "starts_with":
        yield f"{stem}-latest"
    if kind == "contains" and provider_id == "aws":
        makers = ("", "anthropic.") if text.startswith("claude") else ("",)
        for maker in makers:
            yield maker + text
            for region in _REGIONS:
                yield f"{region}.{maker}{text}"
