"""Query parameters that a route does not know are refused: to ignore one answers another question."""

from collections.abc import Collection
from typing import Annotated

from fastapi import Query, Request
from fastapi.routing import APIRoute

from llmlab_api.errors import Problem, invalid
from llmlab_api.names import SHOWN, unknown

# Of lists: how many of them, and where a page begins.
Limit = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[str | None, Query(max_length=4096)]


def refuse_unknown(request: Request) -> None:
    """Raise the 422 for a parameter in the URL that the request's route does not declare.

    A route that describes its parameters by hand reads them by hand, and raises `unknown_parameter` itself.
    """
    route: APIRoute = request.scope["route"]
    if not request.url.query or "parameters" in (route.openapi_extra or {}):
        return
    declaring = (route.dependant, *route.dependant.dependencies)
    known = [parameter.alias for each in declaring for parameter in each.query_params]
    for name in request.query_params:
        if name not in known:
            raise unknown_parameter(name, known)


def unknown_parameter(name: str, known: Collection[str]) -> Problem:
    """Return the 422 for a parameter that is none of the known ones."""
    rest = unknown(name, known) if known else "; this request takes none"
    return invalid(name[:SHOWN], "unknown_filter", f"{name[:SHOWN]!r} is not a parameter here{rest}")
