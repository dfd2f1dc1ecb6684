"""The database's engine: one transaction, whichever way its statements go."""

from llmlab_shared.db.engine import create_engine, driver_of
from llmlab_shared.db.users import write_audit
from sqlalchemy import text


async def test_what_goes_by_the_driver_first_is_taken_back_with_the_rest(database_url: str) -> None:
    engine = create_engine(database_url)
    try:
        async with engine.connect() as connection:
            await write_audit(await driver_of(connection), "tried", "nothing")
            await connection.rollback()
            assert await connection.scalar(text("SELECT count(*) FROM audit_log")) == 0
        async with engine.begin() as connection:
            await write_audit(await driver_of(connection), "done", "something")
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM audit_log")) == 1
    finally:
        await engine.dispose()
