"""The architecture document keeps the original twelve headings, and every path in it exists."""

import re
from pathlib import Path

from llmlab_shared.db.tables import metadata

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "architecture.md").read_text()
HEADINGS = [
    "System Architecture Diagram",
    "User Flow Diagram",
    "Cost Tracking Flow",
    "Database Schema",
    "API Endpoint Hierarchy",
    "Deployment Architecture",
    "Request/Response Flow",
    "Cost Calculation Engine",
    "Recommendation Engine Logic",
    "Provider Extensibility Pattern",
    "CLI Command Flow",
    "Security & Auth Flow",
]
TOP_LEVEL = "api|worker|shared|sdk|cli|web|deploy|docs|tests|benchmarks"
PATH = re.compile(rf"(?<![\w/.-])(?:{TOP_LEVEL})/[\w./-]*[\w]")
FUNCTION = re.compile(rf"`((?:{TOP_LEVEL})/[\w./-]+\.py):([\w.]+)`")


def test_the_twelve_headings_stand_in_their_order() -> None:
    assert re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE) == HEADINGS


def test_every_path_exists() -> None:
    paths = set(PATH.findall(DOCUMENT))
    assert len(paths) > 40
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_named_function_is_defined_in_its_file() -> None:
    named = FUNCTION.findall(DOCUMENT)
    assert len(named) >= 8
    missing = [
        f"{path}:{name}"
        for path, name in named
        if not re.search(
            rf"^\s*(?:async )?(?:def|class) {re.escape(name.rsplit('.', maxsplit=1)[-1])}\b",
            (ROOT / path).read_text(),
            re.MULTILINE,
        )
    ]
    assert missing == []


def test_every_box_of_the_flow_charts_that_is_code_carries_its_path() -> None:
    headings = dict(zip(HEADINGS, re.split(r"^## .+$", DOCUMENT, flags=re.MULTILINE)[1:], strict=True))
    for heading in ("Cost Calculation Engine", "Provider Extensibility Pattern", "API Endpoint Hierarchy"):
        boxes = re.findall(r'\["([^"]+)"\]', headings[heading])
        assert boxes, heading
        assert [box for box in boxes if not PATH.search(box)] == [], heading


def test_the_tables_of_the_er_diagram_have_the_columns_and_keys_that_it_shows() -> None:
    shown = re.findall(r"^    ([A-Z0-9_]+) \{\n(.*?)^    \}", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert len(shown) >= 9
    for name, body in shown:
        table = metadata.tables[name.lower()]
        columns = [line.split() for line in body.splitlines()]
        assert {column[1] for column in columns} <= set(table.columns.keys()), name
        keys = {column[1] for column in columns if "PK" in column}
        assert keys == {column.name for column in table.primary_key}, name
