"""`/api/docs`: the page that shows what the API takes and answers. It needs no other site than this one.

The page is Swagger UI, whose files are those of the package `fastapi-offline`.
"""

from functools import cache

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

PAGE = "/api/docs"
_SCRIPT, _STYLE, _ICON = (
    f"{PAGE}/assets/{name}" for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")
)
router = APIRouter(include_in_schema=False)


@cache
def _files() -> StaticFiles:
    # Found without importing the package, whose application is not wanted.
    return StaticFiles(packages=[("fastapi_offline", "static")])


@router.get(PAGE)
async def show(request: Request) -> HTMLResponse:
    """Show the description of the API."""
    # What a proxy in front has taken off the path.
    root = request.scope.get("root_path", "").rstrip("/")
    return get_swagger_ui_html(
        openapi_url=f"{root}{request.app.openapi_url}",
        title=f"{request.app.title}: API",
        swagger_js_url=root + _SCRIPT,
        swagger_css_url=root + _STYLE,
        swagger_favicon_url=root + _ICON,
        # Else the description is sent to a third party to be judged.
        swagger_ui_parameters={"validatorUrl": None},
    )


@router.get(_SCRIPT)
@router.get(_STYLE)
@router.get(_ICON)
async def send_file(request: Request) -> Response:
    """Send one of the page's files, or say that the browser has it already."""
    return await _files().get_response(request.url.path.rpartition("/")[2], request.scope)
