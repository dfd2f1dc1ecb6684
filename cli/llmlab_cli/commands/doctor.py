"""`llmlab doctor`: shows what `llmlab_cli.checkup` finds."""

import rich_click as click

from llmlab_cli import screen
from llmlab_cli.app import Invocation, shared_options
from llmlab_cli.checkup import examine
from llmlab_cli.errors import OK, PROBLEM
from llmlab_cli.render.doctor import doctor


@click.command("doctor", epilog="Example: `llmlab doctor`, or `llmlab doctor --json` for a monitor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@shared_options
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Find what is wrong with the setup, and how to mend it.

    Looks at the settings, the server, the key, the clock and the versions. Ends with 1 when something
    needs mending.
    """
    checks = examine(ctx.ensure_object(Invocation))
    wrong = any(check.state == "wrong" for check in checks)
    if as_json:
        screen.write_json({"ok": not wrong, "checks": [check.as_json() for check in checks]})
    else:
        screen.show(lambda here: doctor(checks, here))
    ctx.exit(PROBLEM if wrong else OK)
