"""`llmlab api`: one API process in the foreground."""

from pathlib import Path

import rich_click as click

from llmlab_deploy.commands.common import data_dir_option, explained


@click.command(name="api", epilog="Example: `llmlab api --host 0.0.0.0 --port 8000`")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port (else LLMLAB_PORT, PORT, 8000).")
@click.option(
    "--proxy-headers",
    is_flag=True,
    help="Believe X-Forwarded-For and -Proto: only behind a proxy that sets them.",
)
@data_dir_option
@explained
def command(host: str, port: int | None, proxy_headers: bool, data_dir: Path | None) -> None:
    """Run an API process.

    Its database and Redis are those of the environment (LLMLAB_DATABASE_URL, LLMLAB_REDIS_URL), else
    those of the `llmlab up` that is running here.
    """
    from llmlab_api.server import run

    from llmlab_deploy.settings import server_settings

    settings = server_settings(data_dir)
    run(settings, host=host, port=settings.port if port is None else port, proxy_headers=proxy_headers)
