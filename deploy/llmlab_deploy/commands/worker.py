"""`llmlab worker`: one worker process in the foreground."""

from pathlib import Path

import rich_click as click

from llmlab_deploy.commands.common import data_dir_option, explained


@click.command(name="worker", epilog="Example: `llmlab worker`")
@data_dir_option
@explained
def command(data_dir: Path | None) -> None:
    """Run a worker process.

    It prices what the API accepted. Several may run, on this machine and on others; they share the work.
    """
    from llmlab_worker.main import run

    from llmlab_deploy.settings import server_settings

    run(server_settings(data_dir))
