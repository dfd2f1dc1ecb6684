"""`llmlab config`: what this machine knows, secrets masked."""

import rich_click as click
from rich.text import Text

from llmlab_cli import config, screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.render.tables import plain_table
from llmlab_cli.session import profile_name


@click.group("config")
def command() -> None:
    """Show this machine's settings."""


@command.command("path")
def path() -> None:
    """Print where the settings are kept."""
    screen.write(f"{config.config_path()}\n")


@command.command("show")
@shared_options
@click.pass_obj
def show(invocation: Invocation) -> None:
    """Show the profiles, secrets masked, and which one is in use."""
    file = config.load()
    if not file.profiles:
        screen.write("No settings yet: `llmlab init` makes them.\n")
        return
    in_use = profile_name(invocation)
    table = plain_table()
    for title in ("", "Profile", "Server", "API key", "Signed in"):
        table.add_column(title, no_wrap=True)
    for name, saved in file.profiles.items():
        cells = [
            "●" if name == in_use else "",
            name,
            str(saved.get("url") or config.DEFAULT_URL),
            _masked(saved.get("api_key")),
            "yes" if saved.get("token") else "no",
        ]
        table.add_row(*map(Text, cells))
    screen.show(lambda _: table)


def _masked(secret: str | None) -> str:
    """Return enough of a key to recognise it."""
    return f"{secret[:11]}…" if secret else "none"
