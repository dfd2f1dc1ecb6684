"""What many events have in common, worked out once: provider, model, API and how the call was made.

Real traffic repeats a few hundred of these combinations, so each event finds its own with one lookup
instead of recognising its provider and encoding ten texts.
"""

from dataclasses import dataclass
from functools import lru_cache

from llmlab_shared.providers.base import Provider, canonical_api
from llmlab_shared.providers.factory import get_provider

from llmlab_worker.pipeline.cells import text

_KEPT = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A combination; `cells` are the encoded columns `PROFILE_COLUMNS`. Compared by identity."""

    provider: Provider
    model: str
    error: bool
    billing: str
    environment: str
    cells: bytes


# What an event says of itself, in the order of `PROFILE_COLUMNS`.
Traits = tuple[
    str, str, str | None, str | None, str | None, str | None, str | None, str | None, str | None, str | None
]
PROFILE_COLUMNS = (
    "provider",
    "model",
    "api",
    "status",
    "billing",
    "service_tier",
    "processing",
    "region",
    "environment",
    "release",
)


@lru_cache(maxsize=_KEPT)
def profile_of(traits: Traits) -> Profile:
    """Return the profile of the events that say this of themselves."""
    name, model, api, status, billing, service_tier, processing, region, environment, release = traits
    provider = get_provider(name)
    status, billing = status or "ok", billing or "metered"
    values = (
        provider.id,
        model,
        canonical_api(api),
        status,
        billing,
        service_tier,
        processing,
        region,
        environment,
        release,
    )
    cells = b"".join(map(text, values))
    return Profile(provider, model, status == "error", billing, environment or "", cells)
