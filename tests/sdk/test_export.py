"""Reading an export: whole rows however the bytes come, and what is known when they stop coming."""

import csv
import io
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import llmlab
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llmlab import AsyncLLMLab, LLMLab
from llmlab._export_rows import ExportRows

KEY = "llmlab_0123456789abcdefghijklmnopqrstuvwxyz"
HEADERS = {
    "X-LLMLab-Rows": "3",
    "X-LLMLab-Rows-Without-Cost": "1",
    "X-LLMLab-From": "2026-11-01T00:00:00+01:00",
    "X-LLMLab-To": "2026-12-01T00:00:00+01:00",
    "Content-Disposition": 'attachment; filename="costs.csv"',
}
MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8; header=present"}
ROWS = [{"id": f"id-{n}", "feature": text} for n, text in enumerate(("a", 'b "\r\n,', "'=c"))]


@contextmanager
def sending(
    chunks: Sequence[bytes], media_type: str, *, whole: bool = True
) -> Iterator[tuple[str, list[str]]]:
    """A server that answers every request with these chunks and breaks off behind them unless `whole`."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            for name, value in {
                **HEADERS,
                "Content-Type": media_type,
                "Transfer-Encoding": "chunked",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            for chunk in chunks:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            if whole:
                self.wfile.write(b"0\r\n\r\n")
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def table(rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([list(ROWS[0]), *(list(row.values()) for row in rows)])
    return text.getvalue().encode()


LINES = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)
WRITTEN = {"jsonl": LINES, "csv": table(ROWS)}


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_rows_and_what_was_said_of_them(form: Any) -> None:
    with sending([WRITTEN[form][:20], WRITTEN[form][20:]], MEDIA_TYPES[form]) as (url, asked):
        with LLMLab(KEY, url) as client, client.costs.export(form, after="x", feature=["a", "b"]) as export:
            rows = list(export)
        async with (
            AsyncLLMLab(KEY, url) as other,
            other.costs.export(form, after="x", feature=["a", "b"]) as same,
        ):
            assert [row async for row in same] == rows
    assert asked == [f"/api/costs/export?format={form}&after=x&feature=a&feature=b"] * 2
    assert rows == ROWS
    for each in (export, same):
        assert (each.rows, each.rows_without_cost, each.seen, each.last_id) == (3, 1, 3, "id-2")
        assert (each.from_, each.to) == (HEADERS["X-LLMLab-From"], HEADERS["X-LLMLab-To"])
        assert each.file_name == "costs.csv"


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("whole", [False, True], ids=["without an end", "as if it were all"])
async def test_what_breaks_off_is_no_end(form: Any, whole: bool) -> None:
    cut = len(WRITTEN[form]) - 3
    with sending([WRITTEN[form][:cut]], MEDIA_TYPES[form], whole=whole) as (url, _):
        with LLMLab(KEY, url) as client, client.costs.export(form) as export:
            got: list[bytes] = []
            with pytest.raises(llmlab.ConnectionFailed):
                got.extend(export.blocks())
        async with AsyncLLMLab(KEY, url) as other, other.costs.export(form) as same:
            with pytest.raises(llmlab.ConnectionFailed):
                async for _row in same:
                    pass
    for each in (export, same):
        assert (each.seen, each.last_id) == (2, "id-1")
    assert b"".join(got) == (table(ROWS[:2]) if form == "csv" else LINES[: LINES.index(b'{"id": "id-2"')])


async def test_a_page_is_no_export() -> None:
    with sending([b"<p>Please sign in</p>\n"], "text/html; charset=utf-8") as (url, _):
        with (
            LLMLab(KEY, url) as client,
            pytest.raises(llmlab.UnexpectedAnswer, match="check the URL"),
            client.costs.export("csv"),
        ):
            pass
        async with AsyncLLMLab(KEY, url) as other:
            with pytest.raises(llmlab.UnexpectedAnswer, match="check the URL"):
                async with other.costs.export("csv"):
                    pass


_TEXT = st.text(st.sampled_from("a\",\r\n'é="), max_size=4)


@given(
    st.lists(st.tuples(_TEXT, _TEXT), max_size=8),
    st.lists(st.integers(1, 30), min_size=1, max_size=20),
    st.sampled_from(["csv", "jsonl"]),
)
def test_blocks_are_whole_rows_however_the_bytes_come(
    texts: list[tuple[str, str]], sizes: list[int], form: Any
) -> None:
    rows = [{"id": f"{n}{one}", "feature": two} for n, (one, two) in enumerate(texts)]
    data = table(rows) if form == "csv" else b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    reading = ExportRows(form)
    blocks: list[bytes] = []
    values: list[Any] = []
    place = 0
    for size in [*sizes, len(data)]:
        for block in reading._take(data[place : place + size]):
            blocks.append(block)
            values += reading._values(block)
            # What came so far is all rows, and the last is known.
            assert values == rows[: reading.seen]
            assert reading.last_id == (values[-1]["id"] if values else None)
        place += size
    assert b"".join(blocks) == data
    assert values == rows
