"""`llmlab completion`: the script that lets a shell complete commands, options and profiles."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import rich_click as click

from llmlab_cli import config, screen
from llmlab_cli.app import root, shared_options
from llmlab_cli.errors import LOCAL_FILES, CLIError

_VARIABLE = "_LLMLAB_COMPLETE"
# Before zsh's own completion is set up there is nothing to tell it to.
_ZSH_NEEDS = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"


@dataclass(frozen=True)
class _Shell:
    """Where a script is kept so that new shells find it, and the file that must name it, if any must."""

    script: Callable[[], Path]
    start_file: Callable[[], Path] | None = None


_SHELLS = {
    "bash": _Shell(lambda: _beside_settings("bash"), lambda: Path.home() / ".bashrc"),
    "zsh": _Shell(
        lambda: _beside_settings("zsh"), lambda: Path(os.environ.get("ZDOTDIR") or Path.home()) / ".zshrc"
    ),
    "fish": _Shell(
        lambda: (
            Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
            / "fish"
            / "completions"
            / "llmlab.fish"
        )
    ),
}


def _beside_settings(shell: str) -> Path:
    return config.config_path().with_name(f"completion.{shell}")


@click.command(
    "completion",
    epilog="Example: `llmlab completion --install`, or `. <(llmlab completion bash)` for one shell",
)
@click.argument("shell", type=click.Choice(list(_SHELLS)), required=False)
@click.option("--install", is_flag=True, help="Keep it where every new shell finds it.")
@shared_options
def command(shell: str | None, install: bool) -> None:
    """Let the shell complete commands, options and profiles.

    Prints the script for bash (4.4 or newer), zsh or fish; without a name, for the shell that $SHELL says
    is yours. Safe to install again: do so after an upgrade.
    """
    shell = shell or Path(os.environ.get("SHELL", "")).name
    if shell not in _SHELLS:
        raise click.UsageError(f"name your shell: {', '.join(_SHELLS)}")
    script = _script(shell)
    if install:
        _install(shell, script)
    else:
        screen.write(script)


def _script(shell: str) -> str:
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise CLIError(f"this version of click knows no completion for {shell}")
    script = made(root, {}, "llmlab", _VARIABLE).source()
    return _ZSH_NEEDS + script if shell == "zsh" else script


def _install(shell: str, script: str) -> None:
    place = _SHELLS[shell]
    path = place.script()
    start_file = place.start_file() if place.start_file is not None else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script, encoding="utf-8")
        if start_file is not None:
            _name_in(start_file, path)
    except OSError as error:
        raise CLIError(
            f"cannot write {error.filename} ({error.strerror}): make it writable, or put "
            f"`. <(llmlab completion {shell})` where your shell starts",
            LOCAL_FILES,
        ) from error
    named = f", named in {config.shown(start_file)}" if start_file is not None else ""
    screen.write(f"✓ Saved in {config.shown(path)}{named}. New shells complete `llmlab`.\n")


def _name_in(start_file: Path, path: Path) -> None:
    """Let a shell's start file read the script, unless it does already."""
    line = f'[ -f "{path}" ] && . "{path}"'
    # It is only searched for a line: whatever else it holds, in whichever encoding, stays.
    text = start_file.read_text(encoding="utf-8", errors="replace") if start_file.exists() else ""
    if line in text.splitlines():
        return
    gap = "" if not text or text.endswith("\n") else "\n"
    with start_file.open("a", encoding="utf-8") as file:
        file.write(f"{gap}# Completion of llmlab\n{line}\n")
