"""Asking a person; where there is none, saying which option answers instead."""

import sys

import rich_click as click

from llmlab_cli.screen import on_terminal


def ask(question: str, option: str, *, hidden: bool = False, default: str | None = None) -> str:
    """Return what the person at the terminal answers. Raises UsageError where nobody can be asked."""
    if not on_terminal():
        raise click.UsageError(f"there is no terminal to ask on: give {option}")
    answer: str = click.prompt(
        question, hide_input=hidden, default=default, show_default=not hidden, err=True, type=str
    )
    return answer.strip()


def confirm(question: str, option: str) -> None:
    """Go on only if the person agrees. Raises Abort if not, UsageError where nobody can be asked."""
    if not on_terminal():
        raise click.UsageError(f"there is no terminal to ask on: give {option}")
    click.confirm(question, abort=True, err=True)


def new_password(from_stdin: bool) -> str:
    """Return a new password: typed twice without being shown, or the first line of standard input."""
    if from_stdin:
        return _first_line()
    if not on_terminal():
        raise click.UsageError("there is no terminal to ask on: give --password-stdin")
    password: str = click.prompt(
        "Password (not shown)", hide_input=True, confirmation_prompt="Once more", err=True, type=str
    )
    return password


def password(from_stdin: bool) -> str:
    """Return a password: typed without being shown, or the first line of standard input."""
    if from_stdin:
        return _first_line()
    if not on_terminal():
        raise click.UsageError("there is no terminal to ask on: give --password-stdin")
    typed: str = click.prompt("Password (not shown)", hide_input=True, err=True, type=str)
    return typed


def _first_line() -> str:
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise click.UsageError("--password-stdin was given, but nothing came on standard input")
    return line
