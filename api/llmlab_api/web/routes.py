"""`/` and every other address that a browser may be sent to: the page and its files.

The page is the same everywhere; which screen it shows is its own router's to say. Whoever asks `/` for
something else than a page gets the ways in as JSON.
"""

from importlib.metadata import version

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from llmlab_api.errors import Problem
from llmlab_api.health.schemas import Welcome
from llmlab_api.web.files import PAGE, is_built, send_file

# Addresses below these are never screens.
_NOT_SCREENS = ("/api", "/health", "/v1")
ASSETS = "/assets/"
router = APIRouter(tags=["health"])


@router.get("/", response_model=Welcome)
async def root(request: Request) -> Response:
    """Send the page to a browser; name the ways in to everybody else."""
    if _wants_page(request.scope):
        return await _page(request)
    return JSONResponse(Welcome(version=version("llmlab-server")).model_dump(), headers={"Vary": "Accept"})


@router.get(ASSETS + "{name}", include_in_schema=False)
async def asset(request: Request, name: str) -> Response:
    """Send a file whose name changes with its content."""
    return _sent(request, f"assets/{name}", lasting=True)


@router.get("/theme.js", include_in_schema=False)
@router.get("/icon.svg", include_in_schema=False)
async def at_root(request: Request) -> Response:
    """Send a file that keeps its name."""
    return _sent(request, request.url.path.removeprefix("/"), lasting=False)


async def _page(request: Request) -> Response:
    if not is_built():
        raise Problem(
            404,
            "web_not_built",
            "the dashboard is not built here: run `make web`, or install llmlab-server from its wheel",
        )
    return _sent(request, PAGE, lasting=False)


def _sent(request: Request, name: str, *, lasting: bool) -> Response:
    response = send_file(name, request.headers, lasting=lasting)
    if response is None:
        raise Problem(404, "not_found", f"the dashboard has no file {name}; reload the page")
    return response


def _wants_page(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


class ScreenRoute(Route):
    """Whatever a browser navigates to that is no address of the API's."""

    def __init__(self) -> None:
        super().__init__("/{path:path}", _page, methods=["GET"], include_in_schema=False)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether this is a browser on its way to a screen."""
        path: str = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not _wants_page(scope):
            return Match.NONE, {}
        if any(path == start or path.startswith(f"{start}/") for start in _NOT_SCREENS):
            return Match.NONE, {}
        return super().matches(scope)
