"""The database away is 503 with Retry-After on every route; what only looks like it is a 500, in the log."""

from asyncpg.exceptions import InterfaceError, PostgresError
from fastapi import FastAPI, Request
from fastapi.responses import Response
from llmlab_shared.db.outage import is_outage
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from llmlab_api.errors import Problem, problem_response

RETRY_AFTER = "2"


class BrokenOff(Exception):
    """Half an answer is out and the database went away: the connection is closed, which says that it is half.

    `middleware` ends the request quietly. An outage that is told in full for every stream that it breaks
    would keep the process busy for seconds, just then.
    """


def database_unavailable() -> Problem:
    """Return the answer of a route that cannot do without the database."""
    return Problem(
        503,
        "database_unavailable",
        "the database is away or too busy; nothing was changed, try again soon",
        headers={"Retry-After": RETRY_AFTER},
    )


def install(app: FastAPI) -> None:
    """Answer every error that means an outage as 503; others go on to become what they were."""

    async def answer(_: Request, error: Exception) -> Response:
        if not is_outage(error):
            raise error
        return problem_response(database_unavailable())

    for kind in (OSError, DBAPIError, NoConnectionFree, PostgresError, InterfaceError):
        app.add_exception_handler(kind, answer)
