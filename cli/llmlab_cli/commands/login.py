"""`llmlab login`: exchanges e-mail and password for a token, which managing keys and budgets needs."""

import rich_click as click

from llmlab_cli import config, screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.prompts import ask, password
from llmlab_cli.session import newcomer, profile_name, saved_line, wished_url


@click.command("login", epilog="Example: `llmlab login --email kim@example.com`")
@click.option("--email", metavar="ADDRESS", help="Your e-mail address; else asked for.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--url", metavar="URL", help="The server. [default: the profile's, or this machine]")
@shared_options
@click.pass_obj
def command(invocation: Invocation, email: str | None, password_stdin: bool, url: str | None) -> None:
    """Sign in with e-mail and password.

    Managing keys needs a person; `status` and `optimize` are content with an API key.
    """
    file = config.load()
    profile = profile_name(invocation, file)
    saved = file.profiles.get(profile, {})
    email = email or ask("E-mail", "--email")
    secret = password(password_stdin)
    with newcomer(wished_url(url, saved.get("url"))) as client:
        server = client.base_url
        token = client.auth.login(email, secret)["token"]
    if saved.get("api_key") and saved.get("url", config.DEFAULT_URL) != server:
        # A key of another server must not travel to this one.
        file.update(profile, api_key=None)
        screen.say(f"llmlab: the API key of {saved.get('url')} was removed from profile {profile!r}")
    file.update(profile, url=server, token=token)
    file.save()
    screen.write(f"✓ Signed in to {server} as {email}. {saved_line(file, profile)}\n")
