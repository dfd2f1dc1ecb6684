"""Statements that take too long: noticed, and answered with what to ask instead."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError

from llmlab_api.errors import Problem


class TooSlow(Exception):
    """A statement was cancelled by its time limit; the same again would be, too."""


@contextmanager
def cancelled_when_slow() -> Iterator[None]:
    """Raise `TooSlow` for a statement that its time limit cancelled."""
    try:
        yield
    except DBAPIError as error:
        if error.orig is None or not isinstance(error.orig.__cause__, asyncpg.QueryCanceledError):
            raise
        raise TooSlow from None


@contextmanager
def refuse_when_slow() -> Iterator[None]:
    """Turn a statement that was cancelled by its time limit into a 422: the same again would fail again."""
    try:
        with cancelled_when_slow():
            yield
    except TooSlow:
        raise Problem(
            422,
            "too_slow",
            "finding this takes longer than an answer may take; ask for a shorter range, or for values that "
            "are less rare in it",
        ) from None
