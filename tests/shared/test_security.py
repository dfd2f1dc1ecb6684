"""Keys: their shape and checksum. Passwords: what is hashed, how much, and what it cannot break on."""

import asyncio
import hashlib
import string
import threading

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llmlab_shared import security
from llmlab_shared.security import (
    HashingBusy,
    PasswordHasher,
    WeakPassword,
    check_password,
    hash_api_key,
    is_api_key,
    new_api_key,
)

PASSWORD = "correct horse"


def test_a_key_has_the_stated_form() -> None:
    key = new_api_key()
    assert len(key.secret) == 45
    assert key.secret.startswith("llmlab_")
    assert set(key.secret.removeprefix("llmlab_")) <= set(string.ascii_letters + string.digits)
    assert key.hash == hashlib.sha256(key.secret.encode()).digest()
    assert key.secret.startswith(key.prefix)
    assert len(key.prefix) == 13
    assert is_api_key(key.secret)


def test_keys_differ() -> None:
    assert len({new_api_key().secret for _ in range(1000)}) == 1000


def test_every_single_typo_is_seen() -> None:
    secret = new_api_key().secret
    for place in range(len("llmlab_"), len(secret)):
        for character in string.ascii_letters + string.digits:
            if character != secret[place]:
                assert not is_api_key(secret[:place] + character + secret[place + 1 :])


@given(st.text(max_size=60))
def test_what_is_no_key_is_told_without_an_error(text: str) -> None:
    assert not is_api_key(text)
    assert not is_api_key("llmlab_" + text)
    assert len(hash_api_key(text)) == 32


@pytest.mark.parametrize("text", ["llmlab_" + "\ud800" * 38, "llmlab_" + "é" * 38, "llmlab_" + "0" * 10**6])
def test_strange_characters_make_no_key(text: str) -> None:
    assert not is_api_key(text)


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025, "x" * 10**6, "passwor\ud800"])
def test_passwords_that_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        check_password(password)
    assert refusal.value.code == "weak_password"


@pytest.mark.parametrize("password", ["12345678", "x" * 1024, "pass\0word", "pässwörd", "🐎" * 8])
async def test_passwords_that_are_accepted(password: str) -> None:
    hasher = PasswordHasher(cost=4)
    hashed = await hasher.hash(password)
    assert await hasher.verify(password, hashed)
    assert not await hasher.verify(password + "x", hashed)
    hasher.close()


async def test_what_comes_after_72_bytes_counts() -> None:
    hasher = PasswordHasher(cost=4)
    hashed = await hasher.hash("x" * 100 + "a")
    assert not await hasher.verify("x" * 100 + "b", hashed)
    hasher.close()


async def test_the_cost_is_12_by_default() -> None:
    hasher = PasswordHasher()
    hashed = await hasher.hash(PASSWORD)
    assert hashed.startswith("$2b$12$")
    hasher.close()


@pytest.mark.parametrize(
    "hashed",
    ["", "not a hash", "$2b$04$short", "$2b$99$" + "." * 53, "$2b$04$" + "!" * 53, "\0", "é", "\ud800"],
)
async def test_a_broken_hash_is_only_wrong(hashed: str) -> None:
    hasher = PasswordHasher(cost=4)
    assert not await hasher.verify(PASSWORD, hashed)
    hasher.close()


async def test_an_unknown_user_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(cost=5)
    hashed = await hasher.hash(PASSWORD)
    costs: list[bytes] = []
    check = bcrypt.checkpw

    def counting(password: bytes, hashed: bytes) -> bool:
        costs.append(hashed[:7])
        return check(password, hashed)

    monkeypatch.setattr(security.bcrypt, "checkpw", counting)
    assert not await hasher.verify("wrong password", hashed)
    assert not await hasher.verify("wrong password", None)
    assert costs == [b"$2b$05$"] * 2
    hasher.close()


async def test_the_event_loop_runs_while_a_password_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(cost=4)
    release = threading.Event()
    monkeypatch.setattr(security.bcrypt, "checkpw", lambda *_: release.wait(20))
    waiting = asyncio.create_task(hasher.verify(PASSWORD, "hash"))
    await asyncio.sleep(0)
    assert not waiting.done()
    release.set()
    assert await waiting
    hasher.close()


async def test_more_than_can_wait_are_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(cost=4, threads=1, waiting=2)
    release = threading.Event()
    monkeypatch.setattr(security.bcrypt, "checkpw", lambda *_: release.wait(20))
    tasks = [asyncio.create_task(hasher.verify(PASSWORD, "hash")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(HashingBusy):
        await hasher.verify(PASSWORD, "hash")
    release.set()
    assert await asyncio.gather(*tasks) == [True] * 3
    assert await hasher.verify(PASSWORD, "hash"), "there is room again"
    hasher.close()
