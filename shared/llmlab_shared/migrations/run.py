"""Running alembic from code: what `llmlab db migrate`, the embedded stack and the tests call."""

from alembic import command
from alembic.config import Config


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
