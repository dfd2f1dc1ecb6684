"""What the key cache promises, rule by rule, with a clock that the test moves."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from llmlab_api import auth
from llmlab_api.auth import KeyCache, KeysUnavailable
from llmlab_shared.db.repositories.keys import StoredKey
from llmlab_shared.security import NewApiKey, new_api_key

KEY = StoredKey(id=7, workspace_id=3, scopes=("ingest", "read"), defaults=b'{"team":"a"}', seconds_left=None)


class Database:
    """The keys that there are, how often it was asked, and whether it is away or hangs."""

    def __init__(self) -> None:
        self.keys: dict[bytes, StoredKey] = {}
        self.asked = 0
        self.away = False
        self.gate: asyncio.Event | None = None

    def add(self, stored: StoredKey = KEY) -> NewApiKey:
        key = new_api_key()
        self.keys[key.hash] = stored
        return key

    async def load(self, key_hash: bytes) -> StoredKey | None:
        self.asked += 1
        found = self.keys.get(key_hash)
        if self.gate is not None:
            await self.gate.wait()
        if self.away:
            raise ConnectionRefusedError("nobody listens")
        return found


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(database: Database, clock: Clock) -> KeyCache:
    return KeyCache(database.load, clock=clock)


async def test_a_key_is_who_the_database_says(cache: KeyCache, database: Database) -> None:
    key = database.add()
    principal = await cache.lookup(key.secret)
    assert principal is not None
    assert (principal.workspace_id, principal.api_key_id, principal.user_id) == (3, 7, None)
    assert principal.scopes == {"ingest", "read"}
    assert principal.defaults == b'{"team":"a"}'
    assert principal.actor == "key:7"


async def test_a_found_key_is_believed_for_five_seconds(
    cache: KeyCache, database: Database, clock: Clock
) -> None:
    key = database.add()
    assert cache.peek(key.secret) is None
    await cache.lookup(key.secret)
    database.keys.clear()
    clock.now += 4.9
    assert cache.peek(key.secret) is not None
    assert await cache.lookup(key.secret) is not None
    clock.now += 0.1
    assert cache.peek(key.secret) is None
    assert await cache.lookup(key.secret) is None
    assert database.asked == 2


async def test_a_slow_answer_is_as_old_as_its_question(
    cache: KeyCache, database: Database, clock: Clock
) -> None:
    key = database.add()
    database.gate = asyncio.Event()
    lookup = asyncio.create_task(cache.lookup(key.secret))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.now += 4
    database.gate.set()
    assert await lookup is not None
    clock.now += 1
    assert cache.peek(key.secret) is None


async def test_a_miss_is_believed_for_five_seconds(cache: KeyCache, database: Database, clock: Clock) -> None:
    key = new_api_key()
    assert await cache.lookup(key.secret) is None
    database.keys[key.hash] = KEY
    clock.now += 4.9
    assert await cache.lookup(key.secret) is None
    assert database.asked == 1
    clock.now += 0.1
    assert await cache.lookup(key.secret) is not None


async def test_a_hundred_misses_at_once_are_one_lookup(cache: KeyCache, database: Database) -> None:
    key = database.add()
    database.gate = asyncio.Event()
    lookups = [asyncio.create_task(cache.lookup(key.secret)) for _ in range(100)]
    await asyncio.sleep(0.01)
    database.gate.set()
    assert {p.api_key_id for p in await asyncio.gather(*lookups) if p is not None} == {7}
    assert database.asked == 1


async def test_one_impatient_caller_does_not_end_the_lookup_of_the_others(
    cache: KeyCache, database: Database
) -> None:
    key = database.add()
    database.gate = asyncio.Event()
    first, second = (asyncio.create_task(cache.lookup(key.secret)) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.sleep(0)
    database.gate.set()
    assert await second is not None
    assert first.cancelled()


async def test_a_wrong_checksum_asks_nobody(cache: KeyCache, database: Database) -> None:
    key = database.add()
    typo = key.secret[:-1] + ("a" if key.secret[-1] != "a" else "b")
    assert await cache.lookup(typo) is None
    assert database.asked == 0


async def test_random_keys_do_not_push_out_good_ones_and_do_not_pile_up(
    cache: KeyCache, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "MAX_MISSES", 50)
    monkeypatch.setattr(auth, "MAX_KEYS", 50)
    good = database.add()
    await cache.lookup(good.secret)
    for _ in range(200):
        await cache.lookup(new_api_key().secret)
    assert cache.peek(good.secret) is not None
    assert len(cache._misses) == 50
    for _ in range(200):
        await cache.lookup(database.add().secret)
    assert len(cache._known) == 50
    assert cache.peek(good.secret) is None, "the one whose last lookup is the longest ago went first"


async def test_lookups_under_way_are_bounded(
    cache: KeyCache, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "MAX_LOOKUPS", 10)
    database.gate = asyncio.Event()
    lookups = [asyncio.create_task(cache.lookup(new_api_key().secret)) for _ in range(10)]
    await asyncio.sleep(0.01)
    with pytest.raises(KeysUnavailable):
        await cache.lookup(new_api_key().secret)
    database.gate.set()
    assert await asyncio.gather(*lookups) == [None] * 10
    assert await cache.lookup(new_api_key().secret) is None


async def test_while_the_database_is_away_a_good_key_works_for_ten_minutes(
    cache: KeyCache, database: Database, clock: Clock
) -> None:
    key = database.add()
    await cache.lookup(key.secret)
    database.away = True
    clock.now += 599
    assert await cache.lookup(key.secret) is not None
    clock.now += 1
    with pytest.raises(KeysUnavailable):
        await cache.lookup(key.secret)


async def test_while_the_database_is_away_an_unknown_key_is_not_called_wrong(
    cache: KeyCache, database: Database, clock: Clock
) -> None:
    missed = new_api_key()
    assert await cache.lookup(missed.secret) is None
    database.away = True
    for secret in (new_api_key().secret, new_api_key().secret):
        with pytest.raises(KeysUnavailable):
            await cache.lookup(secret)
    clock.now += 5
    with pytest.raises(KeysUnavailable):
        await cache.lookup(missed.secret)


async def test_a_database_that_is_away_is_asked_once_a_second(
    cache: KeyCache, database: Database, clock: Clock
) -> None:
    key = database.add()
    await cache.lookup(key.secret)
    database.away = True
    clock.now += 5
    asked = database.asked
    for _ in range(10):
        assert await cache.lookup(key.secret) is not None
        clock.now += 0.09
    assert database.asked == asked + 1
    clock.now += 0.2
    await cache.lookup(key.secret)
    assert database.asked == asked + 2


async def test_a_revocation_is_effective_when_the_database_is_back(
    cache: KeyCache, database: Database, clock: Clock
) -> None:
    key = database.add()
    await cache.lookup(key.secret)
    database.away = True
    clock.now += 60
    assert await cache.lookup(key.secret) is not None
    database.keys.clear()
    database.away = False
    clock.now += 1
    assert await cache.lookup(key.secret) is None


async def test_a_stale_answer_is_not_given_while_the_database_answers(
    cache: KeyCache, database: Database, clock: Clock
) -> None:
    key = database.add()
    await cache.lookup(key.secret)
    database.keys.clear()
    clock.now += 6
    assert await cache.lookup(key.secret) is None


async def test_a_database_that_hangs_holds_up_a_known_key_only_the_first_time(
    cache: KeyCache, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "LOOKUP_TIMEOUT", 0.01)
    key = database.add()
    await cache.lookup(key.secret)
    database.gate = asyncio.Event()  # never set
    clock.now += 5
    assert await cache.lookup(key.secret) is not None
    monkeypatch.setattr(auth, "LOOKUP_TIMEOUT", 3600)
    clock.now += 1
    async with asyncio.timeout(30):
        assert await cache.lookup(key.secret) is not None, "without waiting for the second lookup"
    await cache.close()


async def test_what_is_forgotten_is_asked_anew(cache: KeyCache, database: Database) -> None:
    key = database.add()
    await cache.lookup(key.secret)
    database.keys.clear()
    cache.forget(key.hash)
    assert cache.peek(key.secret) is None
    assert await cache.lookup(key.secret) is None


async def test_a_lookup_that_began_before_a_revocation_is_not_kept(
    cache: KeyCache, database: Database
) -> None:
    key = database.add()
    database.gate = asyncio.Event()
    early = asyncio.create_task(cache.lookup(key.secret))
    await asyncio.sleep(0.01)
    database.keys.clear()
    cache.forget(key.hash)
    database.gate.set()
    await early
    assert cache.peek(key.secret) is None
    assert await cache.lookup(key.secret) is None


async def test_a_secret_in_its_grace_ends_with_it(cache: KeyCache, database: Database, clock: Clock) -> None:
    key = database.add(KEY._replace(seconds_left=2.0))
    assert await cache.lookup(key.secret) is not None
    clock.now += 2
    assert cache.peek(key.secret) is None
    database.away = True
    with pytest.raises(KeysUnavailable):
        await cache.lookup(key.secret)


async def test_other_errors_are_not_taken_for_an_outage(clock: Clock) -> None:
    async def broken(_: bytes) -> StoredKey | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await KeyCache(broken, clock=clock).lookup(new_api_key().secret)


async def test_each_lookup_that_finds_a_key_is_noted_as_a_use(database: Database, clock: Clock) -> None:
    used: list[int] = []
    load: Callable[[bytes], Awaitable[StoredKey | None]] = database.load
    cache = KeyCache(load, used=used.append, clock=clock)
    key = database.add()
    await cache.lookup(key.secret)
    await cache.lookup(key.secret)
    await cache.lookup(new_api_key().secret)
    assert used == [7]
