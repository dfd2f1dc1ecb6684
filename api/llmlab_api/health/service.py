"""Looking whether the database and Redis can be used, and how well they are set."""

import asyncio
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from llmlab_shared.clock import now_us
from llmlab_shared.db.outage import is_outage
from llmlab_shared.migrations.run import head_revision, is_known_revision
from llmlab_shared.pricing.lists.catalogue_age import CatalogueAge, read_catalogue_age
from llmlab_shared.pricing.lists.plausibility import UNCHANGED
from llmlab_shared.queue.backlog import Backlog, read_backlog
from llmlab_shared.queue.heartbeats import read_heartbeats
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from llmlab_api.errors import Problem
from llmlab_api.health.schemas import BacklogState, PriceListState, Ready
from llmlab_api.services import Services

PATIENCE = 2.0
# More dead letters than this are not counted: looking must stay cheap, and anybody may look.
MOST_COUNTED = 10_000
_DEAD_LETTERS = text(f"""
SELECT count(*) AS letters, min(died_at) AS since, mode() WITHIN GROUP (ORDER BY code) AS code
FROM (
    SELECT died_at, code FROM dead_letters WHERE replayed_at IS NULL ORDER BY died_at LIMIT {MOST_COUNTED + 1}
) waiting
""")
# A schema that is behind may lack the columns that the age of the price list is read from.
_AGE_IS_KEPT = text("""
SELECT EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = to_regclass('price_syncs') AND attname = 'newest_price'
)
""")
_SETTINGS = ("appendonly", "appendfsync", "maxmemory-policy")


@dataclass
class _Findings:
    failures: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    revision: str = ""
    backlog: Backlog = field(default_factory=lambda: Backlog(0, 0, None))
    workers: int = 0
    prices: CatalogueAge | None = None


async def look(services: Services) -> Ready:
    """Return how the API stands; raise the 503 that names what it cannot do without."""
    found = _Findings()
    await asyncio.gather(
        _look_at_database(services.engine, found),
        _look_at_redis(services.redis, services.settings.stream_shards, found),
    )
    if found.failures:
        raise Problem(
            503,
            "not_ready",
            "; ".join(found.failures.values()),
            errors=[{"check": check, "message": message} for check, message in found.failures.items()],
            headers={"Retry-After": "5"},
        )
    oldest = found.backlog.oldest_at_us
    return Ready(
        version=version("llmlab-server"),
        schema_revision=found.revision,
        workers=found.workers,
        backlog=BacklogState(
            bytes=found.backlog.bytes,
            limit_bytes=services.settings.backlog_bytes,
            entries=found.backlog.entries,
            oldest_unprocessed_seconds=None if oldest is None else max(now_us() - oldest, 0) / 1e6,
        ),
        prices=_price_list(found.prices),
        warnings=found.warnings,
    )


def _price_list(age: CatalogueAge | None) -> PriceListState | None:
    return None if age is None else PriceListState(**age._asdict(), is_old=age.is_old)


async def _look_at_database(engine: AsyncEngine, found: _Findings) -> None:
    try:
        async with asyncio.timeout(PATIENCE), engine.connect() as connection:
            exists = await connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
            revision = (
                await connection.scalar(text("SELECT version_num FROM alembic_version")) if exists else None
            )
            known = await connection.scalar(text("SELECT to_regclass('price_versions') IS NOT NULL"))
            priced = known and await connection.scalar(text("SELECT EXISTS (SELECT FROM price_versions)"))
            if await connection.scalar(text("SELECT to_regclass('dead_letters') IS NOT NULL")):
                found.warnings += _dead_letters((await connection.execute(_DEAD_LETTERS)).one())
            if await connection.scalar(_AGE_IS_KEPT):
                found.prices = await read_catalogue_age(connection)
    except Exception as error:
        if not is_outage(error):
            raise
        found.failures["database"] = f"the database does not answer ({type(error).__name__})"
        return
    await _judge_schema(revision, found)
    if not priced and "schema" not in found.failures:
        found.warnings.append("there are no prices yet, so every event is unpriced; run `llmlab prices sync`")
    elif found.prices is not None:
        found.warnings += _doubts(found.prices)


