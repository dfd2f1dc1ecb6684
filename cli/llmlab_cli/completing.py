"""What a shell offers after TAB where click cannot know it: profiles, periods, groupings, filters."""

from collections.abc import Callable

import rich_click as click

from llmlab_cli import config, periods
from llmlab_cli.errors import CLIError

DIMENSIONS = (
    "provider", "model", "api_key", "feature", "customer", "user", "team", "project", "environment",
    "release",
)  # fmt: skip
FILTERS = (*DIMENSIONS, "status", "price_status")
_UNITS = ("day", "hour", "month")

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def profiles(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of the profiles that are saved here; none where the file is broken."""
    try:
        names = config.load().profiles
    except CLIError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def of(*words: str) -> Complete:
    """Return what completes to one of these words."""
    return lambda _, __, incomplete: [word for word in words if word.startswith(incomplete)]


period = of(*periods.EXAMPLES)
filters = of(*(f"{name}=" for name in FILTERS), "tag.")


def groupings(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return names to group by; after a comma the ones that are not there yet."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    return [
        f"{before}{comma}{name}"
        for name in (*DIMENSIONS, *_UNITS)
        if name.startswith(last) and name not in taken
    ]
