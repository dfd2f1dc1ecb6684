"""Groups whose commands are imported when they run, not when they are listed."""

import importlib
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

import rich_click as click

from llmlab_cli.aliases import AliasGroup
from llmlab_cli.command_table import ENTRY_POINTS, OFFERED_WITHOUT_SERVER, OWN, SERVER, Entry
from llmlab_cli.errors import PROBLEM, CLIError


class LazyGroup(click.RichGroup):
    """Lists commands by the table, and loads the one that is called.

    Commands of the server distribution come from the entry-point group `llmlab.commands`; a name of our
    own always wins over one of an installed distribution.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names in the order of the help page."""
        installed = _server_commands()
        known = [n for n in SERVER if n in installed or (not installed and n in OFFERED_WITHOUT_SERVER)]
        others = sorted(n for n in installed if n not in SERVER and n not in OWN)
        return [*OWN, *known, *others]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a stand-in that carries the name and the short help: all that a list needs."""
        entry = OWN.get(cmd_name) or SERVER.get(cmd_name)
        if entry is None:
            point = _server_commands().get(cmd_name)
            if point is None:
                return None
            brought_by = point.dist.name if point.dist else "another package"
            entry = Entry("operate", f"(from {brought_by})")
        return click.RichCommand(name=cmd_name, help=entry.short_help, panel=entry.heading.capitalize())

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the real command that the arguments name. Raises CLIError for one that is not installed."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            near = get_close_matches(name, self.list_commands(ctx), n=1)
            meant = f" Did you mean `llmlab {near[0]}`?" if near else " `llmlab --help` lists them."
            raise click.UsageError(f"There is no command {name!r}.{meant}", ctx)
        found, stand_in, rest = super().resolve_command(ctx, args)
        if stand_in is None or found is None:
            return found, stand_in, rest
        try:
            return found, _load(found), rest
        except CLIError:
            if ctx.resilient_parsing:
                return found, stand_in, rest
            raise


class ExtendedGroup(AliasGroup):
    """A group of ours that a group of the same name in the server distribution adds commands to.

    `added` names those and says what each is for; nothing of the server is imported to list them.
    """

    added: Mapping[str, str] = MappingProxyType({})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return our commands in the order of their making, then what the installed server adds."""
        return [*self.commands, *(self.added if self.name in _server_commands() else ())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; of one that is added, a stand-in with its name and short help."""
        if cmd_name in self.added:
            return click.RichCommand(name=cmd_name, help=self.added[cmd_name], panel="Operate")
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the real command that the arguments name. Raises CLIError for one that is not installed."""
        found, command, rest = super().resolve_command(ctx, args)
        if found is None or found not in self.added or ctx.resilient_parsing:
            return found, command, rest
        group = _load_of_server(str(self.name), f"{self.name} {found}")
        added = group.get_command(ctx, found) if isinstance(group, click.Group) else None
        if added is None:
            raise CLIError(
                f"the installed server brings no `llmlab {self.name} {found}`: upgrade it", PROBLEM
            )
        return found, added, rest


@cache
def _server_commands() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINTS)}


def _load(name: str) -> click.Command:
    if name in OWN:
        entry = OWN[name]
        module = importlib.import_module(f"llmlab_cli.commands.{entry.module}")
        own: click.Command = getattr(module, entry.attribute)
        return own
    return _load_of_server(name, name)


def _load_of_server(name: str, words: str) -> click.Command:
    """Return the installed command of this name; `words` are what a person types for it."""
    point = _server_commands().get(name)
    if point is None or sys.platform == "win32":
        raise CLIError(how_to_get(words, sys.platform), PROBLEM)
    try:
        loaded = point.load()
    except ImportError as error:
        raise CLIError(
            f"`llmlab {words}` cannot be loaded ({error}): reinstall it, pip install --force-reinstall "
            f"{point.dist.name if point.dist else 'llmlab-server'}",
            PROBLEM,
        ) from error
    if not isinstance(loaded, click.Command):
        raise CLIError(f"the installed entry point {point.value!r} is no command", PROBLEM)
    return loaded


def how_to_get(name: str, platform: str) -> str:
    """Return what to do when a server command cannot run here (`platform` as in `sys.platform`)."""
    if platform == "win32":
        return (
            f"`llmlab {name}` needs Linux or macOS: on Windows use WSL (`wsl --install`, then install "
            "LLMLab inside it). The other commands work here."
        )
    return (
        f"`llmlab {name}` comes with the server: pip install 'llmlab-server[embedded]', "
        "or `make up` in a clone of LLMLab"
    )
