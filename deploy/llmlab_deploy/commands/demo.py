"""`llmlab demo`: LLMLab with something in it to look at, or the main job checked from end to end."""

import sys
from pathlib import Path

import rich_click as click

from llmlab_deploy.commands.common import explained


@click.command(name="demo", epilog="Example: `llmlab demo`, then `llmlab status` as it says")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address the API listens on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The API's port."
)
@click.option("--keep", is_flag=True, help="Keep the data for the next time, beside that of `llmlab up`.")
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Keep the data here instead."
)
@click.option(
    "--check",
    is_flag=True,
    help="Send recorded provider calls instead, compare every cost with what it must be, and stop.",
)
@click.option(
    "--system-servers",
    is_flag=True,
    help="Run the system's PostgreSQL and Valkey or Redis rather than those of the `embedded` extra.",
)
@explained
def command(
    *, host: str, port: int, keep: bool, data_dir: Path | None, check: bool, system_servers: bool
) -> None:
    """Run it with a month of made-up calls to look at.

    Always on servers of its own, whatever the environment names. The data is removed at the end, unless
    it is to be kept.
    """
    if sys.platform == "win32":
        raise click.ClickException("LLMLab needs Linux or macOS: on Windows run it inside WSL")
    if check:
        from llmlab_deploy.demo.check import run_check
        from llmlab_deploy.embedded.supervisor import StopRequested

        try:
            run_check(system_servers=system_servers)
        except StopRequested:
            raise click.Abort from None
        return
    from llmlab_deploy.demo.month import run_month
    from llmlab_deploy.embedded.state import default_data_folder
    from llmlab_deploy.stack import StackOptions

    if keep and data_dir is None:
        data_dir = default_data_folder().with_name("llmlab-demo")
    run_month(
        StackOptions(
            data_dir=data_dir or Path(),
            host=host,
            port=port,
            only_embedded=True,
            system_servers=system_servers,
        ),
        kept=data_dir is not None,
    )
