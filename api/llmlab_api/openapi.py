"""The OpenAPI page: what every route may answer beside success, and the descriptions of plain routes.

Problems look alike everywhere, so they are described here once. What follows from how a route is made (it
wants credentials, it takes a body, it checks parameters) is added to every route; only what is a route's
own is declared at the route, by `problems`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI

from llmlab_api.errors import MEDIA_TYPE

_PROBLEM_NAME = "Problem"
_DESCRIPTIONS = {
    400: "The body is no JSON (or is compressed badly), or a header makes no sense.",
    401: "No credentials, or none that hold.",
    403: "The credentials hold, but not for this: a scope is missing, or the workspace is not yours.",
    404: "This workspace has no such thing.",
    408: "The body did not come in time.",
    409: "There is one already.",
    413: "The body is too large, or has too many events.",
    415: "The Content-Type or Content-Encoding is not understood.",
    422: "What was sent makes no sense; `detail` and `errors` say what to mend.",
    429: "Too many attempts; wait for `Retry-After` seconds.",
    503: "The database or Redis is away, or too much is under way; try again after `Retry-After` seconds.",
}
_OF_SIGNED_IN = (400, 401, 403, 422)
_OF_BODIES = (400, 408, 413, 415, 422)
_WAITS = (429, 503)
_WORKSPACE = "X-LLMLab-Workspace"
# FastAPI's own description of 422, which no route answers with.
_NOT_OURS = ("HTTPValidationError", "ValidationError")

Responses = dict[int | str, dict[str, Any]]

# A decimal as the API takes it: digit by digit from a string, or from a JSON number.
DECIMAL: dict[str, Any] = {
    "oneOf": [{"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}, {"type": "number", "minimum": 0}]
}


def problems(*statuses: int, **described: str) -> Responses:
    """Return problem responses for a route's `responses`; `s503="…"` describes one in other words."""
    own = {int(name[1:]): text for name, text in described.items()}
    return {
        status: _response(status, own.get(status, _DESCRIPTIONS[status]))
        for status in sorted({*statuses, *own})
    }


def describe(app: FastAPI, describe_part: Callable[[], Mapping[str, Any]]) -> None:
    """Complete the application's OpenAPI.

    `describe_part` returns `paths` and `components.schemas` of routes that FastAPI does not see.
    """
    generate = app.openapi

    def completed() -> dict[str, Any]:
        page = app.openapi_schema
        if page is None:
            page, part = generate(), describe_part()
            page["paths"] = {**part["paths"], **page["paths"]}
            schemas = page.setdefault("components", {}).setdefault("schemas", {})
            for name in _NOT_OURS:
                schemas.pop(name, None)
            schemas.update(part["components"]["schemas"])
            schemas[_PROBLEM_NAME] = _schema()
            for path in page["paths"].values():
                for operation in path.values():
                    _complete(operation)
        return page

    app.openapi = completed  # type: ignore[method-assign]  # FastAPI documents this as the way to extend it


def _complete(operation: dict[str, Any]) -> None:
    """Add the problems that follow from what an operation declares; its own descriptions stay."""
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    implied: set[int] = set()
    if operation.get("security"):
        # Credentials are looked up in the database; who is let in may ask for what a route does not know.
        implied.update(_OF_SIGNED_IN, (503,))
    if "requestBody" in operation:
        implied.update(_OF_BODIES)
    if any(parameter["name"] != _WORKSPACE for parameter in operation.get("parameters", ())):
        implied.add(422)
    for status in implied:
        responses.setdefault(str(status), _response(status, _DESCRIPTIONS[status]))
    operation["responses"] = dict(sorted(responses.items()))


def _response(status: int, description: str) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{_PROBLEM_NAME}"}}},
    }
    if status in _WAITS:
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
        }
    return response


def _schema() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "What went wrong, and how to mend it (RFC 9457).",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string", "description": "Stable; decide by this."},
            "detail": {"type": "string", "description": "For people: what to mend."},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["message"],
                    "properties": {
                        "field": {"type": "string", "description": "The field or parameter."},
                        "index": {"type": "integer", "description": "The place of the event in its batch."},
                        "id": {"type": ["string", "integer", "null"], "description": "What it is about."},
                        "check": {"type": "string", "description": "What of the server failed."},
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                    },
                },
                "description": "What is wrong with which field or event.",
            },
        },
        "example": {
            "type": "about:blank",
            "title": "Unprocessable Entity",
            "status": 422,
            "code": "unknown_filter",
            "detail": "'custommer' is not a parameter here; did you mean customer? …",
            "errors": [{"field": "custommer", "code": "unknown_filter", "message": "…"}],
        },
    }
