"""Temporary tables through which rows go in that may meet others of the same key.

COPY into a stage and one statement from there costs a third of handing the rows over as arrays. A stage
belongs to the server's session and is empty between transactions, so any session will do, a pooler's
too. Its name tells its columns: a session that outlives a migration gets a new one.
"""

import zlib
from collections.abc import Iterable, Sequence

import asyncpg

# The beginning and the end of PostgreSQL's binary COPY.
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"


def stage_name(table: str, columns: Sequence[str]) -> str:
    """Return the name of the stage of some columns of a table."""
    return f"{table}_stage_{zlib.crc32(','.join(columns).encode()):08x}"


async def fill_stage(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Iterable[bytes]
) -> None:
    """Make these rows, in binary form, all that the stage of a table holds; make the stage if need be."""
    name = stage_name(table, columns)
    wanted = ", ".join(f'"{column}"' for column in columns)
    await connection.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS {name} ON COMMIT DELETE ROWS AS "
        f"SELECT {wanted} FROM {table} WITH NO DATA; "
        # A transaction may fill it more than once; an empty one costs nothing to delete from.
        f"DELETE FROM {name}"
    )
    await copy_rows(connection, name, columns, rows)


async def copy_rows(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Iterable[bytes]
) -> None:
    """Put rows, in binary form, into a table."""
    data = b"".join((HEADER, *rows, TRAILER))
    # A view of the bytes, because bytes alone are taken for the path of a file.
    await connection.copy_to_table(table, source=memoryview(data), columns=columns, format="binary")
