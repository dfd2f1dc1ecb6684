"""The server commands alone: `python -m llmlab_deploy api`, as `llmlab up` starts its children."""

import importlib
import sys

import rich_click as click

COMMANDS = ("up", "demo", "api", "worker", "workers", "db", "deadletters", "prices")


def main() -> None:
    """Run one server command, importing only that one."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        sys.exit(f"usage: python -m llmlab_deploy {'|'.join(COMMANDS)} …")
    command: click.Command = importlib.import_module(f"llmlab_deploy.commands.{name}").command
    command.main(sys.argv[2:], prog_name=f"llmlab {name}")


if __name__ == "__main__":
    main()
