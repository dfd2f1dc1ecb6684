"""Which cheaper models may do the work of which: reviewed by people, each line with its reason.

Models are named without the date of their release. `closeness` is how likely the alternative does the
same work as well, before anybody measured it: 0.8 for the next generation of the same line, 0.7 for one
after that, 0.5 for a smaller line of the same family. A line stands here only if the provider itself
presents the one as the successor or the smaller sibling of the other.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

SUCCESSOR = Decimal("0.8")
LATER = Decimal("0.7")
SMALLER = Decimal("0.5")
OTHER_PROVIDER = Decimal("0.4")


@dataclass(frozen=True, slots=True)
class Alternative:
    """`to` may take over what `model` does at the same provider."""

    provider: str
    model: str
    to: str
    closeness: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Peers:
    """Models of one weight: `family` names which are meant, `stand_in` the one each provider would offer."""

    name: str
    family: dict[str, re.Pattern[str]]
    stand_in: dict[str, str]


def _lines(provider: str, *rows: tuple[str, str, Decimal, str]) -> list[Alternative]:
    return [Alternative(provider, *row) for row in rows]


ALTERNATIVES = [
    *_lines(
        "openai",
        ("gpt-4-32k", "gpt-4-turbo", SUCCESSOR, "GPT-4 Turbo has the longer context at a sixth of the price"),
        ("gpt-4-32k", "gpt-4o", LATER, "GPT-4o follows GPT-4 Turbo"),
        ("gpt-4", "gpt-4-turbo", SUCCESSOR, "GPT-4 Turbo is GPT-4's direct successor"),
        ("gpt-4", "gpt-4o", LATER, "GPT-4o follows GPT-4 Turbo"),
        ("gpt-4-turbo", "gpt-4o", SUCCESSOR, "GPT-4o is GPT-4 Turbo's direct successor"),
        ("gpt-4-turbo", "gpt-4.1", LATER, "GPT-4.1 follows GPT-4o"),
        ("gpt-4.5-preview", "gpt-4.1", SUCCESSOR, "OpenAI named GPT-4.1 as the replacement of GPT-4.5"),
        ("gpt-4o", "gpt-4.1", SUCCESSOR, "GPT-4.1 is GPT-4o's successor in the API"),
        ("gpt-4o", "gpt-4o-mini", SMALLER, "GPT-4o mini is its smaller sibling"),
        ("gpt-4.1", "gpt-4.1-mini", SMALLER, "GPT-4.1 mini is its smaller sibling"),
        ("o1-preview", "o3", LATER, "o3 follows o1"),
        ("o1", "o3", SUCCESSOR, "o3 is o1's successor"),
        ("o1-pro", "o3-pro", SUCCESSOR, "o3-pro is o1-pro's successor"),
        ("o3", "o4-mini", SMALLER, "o4-mini is the smaller reasoning model of the next generation"),
        ("gpt-5-pro", "gpt-5", SMALLER, "GPT-5 is the same generation with less computing for each answer"),
        ("gpt-5", "gpt-5-mini", SMALLER, "GPT-5 mini is its smaller sibling"),
        ("gpt-5.1", "gpt-5-mini", SMALLER, "GPT-5 mini is the smaller sibling of this generation"),
        ("gpt-5.2-pro", "gpt-5.2", SMALLER, "GPT-5.2 is the same generation with less computing"),
        ("gpt-5.4", "gpt-5.4-mini", SMALLER, "GPT-5.4 mini is its smaller sibling"),
    ),
    *_lines(
        "anthropic",
        ("claude-2", "claude-haiku-4-5", LATER, "Claude Haiku 4.5 is the smallest model two generations on"),
        (
            "claude-3-opus",
            "claude-opus-4-5",
            SUCCESSOR,
            "Claude Opus 4.5 is the same line, later and cheaper",
        ),
        (
            "claude-opus-4",
            "claude-opus-4-5",
            SUCCESSOR,
            "Claude Opus 4.5 is the same line, later and cheaper",
        ),
        (
            "claude-opus-4-0",
            "claude-opus-4-5",
            SUCCESSOR,
            "Claude Opus 4.5 is the same line, later and cheaper",
        ),
        (
            "claude-opus-4-1",
            "claude-opus-4-5",
            SUCCESSOR,
            "Claude Opus 4.5 is the same line, later and cheaper",
        ),
        (
            "claude-3-opus",
            "claude-sonnet-4-5",
            SMALLER,
            "Claude Sonnet is the middle line of a later generation",
        ),
        ("claude-opus-4", "claude-sonnet-4-5", SMALLER, "Claude Sonnet is the middle line"),
        ("claude-opus-4-1", "claude-sonnet-4-5", SMALLER, "Claude Sonnet is the middle line"),
        (
            "claude-opus-4-5",
            "claude-sonnet-4-5",
            SMALLER,
            "Claude Sonnet is the middle line of its generation",
        ),
        (
            "claude-opus-4-6",
            "claude-sonnet-4-6",
            SMALLER,
            "Claude Sonnet is the middle line of its generation",
        ),
        (
            "claude-3-sonnet",
            "claude-haiku-4-5",
            SMALLER,
            "Claude Haiku is the small line, a generation later",
        ),
        (
            "claude-3-5-sonnet",
            "claude-haiku-4-5",
            SMALLER,
            "Claude Haiku is the small line, a generation later",
        ),
        (
            "claude-3-7-sonnet",
            "claude-haiku-4-5",
            SMALLER,
            "Claude Haiku is the small line, a generation later",
        ),
        ("claude-sonnet-4", "claude-haiku-4-5", SMALLER, "Claude Haiku is the small line"),
        (
            "claude-sonnet-4-5",
            "claude-haiku-4-5",
            SMALLER,
            "Claude Haiku is the small line of its generation",
        ),
    ),
    *_lines(
        "google",
        ("gemini-1.5-pro", "gemini-2.5-flash", SMALLER, "Gemini Flash is the small line, a generation later"),
        ("gemini-2.5-pro", "gemini-2.5-flash", SMALLER, "Gemini Flash is the small line of its generation"),
        ("gemini-2.5-flash", "gemini-2.5-flash-lite", SMALLER, "Gemini Flash-Lite is the smallest line"),
    ),
]

PEERS = [
    Peers(
        "small",
        {
            "openai": re.compile(r"gpt-3\.5.*|.*-(mini|nano)"),
            "anthropic": re.compile(r"claude-.*haiku.*"),
            "google": re.compile(r"gemini-.*flash.*"),
        },
        {
            "openai": "gpt-4o-mini",
            "anthropic": "claude-haiku-4-5",
            "google": "gemini-2.5-flash",
        },
    ),
    Peers(
        "large",
        {
            "openai": re.compile(r"gpt-4(\.\d)?(-32k|-turbo|-preview)?|gpt-4o|gpt-5(\.\d)?|o1|o3"),
            "anthropic": re.compile(r"claude-.*(sonnet|opus).*"),
            "google": re.compile(r"gemini-.*pro.*"),
        },
        {
            "openai": "gpt-4.1",
            "anthropic": "claude-sonnet-4-5",
            "google": "gemini-2.5-pro",
        },
    ),
]

# Whose undated names are aliases that the provider moves to its newest snapshot of the same model. Elsewhere
# an undated name may be an older model: Mistral's `ministral-3b` came before `ministral-3b-2512`.
UNDATED_IS_NEWEST: Final = frozenset({"openai"})

_DATED = re.compile(r"[-@](\d{8}|\d{4}-\d{2}-\d{2}|\d{4}|latest)$")


def family_of(model: str) -> str:
    """Return a model's name without the date of its release: `gpt-4-0613` is a `gpt-4`."""
    return _DATED.sub("", model.lower())


def is_older_snapshot(provider: str, model: str) -> bool:
    """Say whether the undated name of a model stands for a later snapshot than this one."""
    name = model.lower()
    return provider in UNDATED_IS_NEWEST and name != family_of(name) and not name.endswith("latest")


def peers_of(provider: str, family: str) -> Peers | None:
    """Return the weight that a family belongs to, if it is a known one."""
    for peers in PEERS:
        if (pattern := peers.family.get(provider)) is not None and pattern.fullmatch(family):
            return peers
    return None


def models_beside(provider: str, model: str) -> set[tuple[str, str]]:
    """Return every model that some rule may compare a model with, as (provider, model)."""
    family = family_of(model)
    found = {(provider, family)}
    found |= {
        (provider, line.to) for line in ALTERNATIVES if (line.provider, line.model) == (provider, family)
    }
    if (peers := peers_of(provider, family)) is not None:
        found |= set(peers.stand_in.items())
    return found
