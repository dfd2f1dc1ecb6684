"""What the server commands share: the option that names a stack, and errors without a traceback."""

import errno
import functools
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import rich_click as click
from llmlab_cli.errors import UNREACHABLE
from llmlab_shared.errors import LLMLabError

from llmlab_deploy.errors import StackError, Unreachable

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., object])

# What a disk can be that is nobody's mistake, and what to do about it.
_OF_THE_DISK = {
    errno.ENOSPC: "free some space, or choose another --data-dir",
    errno.EDQUOT: "free some space, or choose another --data-dir",
    errno.EROFS: "choose another --data-dir",
}


class _ServerAway(click.ClickException):
    exit_code = UNREACHABLE


def data_dir_option(command: F) -> F:
    """Add `--data-dir` to a command: which embedded stack it means."""
    return click.option(
        "--data-dir",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="LLMLAB_DATA_DIR",
        help="Where the embedded stack keeps its data (default: the system's place for it).",
    )(command)


def explained(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command end with the sentence of a known error instead of a traceback.

    The lines that show what happened (a log's end, say) stand above it.
    """

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except LLMLabError as error:
            if isinstance(error, StackError) and error.said:
                click.echo(error.said, err=True)
            kind = _ServerAway if isinstance(error, Unreachable) else click.ClickException
            raise kind(error.detail) from error
        except OSError as error:
            mend = _OF_THE_DISK.get(error.errno or 0)
            if mend is None:
                raise
            raise click.ClickException(
                f"{error.strerror} for {error.filename or 'the data'}: {mend}"
            ) from error

    return wrapper