def _doubts(age: CatalogueAge) -> list[str]:
    """Return the warnings that the price list in force may be past."""
    warnings = [] if age.refused is None else [_refused(age.refused)]
    return [*warnings, _old_prices(age)] if age.is_old else warnings


def _refused(reason: str) -> str:
    fact = reason.partition(f". {UNCHANGED}")[0]
    return (
        f"the price list that the last start found was refused, so the one before it holds ({fact}); "
        "`llmlab prices sync` shows the rows and how to accept them"
    )


def _old_prices(age: CatalogueAge) -> str:
    since = (
        f"its newest price is of {age.newest_price}" if age.newest_price else "none of its prices has a date"
    )
    return (
        f"the price list, {age.source}, is {age.days} days old ({since}), so calls may be priced by what no "
        "longer holds; upgrade LLMLab, or bring in a newer list by `llmlab prices sync --file`"
    )


def _dead_letters(waiting: Row[Any]) -> list[str]:
    """Return the warning that events were set aside; in numbers alone, since anybody may read it."""
    if not waiting.letters:
        return []
    many = f"over {MOST_COUNTED:,}" if waiting.letters > MOST_COUNTED else f"{waiting.letters:,}"
    noun = "event that was accepted lies" if waiting.letters == 1 else "events that were accepted lie"
    return [
        f"{many} {noun} among the dead letters and in no total, since "
        f"{waiting.since:%Y-%m-%d %H:%M} UTC, mostly as `{waiting.code}`; `llmlab deadletters ls` says "
        "why, and once that is mended `llmlab deadletters replay` writes them"
    ]


async def _judge_schema(revision: str | None, found: _Findings) -> None:
    if revision is None:
        found.failures["schema"] = "the database has no schema yet: run `llmlab db migrate`"
        return
    found.revision = revision
    head = await asyncio.to_thread(head_revision)
    if revision == head:
        return
    if await asyncio.to_thread(is_known_revision, revision):
        found.failures["schema"] = (
            f"the schema is at {revision} and this version needs {head}: run `llmlab db migrate`"
        )
    else:
        found.warnings.append(
            f"the schema is at {revision}, which this version does not know: it was migrated by a newer one"
        )


async def _look_at_redis(redis: Redis, shards: int, found: _Findings) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            found.backlog = await read_backlog(redis, shards)
            found.workers = len(await read_heartbeats(redis))
            found.warnings += await _weaknesses(redis)
    except (RedisError, OSError, TimeoutError) as error:
        found.failures["redis"] = f"Redis does not answer ({type(error).__name__})"
        return
    if not found.workers:
        found.warnings.append(
            "no worker is alive, so what is accepted waits to be priced; run `llmlab worker`"
        )


async def _weaknesses(redis: Redis) -> list[str]:
    """Return what of Redis' settings may lose an acknowledged event."""
    try:
        settings: dict[str, str] = await redis.config_get(*_SETTINGS)  # type: ignore[arg-type]  # patterns are typed as lists
    except ResponseError:
        return ["Redis does not tell its settings: see that appendfsync is always and evictions are off"]
    weak = []
    if settings.get("appendonly") == "no":
        weak.append("Redis has appendonly off: when it stops, acknowledged events are lost; set it to yes")
    elif (fsync := settings.get("appendfsync")) != "always":
        weak.append(
            f"Redis has appendfsync {fsync}: a crash may lose the last acknowledged events; set it to always"
        )
    policy = settings.get("maxmemory-policy")
    if policy != "noeviction":
        weak.append(f"Redis has maxmemory-policy {policy}: it may evict waiting events; set it to noeviction")
    return weak
