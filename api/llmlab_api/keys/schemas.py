"""The bodies of the API key routes, as the contract names them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from llmlab_shared.domain.events import MAX_TAGS, MAX_TEXT
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from llmlab_api.auth import Scope
from llmlab_api.fields import RequestBody, Title, printable

Label = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT), AfterValidator(printable)]


def _without_repeats(scopes: list[Scope]) -> list[Scope]:
    return sorted(set(scopes))


Scopes = Annotated[list[Scope], Field(min_length=1, max_length=16), AfterValidator(_without_repeats)]


class KeyDefaults(RequestBody):
    """What events sent with the key get when they do not say it themselves."""

    feature: Label | None = None
    customer: Label | None = None
    user: Label | None = None
    team: Label | None = None
    project: Label | None = None
    environment: Label | None = None
    release: Label | None = None
    session_id: Label | None = None
    tags: Annotated[dict[Label, Label], Field(max_length=MAX_TAGS)] | None = None


class CreateKeyRequest(RequestBody):
    """A new key. Its scopes can only be ones that the caller has too."""

    name: Title
    scopes: Scopes = Field(["ingest", "read"])
    defaults: KeyDefaults = Field(default_factory=KeyDefaults)


class RotateKeyRequest(RequestBody):
    """`grace_seconds` is how long the old secret works beside the new one."""

    grace_seconds: int = Field(0, ge=0, le=86_400)


class KeyResponse(BaseModel):
    """A key without its secret. `previous_valid_until` is set while a rotated secret is in its grace."""

    id: int
    name: str
    prefix: str
    scopes: list[Literal["ingest", "read", "admin"]]
    defaults: dict[str, Any]
    created_at: datetime
    last_used_at: datetime | None
    previous_valid_until: datetime | None


class NewKeyResponse(KeyResponse):
    """A key with its secret, which is shown this once."""

    api_key: str


class KeyListResponse(BaseModel):
    """Keys, newest first; `next_cursor` asks for the rest."""

    keys: list[KeyResponse]
    next_cursor: str | None


class KeyName(BaseModel):
    """What a key is called; `revoked` once it was ended."""

    id: int
    name: str
    revoked: bool


class KeyNames(BaseModel):
    """Names of keys, newest first."""

    names: list[KeyName]
