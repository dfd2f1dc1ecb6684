"""`llmlab signup`: makes an account and keeps its key and token."""

import rich_click as click

from llmlab_cli import config, screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.commands.init import NEXT_STEPS
from llmlab_cli.errors import CLIError
from llmlab_cli.prompts import ask, new_password
from llmlab_cli.session import newcomer, profile_name, saved_line, wished_url


@click.command("signup", epilog="Example: `llmlab signup --email kim@example.com --workspace Acme`")
@click.option("--email", metavar="ADDRESS", help="Your e-mail address; else asked for.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--workspace", metavar="NAME", help="What to call the workspace that comes with it.")
@click.option("--url", metavar="URL", help="The server. [default: the profile's, or this machine]")
@click.option("--replace", is_flag=True, help="Forget the key that the profile holds now.")
@shared_options
@click.pass_obj
def command(
    invocation: Invocation,
    *,
    email: str | None,
    password_stdin: bool,
    workspace: str | None,
    url: str | None,
    replace: bool,
) -> None:
    """Make an account on a server and connect this machine.

    Keeps the new API key and your sign-in in ~/.llmlab/config.json, readable by you alone.
    """
    file = config.load()
    profile = profile_name(invocation, file)
    saved = file.profiles.get(profile, {})
    if saved.get("api_key") and not replace:
        raise CLIError(
            f"profile {profile!r} already holds an API key: keep it and use `--profile NAME` for the new "
            "account, or give --replace to forget it"
        )
    email = email or ask("E-mail", "--email")
    password = new_password(password_stdin)
    with newcomer(wished_url(url, saved.get("url"))) as client:
        server = client.base_url
        answer = client.auth.signup(email, password, workspace=workspace)
    file.update(profile, url=server, api_key=answer["api_key"], token=answer["token"])
    file.save()
    screen.write(f"✓ Welcome, {answer['user']['email']}. {saved_line(file, profile)}\n")
    screen.write(f"  Your API key: {answer['api_key']}\n{NEXT_STEPS}")
