"""Channels on the wire. What is secret in their settings is shown once, when it is made, and masked later."""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from typing import Annotated, Any, Final

from llmlab_shared.domain.notifications import ChannelKind, DeliveryStatus, WantedKind
from llmlab_shared.outgoing import MAX_URL
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from llmlab_api.fields import RequestBody, Title

MAX_ADDRESSES: Final = 20
_LONGEST_ADDRESS: Final = 254


def address(text: str) -> str:
    """Return an e-mail address that mail can be sent to, or raise `ValueError`."""
    email = text.strip()
    local, at, domain = email.rpartition("@")
    try:
        fits = email.isascii() and email.isprintable() and len(email) <= _LONGEST_ADDRESS
        sound = fits and bool(local and at and domain) and Address(addr_spec=email).addr_spec == email
    except (ValueError, IndexError, MessageError):
        sound = False
    if not sound or not _is_domain(domain):
        raise ValueError("is not an e-mail address such as ada@example.com")
    return email


def _is_domain(domain: str) -> bool:
    return all(part and part.replace("-", "").isalnum() for part in domain.split("."))


def _different(given: list[str]) -> list[str]:
    return list(dict.fromkeys(given))


EmailAddress = Annotated[
    str, AfterValidator(address), Field(json_schema_extra={"format": "email", "maxLength": _LONGEST_ADDRESS})
]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_URL)]


class EmailSettings(RequestBody):
    """`to`: who is told."""

    to: Annotated[list[EmailAddress], AfterValidator(_different)] = Field(
        min_length=1, max_length=MAX_ADDRESSES
    )


class UrlSettings(RequestBody):
    """`url`: the incoming webhook of Slack, Teams or Discord, or of your own service."""

    url: Url


class PagerDutySettings(RequestBody):
    """`routing_key`: the integration key of a service. `url`: another place than the default (Europe's)."""

    routing_key: str = Field(pattern=r"^[A-Za-z0-9]{32}$")
    url: Url | None = None


SETTINGS: Final[dict[ChannelKind, type[RequestBody]]] = {
    "email": EmailSettings,
    "slack": UrlSettings,
    "teams": UrlSettings,
    "discord": UrlSettings,
    "pagerduty": PagerDutySettings,
    "webhook": UrlSettings,
}
Kinds = Annotated[
    list[WantedKind],
    AfterValidator(_different),
    Field(max_length=16, description="Of which alerts; an empty list: only of those that name the channel."),
]
_SETTINGS: dict[str, Any] = {
    "description": "email: `to`, addresses. slack, teams, discord, webhook: `url`. pagerduty: `routing_key`, "
    "and `url` for another region.",
    "examples": [{"to": ["ada@example.com"]}, {"url": "https://hooks.slack.com/services/T0/B0/secret"}],
}


class ChannelRequest(RequestBody):
    """A new channel."""

    kind: ChannelKind
    name: Title | None = Field(None, description="Without one it is called by its kind.")
    settings: dict[str, Any] = Field(**_SETTINGS)
    kinds: Kinds | None = None


class ChannelChange(RequestBody):
    """What changes; what is left out stays. `settings` are replaced as a whole, a webhook's secret stays."""

    name: Title | None = None
    settings: dict[str, Any] | None = Field(None, **_SETTINGS)
    kinds: Kinds | None = None
    paused: bool | None = Field(None, strict=True)


class RotateRequest(RequestBody):
    """For how long messages are signed by the old secret too."""

    grace_seconds: int = Field(86_400, ge=0, le=7 * 86_400, strict=True)


class LastDelivery(BaseModel):
    id: int
    status: DeliveryStatus
    error: str | None
    at: datetime = Field(description="When it was sent, or else begun.")


class Channel(BaseModel):
    id: int
    name: str
    kind: ChannelKind
    settings: dict[str, Any] = Field(
        description="With secrets masked.", examples=[{"url": "https://hooks.slack.com/…cret"}]
    )
    kinds: list[str]
    paused: bool
    paused_at: datetime | None
    created_at: datetime
    last_delivery: LastDelivery | None
    problem: str | None = Field(description="Why nothing can arrive by it as things stand, if so.")


class NewChannel(Channel):
    secret: str | None = Field(description="Of a webhook: what its messages are signed with. Shown once.")


class Channels(BaseModel):
    channels: list[Channel]
    next_cursor: str | None
