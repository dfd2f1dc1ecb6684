"""What `/api/workspace` takes and answers."""

from datetime import datetime
from typing import Annotated, Final

from llmlab_shared.domain.events import MAX_TEXT
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from llmlab_api.fields import RequestBody, Title, printable

MAX_TAGS: Final = 5


def _without_comma(key: str) -> str:
    if "," in key:
        raise ValueError("holds a comma, which parts the names in `group_by`; it cannot be counted by")
    return key


def _different(keys: list[str]) -> list[str]:
    if len(set(keys)) < len(keys):
        raise ValueError("names a tag twice")
    return keys


TagKey = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TEXT),
    AfterValidator(printable),
    AfterValidator(_without_comma),
]


class WorkspaceRequest(RequestBody):
    """What to change; a field that is absent stays. `tags` are all of the declared ones."""

    name: Title | None = None
    timezone: str | None = Field(None, max_length=64, examples=["Europe/Berlin"])
    tags: Annotated[list[TagKey], Field(max_length=MAX_TAGS), AfterValidator(_different)] | None = None


class Rebuilding(BaseModel):
    """How far sums by day are rebuilt: `done` of `total` days."""

    since: datetime
    done: int
    total: int


class WorkspaceAnswer(BaseModel):
    id: int
    name: str
    timezone: str = Field(description="An IANA name; its midnights are the edges of days.")
    tags: list[str] = Field(description="Keys of tags that costs are kept by, as `tag.<key>`.")
    budget_alert_threshold: str
    created_at: datetime
    rebuilding: Rebuilding | None = Field(
        description="The zone or the tags were changed, and not all sums by day are those of the new: totals "
        "are right, may take longer, and what needs those sums answers 503 `rebuilding`. Null otherwise."
    )
