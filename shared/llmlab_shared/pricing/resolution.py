"""From the model name of a call to the names that prices are kept under, without guessing.

Exact id, then alias, then the same two for the name without the date at its end: a dated snapshot that
is not listed costs what its undated model costs; then what the workspace itself says the name stands
for. Never another model that merely begins alike.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.factory import get_provider

_COMPACT_DATE = re.compile(r"(?<=-)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=$|-|:)")
_DATE_AT_END = re.compile(r"[-@]20\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])$")


class Candidate(NamedTuple):
    """A (provider, model) that may hold the price, and the rule that led there."""

    provider: str
    model: str
    rule: str


def spellings(provider: Provider, model: str) -> Iterator[tuple[str, str]]:
    """Yield the names a model may be listed under, lower-case, surest first, each with its rule."""
    seen = set()
    names = list(provider.model_names(model))
    for name, rule in names:
        if name not in seen:
            seen.add(name)
            yield name, rule
        dashed = _COMPACT_DATE.sub(r"\1-\2-\3", name)
        if dashed not in seen:
            seen.add(dashed)
            yield dashed, "dated"
    for name, _ in names:
        undated = _DATE_AT_END.sub("", name)
        if undated and undated not in seen:
            seen.add(undated)
            yield undated, "dated"


Mapping = Callable[[tuple[str, str]], tuple[str, str] | None]


def candidates(
    provider: Provider,
    model: str,
    alias_of: Callable[[str, str], str | None],
    mapped: Mapping | None = None,
) -> Iterator[Candidate]:
    """Yield where the price of a model may be kept, surest first.

    `alias_of(provider, name)` is the alias table. Providers whose prices hold here as well come after
    the provider itself, also for what its aliases stand for. `mapped((provider, name))` are the
    workspace's own names (deployments, fine-tunes, ARNs) with the provider and model they stand for.
    """
    spelled = list(spellings(provider, model))
    yield from _listed(provider, spelled, alias_of)
    if mapped is None:
        return
    for name, _ in spelled:
        target = mapped((provider.id, name))
        if target is not None:
            of = get_provider(target[0])
            for candidate in _listed(of, spellings(of, target[1]), alias_of):
                yield candidate._replace(rule=f"mapping:{candidate.rule}")
            return


def _listed(
    provider: Provider, spelled: Iterable[tuple[str, str]], alias_of: Callable[[str, str], str | None]
) -> Iterator[Candidate]:
    names = list(_with_targets(provider.id, spelled, alias_of))
    yield from (Candidate(provider.id, name, rule) for name, rule in names)
    for lender in provider.prices_from:
        for name, rule in _with_targets(lender, names, alias_of):
            yield Candidate(lender, name, f"{lender}:{rule}")


def _with_targets(
    source: str, names: Iterable[tuple[str, str]], alias_of: Callable[[str, str], str | None]
) -> Iterator[tuple[str, str]]:
    """Yield each name, and after it what it is an alias of."""
    for name, rule in names:
        yield name, rule
        target = alias_of(source, name)
        if target is not None and target != name:
            yield target, "alias" if rule == "exact" else f"{rule},alias"
