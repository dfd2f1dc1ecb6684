"""Two words for one command, as people type them: `ls` for `list`, `rm` for what removes."""

import rich_click as click

_OTHER_WORDS = {
    "ls": ("list",),
    "list": ("ls",),
    "rm": ("revoke", "drop"),
    "delete": ("rm", "revoke", "drop"),
    "remove": ("rm", "revoke", "drop"),
}


class AliasGroup(click.RichGroup):
    """A group whose commands also go by another usual word; only the one each was given is listed."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, or of another word for it."""
        for name in (cmd_name, *_OTHER_WORDS.get(cmd_name, ())):
            found = super().get_command(ctx, name)
            if found is not None:
                return found
        return None
