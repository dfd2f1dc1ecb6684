"""The migrations make exactly what the models say, and can be undone and redone."""

from llmlab_shared.migrations.run import check, downgrade, migrate


def test_models_and_migrations_agree(database_url: str) -> None:
    check(database_url)


def test_up_down_up(database_url: str) -> None:
    downgrade(database_url)
    migrate(database_url)
    check(database_url)
