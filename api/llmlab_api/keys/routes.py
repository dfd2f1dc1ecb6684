"""`/api/keys`: the workspace's API keys, for its owner and admins and for keys with the scope `admin`.

Their names are for everybody who reads: spend by key means nothing without them.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from llmlab_api.deps import Administrator, Reader, services_of
from llmlab_api.keys import service
from llmlab_api.keys.schemas import (
    CreateKeyRequest,
    KeyListResponse,
    KeyNames,
    NewKeyResponse,
    RotateKeyRequest,
)
from llmlab_api.openapi import problems

router = APIRouter(prefix="/api/keys", tags=["keys"])
_LARGEST = 2**63 - 1

KeyId = Annotated[int, Path(ge=1, le=_LARGEST)]


@router.get("")
async def list_keys(
    request: Request,
    caller: Administrator,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
) -> KeyListResponse:
    """The keys of this workspace, newest first, without those that were revoked."""
    return await service.list_keys(services_of(request), caller, cursor=cursor, limit=limit)


@router.get("/names")
async def list_names(request: Request, caller: Reader) -> KeyNames:
    """What the keys of this workspace are called, for whoever reads costs by key; the newest thousand."""
    return await service.list_names(services_of(request), caller)


@router.post("", status_code=201)
async def create_key(request: Request, caller: Administrator, body: CreateKeyRequest) -> NewKeyResponse:
    """Make a key; its secret is in this answer and nowhere else."""
    return await service.create_key(services_of(request), caller, body)


@router.post("/{key_id}/rotate", responses=problems(404))
async def rotate_key(
    request: Request, caller: Administrator, key_id: KeyId, body: RotateKeyRequest | None = None
) -> NewKeyResponse:
    """Give a key a new secret; the old one dies at once, or after `grace_seconds`."""
    return await service.rotate_key(services_of(request), caller, key_id, body or RotateKeyRequest())


@router.delete("/{key_id}", status_code=204, responses=problems(404))
async def revoke_key(request: Request, caller: Administrator, key_id: KeyId) -> Response:
    """End a key, within 5 seconds in every API process."""
    await service.revoke_key(services_of(request), caller, key_id)
    return Response(status_code=204)
