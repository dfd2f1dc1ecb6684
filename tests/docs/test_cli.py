"""docs/cli.md names every command, and every exit code with its number."""

import re
from pathlib import Path

import rich_click as click
from in_process import llmlab
from llmlab_cli import errors
from llmlab_cli.app import root

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


def commands() -> list[str]:
    """Return the words of every command that does something."""
    found = []
    context = click.Context(root)
    for name in root.list_commands(context):
        _, command, _ = root.resolve_command(context, [name])
        if isinstance(command, click.Group):
            found += [name] if command.invoke_without_command else []
            found += [f"{name} {within}" for within in command.list_commands(click.Context(command))]
        else:
            found.append(name)
    return found


def test_every_command_is_on_the_page_and_no_other() -> None:
    tables = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `llmlab "))
    named = set(re.findall(r"`llmlab ([a-z]+(?:[ -][a-z]+)*)`", tables))
    assert named == set(commands())


def test_the_exit_codes_are_those_of_the_code() -> None:
    codes = {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)} == codes


def test_the_commands_that_are_shown_are_understood(tmp_path: Path) -> None:
    shown = re.findall(r"^(?:    |)(llmlab [^#|>\n]+?)(?:\s+[#|>].*)?$", PAGE, re.MULTILINE)
    assert len(shown) > 6
    for line in shown:
        done = llmlab(*line.split()[1:], env={"HOME": str(tmp_path), "LLMLAB_URL": "http://127.0.0.1:1"})
        # There is no server and no profile here; wrong usage would be told before.
        assert done.returncode in (2 if " init " in f"{line} " else 4, 5, 3), (line, done.stderr)
