"""Every error of the API as `application/problem+json`, with a code that is stable and words that help."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

MEDIA_TYPE = "application/problem+json"
_CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}
# What FastAPI says of a body that the JSON decoder chokes on in another way than by its grammar.
_UNREADABLE = "There was an error parsing the body"
_WORDS = {
    "missing": "is missing",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
}
# Where FastAPI found the value; said only where the name alone would not tell.
_PLACES = {"body": "", "query": "", "path": "", "header": "header ", "cookie": "cookie "}


class Problem(Exception):
    """An answer other than success. `errors` lists what is wrong with which field or event."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers


def invalid(field: str, code: str, message: str) -> Problem:
    """Return the 422 for one parameter or field."""
    return Problem(422, code, message, errors=[{"field": field, "code": code, "message": message}])


def problem_response(problem: Problem) -> Response:
    """Return a problem as the response the contract names."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.errors is not None:
        body["errors"] = jsonable_encoder(problem.errors)
    return JSONResponse(
        body, status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(problem.headers or {})
    )


def install(app: FastAPI) -> None:
    """Answer every exception that the application foresees as a problem; `middleware` has the others."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> Response:
        return problem_response(error)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        return problem_response(_of_http(request, error))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return problem_response(_of_validation(request, error))


def _of_http(request: Request, error: HTTPException) -> Problem:
    status = error.status_code
    detail = str(error.detail)
    if status == 404:
        detail = f"there is nothing at {request.url.path}; /api/docs lists what there is"
    elif status == 400 and detail == _UNREADABLE:
        return Problem(
            400,
            "malformed_json",
            "the body is no JSON in UTF-8 that is nested sensibly, or it is compressed, which only "
            "POST /api/events/track takes",
        )
    elif status == 405:
        allowed = _methods_of(request)
        detail = f"{request.method} is not for {request.url.path}; it takes {allowed}"
        return Problem(status, _CODES[status], detail, headers={"Allow": allowed})
    return Problem(status, _CODES.get(status, "error"), detail, headers=error.headers)


def _methods_of(request: Request) -> str:
    """Return every method that a path takes; the router itself names those of the first route only."""
    taken: list[str] = []
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        asked = {**request.scope, "method": method}
        if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
            # Who may GET may ask for the HEAD: see `middleware`.
            taken += ["GET", "HEAD"] if method == "GET" else [method]
    return ", ".join(taken)


def _of_validation(request: Request, error: RequestValidationError) -> Problem:
    found = error.errors()
    broken = next((each for each in found if each["type"] == "json_invalid"), None)
    if broken is not None:
        where = broken["loc"][-1]
        why = broken.get("ctx", {}).get("error", "")
        return Problem(400, "malformed_json", f"the body is not valid JSON: {why} (character {where})")
    if any(each["loc"] == ("body",) for each in found) and (wrong := wrong_media_type(request)):
        return wrong
    errors = [{"field": _field(each["loc"]), "message": _said(each)} for each in found]
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    code = "unknown_field" if all(each["type"] == "unknown_field" for each in found) else "validation_failed"
    return Problem(422, code, f"{first['field']}: {first['message']}{more}", errors=errors)


def wrong_media_type(request: Request) -> Problem | None:
    """Return the 415 for a body that says to be something else than JSON."""
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type == "application/json":
        return None
    return Problem(415, "unsupported_media_type", f"Content-Type {media_type[:64]!r}: send application/json")


def _said(error: Mapping[str, Any]) -> str:
    """Return pydantic's complaint, in words for who wrote the request instead of the model."""
    message: str = _WORDS.get(error["type"], error["msg"])
    return message.removeprefix("Value error, ").replace("Input should", "must")


def _field(place: Sequence[str | int]) -> str:
    kind, *path = place
    return _PLACES.get(str(kind), "") + ".".join(map(str, path)) if path else str(kind)
