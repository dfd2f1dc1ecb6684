"""The values of one dimension and what they cost, for whoever looks for a value to filter by."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.repositories.costs import Sums
from llmlab_shared.db.repositories.facts import SPEND, Facts


async def read_values(connection: AsyncConnection, facts: Facts, part: str, most: int) -> list[Sums]:
    """Return the values with `part` in them, letters of either case alike: the dearest, at most `most`.

    The one key of `facts` is the dimension, and its span one unit.
    """
    # By groups and not by rows: there are some hundred rows of a value.
    having = "AND position(lower(:part) IN lower(k0)) > 0" if part else ""
    rows = await connection.execute(
        text(
            f"SELECT k0, sum(events)::bigint, {SPEND}, "
            f"sum(input_tokens + output_tokens)::bigint FROM ({facts.sql}) facts GROUP BY k0 "
            f"HAVING sum(events) > 0 {having} ORDER BY 3 DESC, 2 DESC, 1 LIMIT :most"
        ),
        {**facts.parameters, "most": most, **({"part": part} if part else {})},
    )
    return [Sums((row[0],), 0, *row[1:]) for row in rows]
