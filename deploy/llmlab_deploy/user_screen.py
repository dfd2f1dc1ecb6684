"""What `llmlab users ls` prints."""

from collections.abc import Sequence
from datetime import datetime

from llmlab_cli.render.tables import plain_table
from llmlab_shared.db.users import ListedUser
from rich.console import RenderableType
from rich.text import Text

_NOBODY = "Nobody has an account yet. Whoever signs up first owns the installation."


def user_list(users: Sequence[ListedUser]) -> RenderableType:
    """Return who has an account, one line a person."""
    if not users:
        return Text(_NOBODY)
    table = plain_table()
    for heading in ("E-mail", "Workspaces", "Signs in by", "Last seen"):
        table.add_column(heading, overflow="fold")
    for user in users:
        # What people call their things is text, never markup.
        places = ", ".join(f"{place.name} ({place.role})" for place in user.places)
        table.add_row(
            Text(user.email),
            Text(places) if places else Text("none", style="dim"),
            _ways(user),
            _day(user.last_seen_at),
        )
    return table


def _ways(user: ListedUser) -> str:
    ways = [
        name for name, there in (("password", user.has_password), ("Supabase", user.has_identity)) if there
    ]
    return ", ".join(ways) or "nothing yet"


def _day(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant else "–"
