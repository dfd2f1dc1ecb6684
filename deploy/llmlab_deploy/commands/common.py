"""What the server commands share: the option that names a stack, and errors without a traceback."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import rich_click as click
from llmlab_shared.errors import LLMLabError

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., object])


def data_dir_option(command: F) -> F:
    """Add `--data-dir` to a command: which embedded stack it means."""
    return click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="LLMLAB_DATA_DIR",
        help="Where the embedded stack keeps its data (default: the system's place for it).",
    )(command)


def explained(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command end with the sentence of a known error instead of a traceback."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except LLMLabError as error:
            raise click.ClickException(error.detail) from error

    return wrapper
