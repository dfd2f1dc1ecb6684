"""`llmlab init`: checks a key against its server and keeps both for every later command and the SDK."""

import os

import rich_click as click
from llmlab import ConfigurationError, PermissionDenied

from llmlab_cli import config, screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.prompts import ask
from llmlab_cli.screen import on_terminal
from llmlab_cli.session import newcomer, profile_name, saved_line, wished_url

NEXT_STEPS = """
Report a call from Python:

    import llmlab
    llmlab.init()
    llmlab.track(provider="openai", model="gpt-4", input_tokens=1000, output_tokens=500)

Then see what it cost: llmlab status
"""


@click.command("init", epilog="Example: `llmlab init --url https://llmlab.example.com --profile work`")
@click.option("--api-key", metavar="KEY", help="The key, llmlab_…; else $LLMLAB_API_KEY, else asked for.")
@click.option("--url", metavar="URL", help="The server. [default: the profile's, or this machine]")
@click.option("--no-check", is_flag=True, help="Save without asking the server.")
@shared_options
@click.pass_obj
def command(invocation: Invocation, *, api_key: str | None, url: str | None, no_check: bool) -> None:
    """Connect this machine to a server with an API key.

    Keeps both in ~/.llmlab/config.json, readable by you alone, where this command and the SDK find them.
    No account yet? `llmlab signup` makes one. Safe to run again: it checks what is kept.
    """
    file = config.load()
    profile = profile_name(invocation, file)
    saved = file.profiles.get(profile, {})
    api_key = api_key or os.environ.get("LLMLAB_API_KEY")
    server = wished_url(url, saved.get("url"))
    if not api_key:
        if not url and on_terminal() and not file.old_form:
            server = ask("Server", "--url and --api-key", default=server)
        # Running it again is a check of what is kept; a key never goes to another server than its own.
        kept = saved.get("api_key") if server == (saved.get("url") or config.DEFAULT_URL) else None
        if kept and (file.old_form or not on_terminal()):
            api_key = kept
        else:
            keeps = f", Enter keeps {kept[:11]}…" if kept else ""
            api_key = ask(f"API key (not shown{keeps})", "--api-key", hidden=True, default=kept)
    with newcomer(server, api_key) as client:
        try:
            server = client.base_url
        except ConfigurationError as error:
            raise click.UsageError(error.detail) from error
        if not no_check:
            try:
                client.costs.summary(from_="2020-01-01", to="2020-01-02")
            except PermissionDenied:
                screen.say(
                    "llmlab: this key may not read: calls can be reported with it, `status` needs another"
                )
    if saved.get("token") and (saved.get("url") or config.DEFAULT_URL) != server:
        # A sign-in at another server must not travel to this one.
        file.update(profile, token=None)
        screen.say(f"llmlab: the sign-in at {saved.get('url') or config.DEFAULT_URL} was forgotten")
    if (before := saved.get("api_key")) and before != api_key.strip():
        screen.say(f"llmlab: the key {before[:11]}… of profile {profile!r} was replaced")
    file.update(profile, url=server, api_key=api_key.strip())
    file.save()
    checked = "" if no_check else f"Connected to {server}. "
    screen.write(f"✓ {checked}{saved_line(file, profile)}\n{NEXT_STEPS}")
