"""`llmlab logout`: ends the token on the server and forgets it here."""

from contextlib import suppress

import rich_click as click
from llmlab import AuthenticationFailed, LLMLab

from llmlab_cli import config, screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.session import TIMEOUT, profile_name


@click.command("logout", epilog="Example: `llmlab logout`")
@click.option("--local", is_flag=True, help="Only forget it here, without asking the server.")
@shared_options
@click.pass_obj
def command(invocation: Invocation, local: bool) -> None:
    """Sign out, here and on the server.

    The API key stays: `llmlab keys revoke` ends keys.
    """
    file = config.load()
    profile = profile_name(invocation, file)
    saved = file.profiles.get(profile, {})
    token = saved.get("token")
    if not token:
        screen.write("✓ You are not signed in: nothing to do.\n")
        return
    if not local:
        server = saved.get("url") or config.DEFAULT_URL
        # A token that has expired or was revoked is what we want.
        with LLMLab(base_url=server, token=token, timeout=TIMEOUT) as client, suppress(AuthenticationFailed):
            client.auth.logout()
    file.update(profile, token=None)
    file.save()
    screen.write("✓ Signed out" + (" here; the token stays valid until it expires.\n" if local else ".\n"))
