"""New passwords by a link: asking for one, making its secret, using it up. Plain asyncpg, for all processes.

A request is stored alike whether or not the e-mail is anybody's, so that its answer takes as long. The
secret is made by whoever hands the link over, each time anew: it lies nowhere.
"""

from typing import Final, NamedTuple

import asyncpg

from llmlab_shared.security import hash_link_secret, new_link_secret

# The job that mails a link, and what the path of one is. What stands behind a # no proxy's log has.
SEND_RESET: Final = "send_password_reset"
RESET_PATH: Final = "/reset-password#token="
LIFE_MINUTES: Final = 60

_ASK = """
INSERT INTO password_resets (email, sent_at) VALUES ($1, CASE WHEN $2 THEN NULL ELSE now() END) RETURNING id
"""
_TAKE = """
UPDATE password_resets r SET attempts = r.attempts + 1, due_at = now() + make_interval(secs => $3),
    token_hash = $2, expires_at = now() + interval '1 hour'
WHERE r.id = $1 AND r.sent_at IS NULL AND r.due_at <= now() AND r.used_at IS NULL
  AND EXISTS (SELECT FROM users u WHERE u.email = r.email)
RETURNING r.email, r.attempts
"""
_HAND_OVER = """
UPDATE password_resets r SET token_hash = $2, expires_at = now() + interval '1 hour'
WHERE r.id = $1 AND EXISTS (SELECT FROM users u WHERE u.email = r.email)
RETURNING r.email
"""
_DONE = "UPDATE password_resets SET sent_at = now() WHERE id = $1 AND token_hash = $2"
_GIVE_UP = "UPDATE password_resets SET sent_at = now(), token_hash = NULL WHERE id = $1 AND token_hash = $2"
_LATER = """
UPDATE password_resets SET due_at = now() + make_interval(secs => $3) WHERE id = $1 AND token_hash = $2
"""
_FORGET_STRANGERS = """
DELETE FROM password_resets r WHERE r.sent_at IS NULL AND r.due_at <= now()
  AND NOT EXISTS (SELECT FROM users u WHERE u.email = r.email)
"""
# Who waited so long has asked again, or logged in.
_FORGET_OLD = "DELETE FROM password_resets WHERE created_at < now() - interval '1 day'"
_TIRED = """
UPDATE password_resets SET sent_at = now(), token_hash = NULL
WHERE sent_at IS NULL AND created_at < now() - interval '1 hour'
"""
_DUE = "SELECT id FROM password_resets WHERE sent_at IS NULL AND due_at <= now() ORDER BY due_at LIMIT 100"
_FIND = """
SELECT r.id, u.id AS user_id, u.email FROM password_resets r JOIN users u ON u.email = r.email
WHERE r.token_hash = $1 AND r.used_at IS NULL AND r.expires_at > now()
"""
_USE = """
UPDATE password_resets SET used_at = now() WHERE id = $1 AND used_at IS NULL AND expires_at > now()
RETURNING id
"""
_END_OTHERS = "DELETE FROM password_resets WHERE email = $1 AND id <> $2"


class Letter(NamedTuple):
    """A link to be mailed. `hash` is what the row has now: who comes after has another."""

    id: int
    email: str
    secret: str
    hash: bytes
    attempts: int


class LiveReset(NamedTuple):
    """A link that is good, and whose password it sets."""

    id: int
    user_id: int
    email: str


async def ask(connection: asyncpg.Connection, email: str, *, by_mail: bool) -> int:
    """Store that somebody wants a new password for an e-mail; return the id of the request."""
    reset_id: int = await connection.fetchval(_ASK, email, by_mail)
    return reset_id


async def take(connection: asyncpg.Connection, reset_id: int, *, lease_seconds: float) -> Letter | None:
    """Take a request that is due to be mailed, with a new secret; nobody else does before the lease ends.

    None when there is nothing to send: it is sent, others are at it, or nobody has this e-mail.
    """
    link = new_link_secret()
    row = await connection.fetchrow(_TAKE, reset_id, link.hash, lease_seconds)
    return None if row is None else Letter(reset_id, row["email"], link.secret, link.hash, row["attempts"])


async def hand_over(connection: asyncpg.Connection, reset_id: int) -> str | None:
    """Return a new secret of a request, to be shown to the operator; None when nobody has its e-mail."""
    link = new_link_secret()
    there = await connection.fetchval(_HAND_OVER, reset_id, link.hash)
    return None if there is None else link.secret


async def mark_sent(connection: asyncpg.Connection, letter: Letter) -> None:
    """Record that the mail server has it."""
    await connection.execute(_DONE, letter.id, letter.hash)


async def give_up(connection: asyncpg.Connection, letter: Letter) -> None:
    """Record that it will not be sent; its secret is good for nothing then."""
    await connection.execute(_GIVE_UP, letter.id, letter.hash)


async def put_off(connection: asyncpg.Connection, letter: Letter, seconds: float) -> None:
    """Try it again so much later."""
    await connection.execute(_LATER, letter.id, letter.hash, seconds)


async def due(connection: asyncpg.Connection) -> list[int]:
    """Return the requests to be mailed now; forget what is old, what nobody gets, what took too long."""
    for statement in (_FORGET_OLD, _FORGET_STRANGERS, _TIRED):
        await connection.execute(statement)
    return [row["id"] for row in await connection.fetch(_DUE)]


async def find(connection: asyncpg.Connection, secret: str) -> LiveReset | None:
    """Return the link with this secret, if it is good."""
    row = await connection.fetchrow(_FIND, hash_link_secret(secret))
    return None if row is None else LiveReset(*row)


async def use(connection: asyncpg.Connection, reset: LiveReset) -> bool:
    """Use a link up and end all others of its user; False when somebody just did, or it expired."""
    if await connection.fetchval(_USE, reset.id) is None:
        return False
    await connection.execute(_END_OTHERS, reset.email, reset.id)
    return True
