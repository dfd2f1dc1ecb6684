"""Secrets: how API keys look and are kept, and how passwords are hashed without stopping the event loop.

An API key is `llmlab_`, 32 random characters and 6 of checksum, all of [0-9A-Za-z]: 45 characters with
190 bits of chance. The checksum is the CRC-32 of what stands before it in base 62, so that a mistyped or
cut key is told from an unknown one without asking the database. Only the SHA-256 of a key is kept, which
is enough for a secret that nobody can guess, and the first characters, by which a person recognises it.

Passwords are bcrypt over base64(sha256(password)): bcrypt itself reads no more than 72 bytes.
"""

import asyncio
import base64
import hashlib
import os
import secrets
import string
import sys
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import bcrypt

from llmlab_shared.errors import LLMLabError

KEY_START = "llmlab_"
_SECRET_CHARACTERS = 32
_CHECKSUM_CHARACTERS = 6
KEY_LENGTH = len(KEY_START) + _SECRET_CHARACTERS + _CHECKSUM_CHARACTERS
_SHOWN = len(KEY_START) + 6
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase

T = TypeVar("T")

PASSWORD_LENGTHS = (8, 1024)
BCRYPT_COST = 12


class NewApiKey(NamedTuple):
    """A key that was just made: `secret` is shown once, `hash` and `prefix` are kept."""

    secret: str
    hash: bytes
    prefix: str


def new_api_key() -> NewApiKey:
    """Make a key."""
    start = KEY_START + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_CHARACTERS))
    secret = start + _checksum(start)
    return NewApiKey(secret, hash_api_key(secret), secret[:_SHOWN])


def hash_api_key(secret: str) -> bytes:
    """Return what a key is stored and looked up by: the SHA-256 of it, 32 bytes."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_api_key(secret: str) -> bool:
    """Say whether this can be a key at all: its start, its length and its checksum are right."""
    if len(secret) != KEY_LENGTH or not secret.startswith(KEY_START) or not secret.isascii():
        return False
    return secret[-_CHECKSUM_CHARACTERS:] == _checksum(secret[:-_CHECKSUM_CHARACTERS])


def _checksum(start: str) -> str:
    number = zlib.crc32(start.encode())
    characters = ""
    for _ in range(_CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(_ALPHABET))
        characters = _ALPHABET[digit] + characters
    return characters


class LinkSecret(NamedTuple):
    """What a link carries, in characters that need no escaping, and the hash by which it is found again."""

    secret: str
    hash: bytes


def new_link_secret() -> LinkSecret:
    """Make the secret of a link, with 256 bits of chance."""
    secret = secrets.token_urlsafe(32)
    return LinkSecret(secret, hash_link_secret(secret))


def hash_link_secret(secret: str) -> bytes:
    """Return what a link's secret is stored and looked up by: the SHA-256 of it, 32 bytes."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class WeakPassword(LLMLabError):
    """The password is not one that LLMLab accepts; `detail` says why."""

    def __init__(self, detail: str) -> None:
        super().__init__("weak_password", detail)


class HashingBusy(LLMLabError):
    """More passwords wait to be hashed than the machine can answer in time; try again in seconds."""

    def __init__(self) -> None:
        super().__init__("busy", "too many sign-ins at once; try again in a few seconds")


def check_password(password: str) -> None:
    """Raise `WeakPassword` unless the password has 8 to 1024 characters that can be encoded."""
    shortest, longest = PASSWORD_LENGTHS
    if not shortest <= len(password) <= longest:
        raise WeakPassword(f"a password has {shortest} to {longest} characters; this one has {len(password)}")
    try:
        password.encode()
    except UnicodeEncodeError:
        raise WeakPassword("the password holds half a surrogate pair, which is not a character") from None


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())


def _yield_to_others() -> None:
    # Linux keeps a niceness for each thread; elsewhere this would slow the whole process.
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


class PasswordHasher:
    """bcrypt in a few threads of low priority, so that a flood of logins does not starve ingest.

    bcrypt lets go of the interpreter lock while it works (0.3 s at cost 12). At most `threads` hashes run
    and `waiting` more wait; beyond that callers get `HashingBusy` at once.
    """

    def __init__(self, *, cost: int = BCRYPT_COST, threads: int = 1, waiting: int = 32) -> None:
        self._cost = cost
        self._room = threads + waiting
        self._threads = ThreadPoolExecutor(
            threads, thread_name_prefix="llmlab-bcrypt", initializer=_yield_to_others
        )
        # No password has this hash; checking against it takes as long as against a real one.
        self._nobody = f"$2b${cost:02d}${'.' * 53}"

    async def hash(self, password: str) -> str:
        """Return the hash to store. Raises `WeakPassword` or `HashingBusy`."""
        check_password(password)
        hashed = await self._run(lambda: bcrypt.hashpw(_digest(password), bcrypt.gensalt(self._cost)))
        return hashed.decode()

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Say whether the password is the one that was hashed; `None` (no such user) takes as long.

        False, never an error, for a password or a hash that cannot be one. Raises only `HashingBusy`.
        """
        return await self._run(lambda: self._matches(password, hashed)) and hashed is not None

    def close(self) -> None:
        """Let the threads end; what still waits is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, password: str, hashed: str | None) -> bool:
        try:
            return bcrypt.checkpw(_digest(password), (hashed or self._nobody).encode())
        except ValueError:
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._room == 0:
            raise HashingBusy
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._room += 1
