"""The SDK's client for the profile that was asked for: all that commands know of servers."""

import os

from llmlab import LLMLab

from llmlab_cli import config
from llmlab_cli.app import Invocation
from llmlab_cli.errors import LOCAL_FILES, CLIError

# A person is waiting; a summary of years takes less.
TIMEOUT = 30.0


def profile_name(invocation: Invocation, file: config.ConfigFile) -> str:
    """Return which profile this invocation speaks of: option, environment, file, default."""
    return invocation.profile or os.environ.get("LLMLAB_PROFILE") or file.in_use


def connect(invocation: Invocation) -> LLMLab:
    """Return a client with the credentials of the environment or the profile; use it as a context manager.

    `--profile` is an argument and wins over the environment; without it `LLMLAB_API_KEY` and
    `LLMLAB_URL` win over the file, as they do for the SDK.
    """
    file = config.load()
    if file.old_form:
        raise CLIError(f"{file.path} is of an older form: `llmlab init` renews it", LOCAL_FILES)
    if invocation.profile is None:
        return LLMLab(timeout=TIMEOUT)
    saved = file.profiles.get(invocation.profile)
    if saved is None:
        raise CLIError(
            f"there is no profile {invocation.profile!r}: run `llmlab init --profile {invocation.profile}` "
            "to make it, `llmlab config profiles` to see which there are",
            LOCAL_FILES,
        )
    return LLMLab(
        saved.get("api_key"),
        saved.get("url") or config.DEFAULT_URL,
        token=saved.get("token"),
        timeout=TIMEOUT,
    )


def newcomer(server: str, api_key: str | None = None) -> LLMLab:
    """Return a client of a server that no profile need know yet: for the commands that make profiles.

    Naming the default profile, which may be missing, keeps `LLMLAB_PROFILE` from asking for one that is
    about to be made.
    """
    return LLMLab(api_key, server, profile=config.DEFAULT_PROFILE, timeout=TIMEOUT)


def wished_url(option: str | None, saved: str | None) -> str:
    """Return the server of a command that may change it: option, environment, profile, this machine."""
    return option or os.environ.get("LLMLAB_URL") or saved or config.DEFAULT_URL


def saved_line(file: config.ConfigFile, profile: str) -> str:
    """Return where something was kept, in words."""
    return f"Saved in {config.shown(file.path)}" + (
        "." if profile == config.DEFAULT_PROFILE else f", profile {profile}."
    )
