"""What the health routes say when all is well, weak, or away."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from api_client import Api, api_settings, run_api, signup
from llmlab_shared.queue.entry import stream_name
from llmlab_shared.queue.heartbeats import Heartbeat, heartbeat_key
from redis.asyncio import Redis
from sqlalchemy import text

NOWHERE = "postgresql://nobody:x@127.0.0.1:1/none"
NO_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture
async def api(api: Api) -> Api:
    """The API, with a price list of today: the installed one is older with every day."""
    await _price_list(api, "newest_price = (now() AT TIME ZONE 'UTC')::date")
    return api


async def _price_list(api: Api, changed: str) -> list[str]:
    """Change what is known of the price list, and return the warnings about it."""
    async with api.app.state.services.engine.begin() as connection:
        await connection.execute(text(f"UPDATE price_syncs SET {changed}"))
    warnings = (await api.client.get("/health/ready")).json()["warnings"]
    return [warning for warning in warnings if "price list" in warning]


async def test_the_root_names_the_ways_in(api: Api) -> None:
    body = (await api.client.get("/")).json()
    assert body["name"] == "LLMLab"
    for path in (body["docs"], body["openapi"], body["health"]):
        assert (await api.client.get(path)).status_code == 200


async def test_ready(api: Api) -> None:
    response = await api.client.get("/health/ready")
    assert response.status_code == 200
    body = response.json()
    assert body["status"] == "ready"
    # The tests' Valkey runs as the embedded one does; only a worker is missing.
    (warning,) = body["warnings"]
    assert "no worker is alive" in warning
    assert body["workers"] == 0
    assert body["backlog"]["entries"] == 0
    assert body["backlog"]["oldest_unprocessed_seconds"] is None


async def test_a_living_worker_is_counted(api: Api) -> None:
    beat = Heartbeat(
        name="one",
        pid=1,
        host="here",
        started_us=1,
        at_us=1,
        events_per_second=0.0,
        batches=0,
        last_commit_us=None,
        pending=0,
        rss_bytes=1,
    )
    await api.app.state.services.redis.set(heartbeat_key("one"), msgspec.json.encode(beat))
    body = (await api.client.get("/health/ready")).json()
    assert (body["workers"], body["warnings"]) == (1, [])


async def test_an_empty_price_book_is_a_warning(api: Api) -> None:
    async with api.app.state.services.engine.begin() as connection:
        await connection.execute(text("DELETE FROM price_versions"))
    warnings = (await api.client.get("/health/ready")).json()["warnings"]
    assert any("llmlab prices sync" in warning for warning in warnings)


async def test_the_age_of_the_price_list(api: Api) -> None:
    prices = (await api.client.get("/health/ready")).json()["prices"]
    assert prices["source"].startswith("genai-prices ")
    assert date.fromisoformat(prices["newest_price"])
    assert (prices["days"], prices["is_old"], prices["refused"]) == (0, False, None)
    assert datetime.fromisoformat(prices["looked_at"]) >= datetime.fromisoformat(prices["synced_at"])

    assert await _price_list(api, "newest_price = newest_price - 45") == []
    (warning,) = await _price_list(api, "newest_price = newest_price - 1")
    assert warning.startswith(
        f"the price list, {prices['source']}, is 46 days old (its newest price is of 20"
    )
    assert warning.endswith("; upgrade LLMLab, or bring in a newer list by `llmlab prices sync --file`")
    (warning,) = await _price_list(api, "newest_price = NULL, synced_at = now() - interval '50 days'")
    assert "is 50 days old (none of its prices has a date)" in warning


async def test_a_price_list_that_was_refused_is_a_warning(api: Api) -> None:
    refused = "acme/one: input would jump. Nothing was changed, the prices in force stay; compare"
    (warning,) = await _price_list(api, f"refused = '{refused}'")
    assert "the one before it holds (acme/one: input would jump); `llmlab prices sync` shows" in warning


async def test_no_price_list_and_a_schema_without_its_age(api: Api) -> None:
    engine = api.app.state.services.engine
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM price_syncs"))
    assert (await api.client.get("/health/ready")).json()["prices"] is None
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE price_syncs DROP COLUMN newest_price"))
    response = await api.client.get("/health/ready")
    assert (response.status_code, response.json()["prices"]) == (200, None)


DEAD = """
INSERT INTO dead_letters
    (entry, index, workspace_id, api_key_id, received_at, body, code, reason, died_at, replayed_at)
