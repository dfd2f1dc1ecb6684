"""Options that several commands about prices share."""

from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click

from llmlab_cli.quantities import CountType

F = TypeVar("F", bound=Callable[..., Any])

# Options for what a call used, by the names of the fields of an event.
_COUNTS = {
    "input_tokens": ("--input", "Input tokens, cached ones too."),
    "output_tokens": ("--output", "Output tokens, reasoning too."),
    "cache_read_tokens": ("--cache-read", "Of the input, read from a cache."),
    "cache_write_tokens": ("--cache-write", "Of the input, written to a cache."),
    "cache_write_1h_tokens": ("--cache-write-1h", "Of those written, kept for an hour."),
    "input_audio_tokens": ("--input-audio", "Of the input, audio."),
    "input_image_tokens": ("--input-image", "Of the input, images."),
    "output_audio_tokens": ("--output-audio", "Of the output, audio."),
    "output_image_tokens": ("--output-image", "Of the output, images."),
}
CONTEXTS = ("standard", "batch", "flex", "priority", "fast")
JSON_OPTION = click.option(
    "--json", "as_json", is_flag=True, help="Print the API's own JSON: exact amounts, for programs."
)


def context_options(command: F) -> F:
    """Add `--context` and `--region`: how and where a call was processed; read them with `context_of`."""
    region = click.option("--region", metavar="NAME", help="The price of this region.")
    context = click.option(
        "--context",
        type=click.Choice(CONTEXTS, case_sensitive=False),
        default=CONTEXTS[0],
        metavar="NAME",
        help=f"The price of calls that are processed so: {', '.join(CONTEXTS)}. [default: standard]",
    )
    return context(region(command))


def count_options(command: F) -> F:
    """Add an option for each count of tokens; the command takes them by the names of an event's fields."""
    for name, (option, told) in reversed(_COUNTS.items()):
        command = click.option(option, name, type=CountType(), metavar="N", help=told)(command)
    return command


def context_of(context: str, region: str | None) -> str:
    """Return the price context as the API writes it: "" for the standard one, `@eu` for a region's."""
    name = "" if context == CONTEXTS[0] else context
    return f"{name}@{region.strip().lower()}" if region and region.strip() else name
