"""Running alembic from code: what `llmlab db migrate`, the embedded stack and the tests call."""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", "llmlab_shared:migrations")
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the database to a revision; blocking, and it runs an event loop of its own."""
    command.upgrade(_config(database_url), revision)


def downgrade(database_url: str, revision: str = "base") -> None:
    """Take the database back to a revision, losing what later ones hold."""
    command.downgrade(_config(database_url), revision)


def check(database_url: str) -> None:
    """Raise `alembic.util.CommandError` if the models and the database differ."""
    command.check(_config(database_url))


@cache
def head_revision() -> str:
    """Return the revision that this version of the code needs; reads the migrations' files once."""
    head = ScriptDirectory.from_config(_config("")).get_current_head()
    if head is None:
        raise RuntimeError("the package holds no migrations")
    return head


def is_known_revision(revision: str) -> bool:
    """Say whether a revision is one of this version's own migrations."""
    script = ScriptDirectory.from_config(_config(""))
    return any(each.revision == revision for each in script.walk_revisions())
