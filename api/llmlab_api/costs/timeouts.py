"""Answering a question that would take too long with what to ask instead."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError

from llmlab_api.errors import Problem


@contextmanager
def refuse_when_slow() -> Iterator[None]:
    """Turn a statement that was cancelled by its time limit into a 422: the same again would fail again."""
    try:
        yield
    except DBAPIError as error:
        if error.orig is None or not isinstance(error.orig.__cause__, asyncpg.QueryCanceledError):
            raise
        raise Problem(
            422,
            "too_slow",
            "finding this takes longer than an answer may take; ask for a shorter range, or for values that "
            "are less rare in it",
        ) from None
