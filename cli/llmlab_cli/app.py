"""The root command `llmlab`, and the options that every command shares."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeVar

import rich_click as click

from llmlab_cli.command_table import HEADINGS
from llmlab_cli.lazy import LazyGroup

F = TypeVar("F", bound=Callable[..., Any])

EXIT_CODES = """\
Exit codes: 0 done · 1 something is wrong · 2 wrong usage · 3 server not reachable · 4 not signed in · \
5 local file unusable · 130 interrupted."""

_HELP_STYLE: dict[str, Any] = {
    "max_width": 100,
    "commands_before_options": True,
    "style_commands_table_column_width_ratio": (1, 5),
    "style_commands_panel_box": "SIMPLE",
    "style_options_panel_box": "SIMPLE",
    "style_command": "bold cyan",
    "style_option": "bold cyan",
    "style_switch": "bold green",
    "style_metavar": "yellow",
    "style_helptext_first_line": "",
    "style_helptext": "",
    "style_epilog_text": "dim",
    "text_markup": None,
    "range_string": "",
    "style_commands_panel_title_style": "bold",
    "style_options_panel_title_style": "bold",
}


@dataclass
class Invocation:
    """What was asked of every command: which profile, and whether to show how an error came about."""

    profile: str | None = None
    debug: bool = False


def _set_profile(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Invocation).profile = value


def _set_debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Invocation).debug = True


def _profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from llmlab_cli import completing

    return completing.profiles(ctx, param, incomplete)


def shared_options(command: F) -> F:
    """Add `--profile` and `--debug`, which may stand before or after a command's name."""
    debug = click.option(
        "--debug", is_flag=True, expose_value=False, callback=_set_debug, help="Show an error's traceback."
    )
    profile = click.option(
        "--profile",
        metavar="NAME",
        expose_value=False,
        callback=_set_profile,
        shell_complete=_profiles,
        help="Use this profile of the settings (else $LLMLAB_PROFILE, else `llmlab config use`).",
    )
    return profile(debug(command))


@click.command(
    cls=LazyGroup,
    panels=[click.RichCommandPanel(heading.capitalize()) for heading in HEADINGS],
    context_settings={"help_option_names": ["-h", "--help"], "rich_help_config": _HELP_STYLE},
    epilog=EXIT_CODES,
)
@shared_options
@click.version_option(version("llmlab-cli"), "-V", "--version", message="llmlab %(version)s")
def root() -> None:
    """What your LLM calls cost: every call, priced exactly.

    New here? `llmlab up` runs it on this machine, `llmlab init` connects to a server,
    `llmlab status` shows what was spent.
    """