SELECT gen_random_uuid(), 0, 1, 1, now(), 'secret'::bytea, :code, 'secret', :died, :replayed
FROM generate_series(1, :letters)
"""


async def test_dead_letters_are_a_warning_in_numbers(api: Api) -> None:
    first, later = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)

    async def die(letters: int, code: str, died: datetime, replayed: datetime | None = None) -> list[str]:
        async with api.app.state.services.engine.begin() as connection:
            given = {"letters": letters, "code": code, "died": died, "replayed": replayed}
            await connection.execute(text(DEAD), given)
        warnings = (await api.client.get("/health/ready")).json()["warnings"]
        return [w for w in warnings if "dead letters" in w]

    # Those that were replayed are done with.
    assert await die(3, "refused", first - timedelta(days=9), replayed=first) == []
    (warning,) = await die(1, "malformed", later)
    assert warning.startswith("1 event that was accepted lies among the dead letters")
    (warning,) = await die(2, "refused", first)
    assert warning.startswith("3 events")
    assert "since 2026-03-01 12:00 UTC, mostly as `refused`; " in warning
    assert "`llmlab deadletters ls`" in warning
    assert "`llmlab deadletters replay`" in warning
    assert "secret" not in warning
    (warning,) = await die(20_000, "malformed", later)
    assert warning.startswith("over 10,000 events")


async def test_what_waits_is_told(api: Api) -> None:
    account = await signup(api.client)
    for _ in range(3):
        sent = {"provider": "a", "model": "b"}
        await api.client.post("/api/events/track", json=sent, headers=account.key_auth)
    backlog = (await api.client.get("/health/ready")).json()["backlog"]
    assert backlog["entries"] == 3
    assert 0 < backlog["bytes"] < 3 * 512
    assert backlog["oldest_unprocessed_seconds"] >= 0
    await api.app.state.services.redis.delete(stream_name(0))
    assert (await api.client.get("/health/ready")).json()["backlog"]["bytes"] == 0


async def test_weak_settings_of_redis_are_warnings(api: Api) -> None:
    redis: Redis = api.app.state.services.redis
    cases = (
        ("appendfsync", "everysec", "always", "appendfsync everysec"),
        ("appendonly", "no", "yes", "appendonly off"),
        ("maxmemory-policy", "allkeys-lru", "noeviction", "maxmemory-policy allkeys-lru"),
    )
    for name, weak, strong, words in cases:
        await redis.config_set(name, weak)
        try:
            response = await api.client.get("/health/ready")
        finally:
            await redis.config_set(name, strong)
        assert response.status_code == 200
        (warning,) = [w for w in response.json()["warnings"] if "no worker" not in w]
        assert words in warning


async def test_a_schema_that_is_behind_absent_or_ahead(api: Api) -> None:
    async def revision_becomes(statement: str) -> tuple[int, str]:
        async with api.app.state.services.engine.begin() as connection:
            await connection.execute(text(statement))
        response = await api.client.get("/health/ready")
        body = response.json()
        return response.status_code, body.get("detail") or "; ".join(body["warnings"])

    status, words = await revision_becomes("UPDATE alembic_version SET version_num = 'from the future'")
    assert (status, "a newer one" in words) == (200, True)
    status, words = await revision_becomes("DELETE FROM alembic_version")
    assert (status, "`llmlab db migrate`" in words) == (503, True)
    status, words = await revision_becomes("DROP TABLE alembic_version")
    assert (status, "no schema yet" in words) == (503, True)


async def test_nothing_there_is_503_that_names_both() -> None:
    async with run_api(api_settings(NOWHERE, NO_REDIS)) as api:
        assert (await api.client.get("/health")).json() == {"status": "alive"}
        response = await api.client.get("/health/ready")
        assert response.status_code == 503
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["retry-after"]
        assert [each["check"] for each in response.json()["errors"]] == ["database", "redis"]


async def test_a_hung_redis_is_told_within_its_patience(api: Api) -> None:
    redis: Redis = api.app.state.services.redis
    await redis.client_pause(4000)
    response = await api.client.get("/health/ready")
    assert response.status_code == 503
    assert [each["check"] for each in response.json()["errors"]] == ["redis"]
    # Waits until the pause is over, for the sake of the next test.
    async with Redis(**{**redis.connection_pool.connection_kwargs, "socket_timeout": 10}) as patient:
        await patient.ping()
