"""What the bodies of several features share: their base, and types of fields."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from llmlab_api.names import SHOWN, unknown

# How many strange names of one object are told.
_TOLD = 10


def printable(text: str) -> str:
    """Return the text, or raise `ValueError` when it holds what PostgreSQL or a terminal trips over."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("holds a control character (NUL, a line break, …); leave it out")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ValueError("holds half a surrogate pair, which is not a character; leave it out")
    return text


class RequestBody(BaseModel):
    """A request's body, or an object in it. Names that it does not know are refused with those it does."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _knows_the_names(cls, given: Any) -> Any:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        strange = [name for name in given if name not in known] if isinstance(given, dict) else []
        if strange:
            raise ValidationError.from_exception_data(
                cls.__name__, [_unknown_field(name, known) for name in strange[:_TOLD]]
            )
        return given


# What people call a thing of theirs.
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(printable),
]


def _unknown_field(name: str, known: Iterable[str]) -> InitErrorDetails:
    # By way of a context, because braces in a name would be taken for places to fill.
    said = {"said": f"is not a field here{unknown(name, known)}"}
    return InitErrorDetails(
        type=PydanticCustomError("unknown_field", "{said}", said), loc=(name[:SHOWN],), input=None
    )
