"""What `/api/deadletters` takes and answers."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from llmlab_api.bodies import Wrong, refuse
from llmlab_api.fields import RequestBody, printable

State = Literal["waiting", "replayed"]
MAX_IDS = 1000
Code = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(printable)]
LetterId = Annotated[str, StringConstraints(max_length=64), AfterValidator(printable)]
Why = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(printable)
]


class DeadLetter(BaseModel):
    """An event that could not be written. It is in no total until it is replayed."""

    id: str = Field(examples=["01990f5c-5a6b-7c3d-8e4f-0123456789ab:0"])
    code: str
    reason: str
    received_at: datetime
    died_at: datetime
    replayed_at: datetime | None
    api_key: int | None = Field(description="The id of the key it came with.")
    event: dict[str, Any] = Field(
        description="Its fields as they were sent, but for the values of metadata, tags, usage and of fields "
        "that are not known; of an entry that could not be read, what it is, as `body`.",
        examples=[{"provider": "openai", "model": "gpt-4", "timestamp": "2026-11-23T10:00:00Z"}],
    )


class DeathReason(BaseModel):
    """What letters died of: how many, and when the first and the last of them did."""

    code: str
    reason: str
    letters: int
    first: datetime
    last: datetime


class DeadLetters(BaseModel):
    deadletters: list[DeadLetter] = Field(description="Those that died last come first.")
    reasons: list[DeathReason] = Field(
        description="Of all letters in this state, of every code; the most frequent first, at most 50."
    )
    total: int = Field(description="How many letters are meant, on this page and others.")
    next_cursor: str | None


class ReplayRequest(RequestBody):
    """Which of those that wait: these, or those of a code; without both, all."""

    ids: list[LetterId] | None = Field(None, min_length=1, max_length=MAX_IDS)
    code: Code | None = None

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        if self.ids is not None and self.code is not None:
            refuse([Wrong(("code",), "makes no sense beside ids: send one of the two")])
        return self


class ReplayAnswer(BaseModel):
    """What a worker has begun to replay; `GET /api/deadletters` tells how many wait still."""

    letters: int = Field(description="How many are meant.")


class DropRequest(RequestBody):
    """Which, by their ids or by a code, and why: the reason is kept in the audit log."""

    ids: list[LetterId] | None = Field(None, min_length=1, max_length=MAX_IDS)
    code: Code | None = None
    state: State = "waiting"
    reason: Why

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if (self.ids is None) == (self.code is None):
            refuse([Wrong(("ids",), "say which: either ids, or a code")])
        return self


class DropAnswer(BaseModel):
    dropped: int
    left: int = Field(description="How many are still there, of very many: send the same again.")
