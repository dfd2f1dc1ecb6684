"""Finding the one thing that somebody means by its id or its name."""

from collections.abc import Mapping, Sequence
from typing import Any

from llmlab_cli.errors import CLIError

Json = Mapping[str, Any]


def find_one(rows: Sequence[Json], wanted: str, kind: str, lister: str, *more: Sequence[Json]) -> Json:
    """Return the row of this id, else of this name, else the one that `more` says it may mean as well.

    An id goes first: nobody's name may stand in for another thing's id. `kind` is what rows are, `lister` the
    command that shows them. Raises CLIError where none is meant, or several.
    """
    for matches in (
        [row for row in rows if str(row["id"]) == wanted],
        [row for row in rows if row.get("name") == wanted],
        [row for row in rows if str(row.get("name") or "").casefold() == wanted.casefold()],
        *more,
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = ", ".join(str(row["id"]) for row in matches)
            raise CLIError(f"{wanted!r} means several {kind}s: give one of the ids {ids}")
    raise CLIError(f"there is no {kind} {wanted!r}: `{lister}` shows them")
