"""The export's parameters and answer for OpenAPI: the parameters are read from the URL by hand."""

from typing import Any

from llmlab_api.export.formats import FORMATS
from llmlab_api.export.service import FROM, ROWS, TO, WITHOUT_COST

FORMAT: dict[str, Any] = {
    "name": "format",
    "in": "query",
    "required": False,
    "description": "jsonl: an event as `GET /api/costs` shows it on each line. csv: the same, flat, with a "
    "heading. focus: FOCUS 1.2 as CSV, a charge for each event whose cost is known.",
    "schema": {"type": "string", "enum": list(FORMATS), "default": "jsonl"},
}
AFTER: dict[str, Any] = {
    "name": "after",
    "in": "query",
    "required": False,
    "description": "Go on behind this event, the last one that came whole; CSV has its heading again.",
    "schema": {"type": "string", "format": "uuid"},
}
WORKSPACE: dict[str, Any] = {
    "name": "workspace",
    "in": "query",
    "required": False,
    "description": "Another of your workspaces, for links, which have no headers: as `X-LLMLab-Workspace`.",
    "schema": {"type": "integer", "minimum": 1},
}


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


RESPONSE: dict[str, Any] = {
    "description": "The rows, as they are read.",
    "content": {
        media_type.partition(";")[0]: {"schema": {"type": "string"}}
        for media_type in dict.fromkeys(form.media_type for form in FORMATS.values())
    },
    "headers": {
        "Content-Disposition": _header("A name for the file."),
        FROM: _header("Where the range begins; send it when you go on later."),
        TO: _header("Where it ends, not included."),
        ROWS: _header(
            "How many rows the range has, those before `after` too; absent where counting takes long.",
            "integer",
        ),
        WITHOUT_COST: _header(
            "How many of its events have no known cost: rows without a cost, and no rows in FOCUS.",
            "integer",
        ),
    },
}
