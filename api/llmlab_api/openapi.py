"""Merging descriptions of plain routes into the page that FastAPI makes of its own."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI


def describe(app: FastAPI, describe_part: Callable[[], Mapping[str, Any]]) -> None:
    """Add `paths` and `components.schemas` of a hand-written description to the application's OpenAPI."""
    generate = app.openapi

    def merged() -> dict[str, Any]:
        page = app.openapi_schema
        if page is None:
            page, part = generate(), describe_part()
            page["paths"] = {**part["paths"], **page["paths"]}
            schemas = page.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(part["components"]["schemas"])
        return page

    app.openapi = merged  # type: ignore[method-assign]  # FastAPI documents this as the way to extend it
