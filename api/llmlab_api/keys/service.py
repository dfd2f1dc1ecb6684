"""What the API key routes do. What a change ends is dropped from this process's cache after its commit."""

from datetime import timedelta
from typing import Any

from llmlab_shared.clock import now
from llmlab_shared.db.repositories import accounts, keys
from llmlab_shared.security import new_api_key

from llmlab_api.auth import Principal
from llmlab_api.errors import Problem
from llmlab_api.keys.schemas import (
    CreateKeyRequest,
    KeyListResponse,
    KeyName,
    KeyNames,
    KeyResponse,
    NewKeyResponse,
    RotateKeyRequest,
)
from llmlab_api.services import Services

MOST_NAMES = 1000


async def list_keys(
    services: Services, caller: Principal, *, cursor: int | None, limit: int
) -> KeyListResponse:
    """Return one page of the workspace's keys that are not revoked."""
    async with services.engine.connect() as connection:
        # One more than asked tells whether there is a next page.
        found = await keys.list_keys(connection, caller.workspace_id, before=cursor, limit=limit + 1)
    page = found[:limit]
    return KeyListResponse(
        keys=[KeyResponse(**_shown(key)) for key in page],
        next_cursor=str(page[-1].id) if len(found) > limit else None,
    )


async def list_names(services: Services, caller: Principal) -> KeyNames:
    """Return what the workspace's keys are called, ended ones too: their calls are still there."""
    async with services.engine.connect() as connection:
        found = await keys.list_names(connection, caller.workspace_id, MOST_NAMES)
    return KeyNames(
        names=[KeyName(id=row.id, name=row.name, revoked=row.revoked_at is not None) for row in found]
    )


async def create_key(services: Services, caller: Principal, request: CreateKeyRequest) -> NewKeyResponse:
    """Make a key. Raises 403 for scopes that the caller does not have."""
    _check_scopes(caller, request.scopes, "make a key with")
    secret = new_api_key()
    async with services.engine.begin() as connection:
        key = await keys.insert_key(
            connection,
            secret,
            workspace_id=caller.workspace_id,
            created_by=caller.user_id,
            name=request.name,
            scopes=request.scopes,
            defaults=request.defaults.model_dump(exclude_none=True),
        )
        await accounts.write_audit(
            connection,
            workspace_id=caller.workspace_id,
            actor=caller.actor,
            action="key_created",
            target=f"key:{key.id}",
            details={"name": key.name, "scopes": list(key.scopes)},
        )
    return NewKeyResponse(**_shown(key), api_key=secret.secret)


async def rotate_key(
    services: Services, caller: Principal, key_id: int, request: RotateKeyRequest
) -> NewKeyResponse:
    """Give a key a new secret; the old one ends now or after the grace, an even older one now."""
    secret = new_api_key()
    until = now() + timedelta(seconds=request.grace_seconds) if request.grace_seconds else None
    async with services.engine.begin() as connection:
        old = await keys.find_live_key(connection, caller.workspace_id, key_id)
        if old is None:
            raise _unknown_key(key_id)
        # The new secret is shown to the caller, who could else take over a key that may do more.
        _check_scopes(caller, old.scopes, "rotate a key with")
        key = await keys.replace_secret(connection, key_id, secret, previous_valid_until=until)
        await accounts.write_audit(
            connection,
            workspace_id=caller.workspace_id,
            actor=caller.actor,
            action="key_rotated",
            target=f"key:{key_id}",
            details={"grace_seconds": request.grace_seconds},
        )
    _forget(services, old)
    return NewKeyResponse(**_shown(key), api_key=secret.secret)


async def revoke_key(services: Services, caller: Principal, key_id: int) -> None:
    """End a key. One that is ended already is no error, one of another workspace is 404."""
    async with services.engine.begin() as connection:
        key = await keys.find_live_key(connection, caller.workspace_id, key_id)
        if key is None:
            if not await keys.was_key(connection, caller.workspace_id, key_id):
                raise _unknown_key(key_id)
            return
        await keys.revoke_key(connection, key_id)
        await accounts.write_audit(
            connection,
            workspace_id=caller.workspace_id,
            actor=caller.actor,
            action="key_revoked",
            target=f"key:{key_id}",
        )
    _forget(services, key)


def _check_scopes(caller: Principal, scopes: list[Any], act: str) -> None:
    missing = sorted(set(scopes) - caller.scopes)
    if missing:
        raise Problem(
            403,
            "insufficient_scope",
            f"you cannot {act} a scope that you do not have yourself: {', '.join(missing)}",
        )


def _unknown_key(key_id: int) -> Problem:
    return Problem(404, "not_found", f"this workspace has no API key {key_id}")


def _forget(services: Services, key: Any) -> None:
    for key_hash in (key.key_hash, key.previous_hash):
        if key_hash is not None:
            services.keys.forget(key_hash)


def _shown(key: Any) -> dict[str, Any]:
    return {name: getattr(key, name) for name in KeyResponse.model_fields}
