"""`llmlab config`: what this machine knows of servers, profile by profile, secrets masked."""

import os
from typing import Any

import rich_click as click
from llmlab import ConfigurationError

from llmlab_cli import completing, config, screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.errors import LOCAL_FILES, CLIError
from llmlab_cli.prompts import ask
from llmlab_cli.render.profiles import Profile, profile_table
from llmlab_cli.session import newcomer, profile_name

# What of the environment wins over the file.
_ENVIRONMENT = ("LLMLAB_PROFILE", "LLMLAB_URL", "LLMLAB_API_KEY")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs, secrets masked.")
_NAME = click.argument("name", type=click.Choice(list(config.FIELDS)))


@click.group("config", epilog="Example: `llmlab config use work`")
def command() -> None:
    """Show and change this machine's settings.

    A profile is a server with an API key and a sign-in. `--profile NAME` before or after any command
    names one for that command, LLMLAB_PROFILE for a shell, `llmlab config use NAME` from now on.
    """


@command.command("path", epilog='Example: `chmod 600 "$(llmlab config path)"`')
def path() -> None:
    """Print where the settings are kept."""
    screen.write(f"{config.config_path()}\n")


@command.command("show", epilog="Example: `llmlab config show`")
@_JSON
@shared_options
@click.pass_obj
def show(invocation: Invocation, as_json: bool) -> None:
    """Show the profiles, secrets masked, and which one is in use."""
    file = config.load()
    in_use = profile_name(invocation, file)
    found = [_described(name, saved, in_use) for name, saved in file.profiles.items()]
    overriding = {name: value for name in _ENVIRONMENT if (value := os.environ.get(name))}
    if "LLMLAB_API_KEY" in overriding:
        overriding["LLMLAB_API_KEY"] = _masked(overriding["LLMLAB_API_KEY"]) or ""
    if as_json:
        screen.write_json(
            {
                "path": str(file.path),
                "in_use": in_use,
                "profiles": [profile._asdict() for profile in found],
                "environment": overriding,
            }
        )
    elif not found and not overriding:
        screen.write("No settings yet: `llmlab init` makes them.\n")
    else:
        screen.show(lambda _: profile_table(found, overriding))


@command.command("profiles", epilog="Example: `llmlab config profiles`")
def profiles() -> None:
    """Print the names of the profiles, one a line."""
    for name in config.load().profiles:
        screen.write(f"{name}\n")


@command.command("use", epilog="Example: `llmlab config use work`")
@click.argument("profile", shell_complete=completing.profiles)
def use(profile: str) -> None:
    """Let a profile hold for every command and the SDK, where nothing names another."""
    file = config.load()
    if profile not in file.profiles:
        there = ", ".join(file.profiles) or "none yet"
        raise CLIError(
            f"there is no profile {profile!r} ({there}); `llmlab init --profile {profile}` makes it",
            LOCAL_FILES,
        )
    file.use(profile)
    file.save()
    screen.write(f"✓ Profile {profile} is in use.\n")
    if other := os.environ.get("LLMLAB_PROFILE"):
        screen.say(f"llmlab: in this shell LLMLAB_PROFILE={other} still wins: `unset LLMLAB_PROFILE`")


@command.command("set", epilog="Example: `llmlab config set url https://llmlab.example.com`")
@_NAME
@click.argument("value", required=False)
@click.option(
    "--keep-secrets", is_flag=True, help="With url: keep key and sign-in, it is the same server elsewhere."
)
@shared_options
@click.pass_obj
def set_value(invocation: Invocation, *, name: str, value: str | None, keep_secrets: bool) -> None:
    """Set the url, api_key or token of a profile, without asking the server.

    Without a value it is asked for, which keeps secrets out of the shell's history. `llmlab init` sets
    url and key together and checks them.
    """
    file = config.load()
    profile = profile_name(invocation, file)
    value = value or ask(f"{name} (not shown)" if name != "url" else name, "VALUE", hidden=name != "url")
    saved = file.profiles.get(profile, {})
    if name == "url":
        value = _checked(value, None)
        before = saved.get("url") or config.DEFAULT_URL
        held = [kept for kept in ("api_key", "token") if saved.get(kept)]
        if held and value != before and not keep_secrets:
            # Secrets of another server must not travel to this one.
            file.update(profile, api_key=None, token=None)
            screen.say(
                f"llmlab: {' and '.join(held)} of {before} were forgotten (--keep-secrets keeps them): "
                "`llmlab init` takes others"
            )
    else:
        _checked(saved.get("url") or config.DEFAULT_URL, value)
        value = value.strip()
    file.update(profile, **{name: value})
    file.save()
    screen.write(f"✓ Set {name} of profile {profile}.\n")


def _checked(url: str, secret: str | None) -> str:
    """Return a URL as it is kept. Raises UsageError for what can be no URL or no secret."""
    try:
        with newcomer(url, secret or "llmlab_unused") as client:
            return client.base_url
    except ConfigurationError as error:
        raise click.UsageError(error.detail) from error


@command.command(
    "unset", epilog="Example: `llmlab config unset token`, or `llmlab config unset --all --profile old`"
)
@click.argument("name", type=click.Choice(list(config.FIELDS)), required=False)
@click.option("--all", "everything", is_flag=True, help="Forget the whole profile.")
@shared_options
@click.pass_obj
def unset(invocation: Invocation, name: str | None, everything: bool) -> None:
    """Forget a value of a profile, or the whole profile; the server is told nothing.

    `llmlab logout` ends a sign-in on the server too, `llmlab keys revoke` a key.
    """
    if (name is None) != everything:
        raise click.UsageError(f"say what to forget: one of {', '.join(config.FIELDS)}, or --all")
    file = config.load()
    profile = profile_name(invocation, file)
    if profile not in file.profiles:
        raise CLIError(f"there is no profile {profile!r}: `llmlab config profiles` shows them", LOCAL_FILES)
    if name is not None:
        file.update(profile, **{name: None})
    else:
        del file.profiles[profile]
        if file.in_use == profile:
            file.use(config.DEFAULT_PROFILE)
    file.save()
    screen.write(f"✓ Forgot {name or 'all'} of profile {profile}.\n")


def _described(name: str, saved: dict[str, Any], in_use: str) -> Profile:
    return Profile(
        name,
        str(saved.get("url") or config.DEFAULT_URL),
        _masked(saved.get("api_key")),
        bool(saved.get("token")),
        name == in_use,
    )


def _masked(secret: str | None) -> str | None:
    """Return enough of a key to recognise it."""
    return f"{secret[:11]}…" if secret else None
