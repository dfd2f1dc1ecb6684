"""What is written in PostgreSQL's binary form reads back as the same values."""

import struct
from decimal import Decimal

import asyncpg
import pytest
from llmlab_shared.db.tables import metadata
from llmlab_worker.pipeline import cells
from llmlab_worker.pipeline.rows import COLUMNS
from llmlab_worker.pipeline.stage import copy_rows

AMOUNTS = [0, 1, 9999, 10**4, 10**8, 10**12 - 1, 10**12, 10**12 + 1, 10**16, 123_456_789_012_345_678_901]


def test_every_column_of_the_ledger_is_written() -> None:
    assert set(COLUMNS) == set(metadata.tables["cost_events"].columns.keys())
    assert len(COLUMNS) == len(set(COLUMNS))


async def test_money_text_and_json_read_back(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "CREATE TEMP TABLE t (n bigint, m numeric(38, 12), t text, j json, b jsonb) ON COMMIT DROP"
        )
        rows = [
            struct.pack(">h", 5)
            + cells.number(amount % 2**63)
            + cells.money(amount)
            + cells.text("zwölf 🦜" if amount else "")
            + cells.json(b'{"a": 1.50}' if amount else b"null")
            + cells.jsonb(b'{"a":"b"}' if amount else b"")
            for amount in AMOUNTS
        ]
        await copy_rows(connection, "t", list("nmtjb"), rows)
        read = await connection.fetch("SELECT * FROM t")
    assert [row["m"] for row in read] == [Decimal(amount).scaleb(-12) for amount in AMOUNTS]
    assert read[0]["t"] is read[0]["j"] is read[0]["b"] is None
    assert [row["t"] for row in read[1:]] == ["zwölf 🦜"] * (len(AMOUNTS) - 1)
    assert read[1]["j"] == '{"a": 1.50}'
    assert read[1]["b"] == '{"a": "b"}'


def test_a_number_that_is_no_bigint_is_refused() -> None:
    with pytest.raises(struct.error):
        cells.number(2**63)
