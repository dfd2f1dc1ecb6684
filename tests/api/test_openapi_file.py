"""`api/openapi.json` is what the API says of itself, in names that other languages can be generated from."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llmlab_api.openapi_file import render

FILE = Path(__file__).parents[2] / "api" / "openapi.json"
PAGE: dict[str, Any] = json.loads(render())


def test_it_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == render(), "api/openapi.json is out of date: `make openapi`"


def test_every_schema_has_a_name_of_its_own() -> None:
    # Two of one name are told apart by their modules, and their names change with the next of that name.
    assert [name for name in PAGE["components"]["schemas"] if not re.fullmatch(r"[A-Z][A-Za-z]+", name)] == []


def test_every_answer_is_described() -> None:
    bare = [
        f"{method} {path} {status}"
        for path, operations in PAGE["paths"].items()
        for method, operation in operations.items()
        for status, response in operation["responses"].items()
        # Neither has anything to describe: the one is empty, the other leads elsewhere.
        if status not in ("204", "302")
        and not all(part.get("schema") for part in response.get("content", {"": {}}).values())
    ]
    assert bare == []


def test_no_object_says_nothing_of_its_fields() -> None:
    # A generator takes it for one without any.
    assert list(_bare_objects(PAGE, "")) == []


def test_frames_of_the_stream_are_described() -> None:
    assert {"LiveSpend", "LiveEvent"} <= PAGE["components"]["schemas"].keys()


def _bare_objects(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, dict):
        says = {"properties", "additionalProperties", "anyOf", "oneOf", "allOf"}
        if node.get("type") == "object" and not says & node.keys():
            yield path
        for name, inner in node.items():
            yield from _bare_objects(inner, f"{path}/{name}")
    elif isinstance(node, list):
        for place, inner in enumerate(node):
            yield from _bare_objects(inner, f"{path}/{place}")
