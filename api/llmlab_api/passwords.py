"""Passwords at the API: judged and hashed outside of any transaction, and told what is wrong with them."""

from llmlab_shared.security import HashingBusy, WeakPassword, check_password

from llmlab_api.errors import Problem, invalid
from llmlab_api.services import Services


def check_new(field: str, password: str) -> None:
    """Raise the 422 that names the field unless the password will do."""
    try:
        check_password(password)
    except WeakPassword as error:
        raise invalid(field, error.code, error.detail) from None


async def hash_new(services: Services, password: str) -> str:
    """Return the hash to store; raises 503 when too many wait."""
    try:
        return await services.passwords.hash(password)
    except HashingBusy as error:
        raise _busy(error) from None


async def verify(services: Services, password: str, hashed: str | None) -> bool:
    """Say whether the password is the one that was hashed; raises 503 when too many wait."""
    try:
        return await services.passwords.verify(password, hashed)
    except HashingBusy as error:
        raise _busy(error) from None


def _busy(error: HashingBusy) -> Problem:
    return Problem(503, error.code, error.detail, headers={"Retry-After": "5"})
