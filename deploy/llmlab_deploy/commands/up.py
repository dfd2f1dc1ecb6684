"""`llmlab up`: the whole of LLMLab on this machine, in the foreground."""

import sys
from pathlib import Path

import rich_click as click

from llmlab_deploy.commands.common import data_dir_option, explained


@click.command(name="up", epilog="Example: `llmlab up --port 8080 --workers 2`")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address the API listens on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The API's port (else LLMLAB_PORT, PORT, 8000; 0: any free).",
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(0, 64), help="How many workers.")
@click.option("--no-worker", is_flag=True, help="Start no worker; the same as --workers 0.")
@click.option("--no-api", is_flag=True, help="Start no API.")
@click.option("--open-signup", is_flag=True, help="Let everybody sign up, not the first user alone.")
@click.option(
    "--system-servers",
    is_flag=True,
    help="Run the system's PostgreSQL and Valkey or Redis rather than those of the `embedded` extra.",
)
@click.option(
    "--proxy-headers",
    is_flag=True,
    help="Believe X-Forwarded-For and -Proto: only behind a proxy that sets them.",
)
@data_dir_option
@explained
def command(
    *,
    host: str,
    port: int | None,
    workers: int,
    no_worker: bool,
    no_api: bool,
    open_signup: bool,
    system_servers: bool,
    proxy_headers: bool,
    data_dir: Path | None,
) -> None:
    """Run the whole of LLMLab on this machine.

    Brings a PostgreSQL and a Valkey of its own, unless LLMLAB_DATABASE_URL and LLMLAB_REDIS_URL name
    others. Keeps running until Ctrl-C; the data stays, and the next start finds it.
    """
    if sys.platform == "win32":
        raise click.ClickException("LLMLab needs Linux or macOS: on Windows run it inside WSL")
    from llmlab_deploy.embedded.state import default_data_folder
    from llmlab_deploy.run import run_stack
    from llmlab_deploy.settings import settings_of_environment
    from llmlab_deploy.stack import StackOptions

    run_stack(
        StackOptions(
            data_dir=data_dir or default_data_folder(),
            host=host,
            port=settings_of_environment().port if port is None else port,
            api=not no_api,
            workers=0 if no_worker else workers,
            signup="open" if open_signup else None,
            system_servers=system_servers,
            proxy_headers=proxy_headers,
        )
    )
