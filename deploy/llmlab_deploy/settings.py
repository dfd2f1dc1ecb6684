"""Where a server command finds its database: the environment, else the embedded stack that runs here."""

import os
from pathlib import Path

from llmlab_shared.config import ServerSettings
from llmlab_shared.errors import ConfigurationError
from pydantic import SecretStr, ValidationError

from llmlab_deploy.embedded.state import DataFolder, default_data_folder, read_running


def settings_of_environment() -> ServerSettings:
    """Return the settings that the environment gives. Raises `ConfigurationError` naming a bad one."""
    try:
        return ServerSettings()
    except ValidationError as error:
        bad = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"a setting of the environment is not usable: {bad}") from error


def server_settings(data_dir: Path | None = None) -> ServerSettings:
    """Return the settings of a server process.

    What the environment leaves open is taken from the embedded stack that is running on `data_dir`
    (default: the usual place). Raises `ConfigurationError` when neither says where the data is.
    """
    settings = settings_of_environment()
    if settings.database_url and settings.redis_url:
        return settings
    folder = DataFolder(data_dir or default_data_folder())
    running = read_running(folder)
    if running is None:
        wanted = {"LLMLAB_DATABASE_URL": settings.database_url, "LLMLAB_REDIS_URL": settings.redis_url}
        missing = " and ".join(name for name, value in wanted.items() if not value)
        raise ConfigurationError(
            f"{missing} not set, and no `llmlab up` is running on {folder.path}: "
            "set it, start `llmlab up`, or name its --data-dir"
        )
    settings.database_url = settings.database_url or running.database_url
    settings.redis_url = settings.redis_url or running.redis_url
    settings.secret_key = settings.secret_key or SecretStr(running.secret_key)
    if "LLMLAB_SIGNUP" not in os.environ:
        settings.signup = running.signup
    return settings


def web_address(data_dir: Path | None = None) -> str:
    """Return where people see LLMLab, as far as this machine knows: set, of the stack that runs, or usual."""
    settings = settings_of_environment()
    if settings.public_url:
        return settings.public_url
    running = read_running(DataFolder(data_dir or default_data_folder()))
    return running.url if running and running.url else f"http://127.0.0.1:{settings.port}"


def database_url(data_dir: Path | None = None) -> str:
    """Return the database alone: a deployment migrates it before there is a Redis."""
    return settings_of_environment().database_url or server_settings(data_dir).database_url or ""
