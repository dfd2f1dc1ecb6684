"""The profiles of this machine as a table, and what of the environment wins over them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.confidence import remark
from llmlab_cli.render.tables import plain_table


class Profile(NamedTuple):
    """A profile without its secrets: `api_key` is the beginning of the key, None when there is none."""

    name: str
    url: str
    api_key: str | None
    signed_in: bool
    in_use: bool


def profile_table(profiles: Sequence[Profile], environment: Mapping[str, str]) -> RenderableType:
    """Return a row for each profile, a dot at the one in use, and the variables that win over the file."""
    table = plain_table()
    table.add_column("", no_wrap=True)
    for title in ("Profile", "Server", "API key", "Signed in"):
        table.add_column(title, overflow="fold")
    for profile in profiles:
        cells = (
            "●" if profile.in_use else "",
            profile.name,
            profile.url,
            profile.api_key or "none",
            "yes" if profile.signed_in else "no",
        )
        table.add_row(*(Text(figures.clean(cell)) for cell in cells))
    parts: list[RenderableType] = [table] if profiles else []
    parts += [
        remark(figures.clean(f"{name}={value} wins over the file.")) for name, value in environment.items()
    ]
    return Group(*parts)
