"""alembic's environment: one connection, one advisory lock, so that two starts do not migrate at once."""

from logging.config import fileConfig
from typing import Any

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from llmlab_shared.config import ServerSettings
from llmlab_shared.db.tables import metadata
from llmlab_shared.errors import ConfigurationError

_MIGRATION_LOCK = 0x6C6C6D6C6162


def _database_url() -> str:
    configured = context.config.get_main_option("sqlalchemy.url") or ServerSettings().database_url
    if not configured:
        raise ConfigurationError("LLMLAB_DATABASE_URL is not set; alembic has no database to migrate")
    return configured.replace("postgres://", "postgresql://", 1).replace(
        "postgresql://", "postgresql+asyncpg://", 1
    )


def _include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Leave the monthly partitions out: they are made by the running system, not by migrations."""
    return not (kind == "table" and name is not None and name.startswith("cost_events_"))


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=_include_name,
        compare_server_default=False,
    )
    with context.begin_transaction():
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        context.run_migrations()


async def _migrate() -> None:
    engine = create_async_engine(
        _database_url(), poolclass=NullPool, connect_args={"statement_cache_size": 0}
    )
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


def _main() -> None:
    import asyncio

    if context.config.config_file_name and context.config.attributes.get("configure_logging", True):
        fileConfig(context.config.config_file_name, disable_existing_loggers=False)
    asyncio.run(_migrate())


_main()
