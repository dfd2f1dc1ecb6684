"""The bodies of the account routes, as the contract names them."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from llmlab_shared.domain.budgets import MAX_AMOUNT, MAX_THRESHOLD
from llmlab_shared.domain.money import read_plain
from llmlab_shared.security import PASSWORD_LENGTHS
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic.config import JsonDict

from llmlab_api.fields import RequestBody, Title, printable

# Whether an address exists only a mail can tell; this keeps out what cannot be one.
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,253}")
_LONGEST_EMAIL = 254

Role = Literal["owner", "admin", "member", "viewer"]


def normal_email(email: str) -> str:
    """Return an e-mail as it is stored and compared: without spaces around it, in lower case."""
    return email.strip().lower()


def is_email(email: str) -> bool:
    """Say whether a text can be an e-mail, as it is stored."""
    return email.isprintable() and len(email) <= _LONGEST_EMAIL and _EMAIL.fullmatch(email) is not None


def _email(text: str) -> str:
    email = normal_email(printable(text))
    if not is_email(email):
        raise ValueError("is not an e-mail address such as ada@example.com")
    return email


def _exact(value: Any) -> Any:
    # A JSON number arrives as a float. Its shortest spelling is what the client wrote, up to 15 digits.
    if isinstance(value, bool):
        raise ValueError("is a decimal string, not a boolean")
    if isinstance(value, float):
        exact = Decimal(repr(value))
        if not exact.is_finite() or len(exact.as_tuple().digits) > 15:
            raise ValueError('has too many digits for a JSON number; send it as a string, "1234.56"')
        return exact
    return read_plain(value) if isinstance(value, str) else value


def _plain(amount: Decimal) -> Decimal:
    # A zero may carry any exponent, which PostgreSQL would write out.
    return amount or Decimal(0)


def new_password() -> Any:
    """Return the field of a password that is to be set."""
    # How long it may be is the service's to judge, in words that do not repeat it.
    shortest, longest = PASSWORD_LENGTHS
    shown: JsonDict = {"format": "password", "minLength": shortest, "maxLength": longest}
    return Field(max_length=1 << 16, json_schema_extra=shown)


# The secret of a link. What cannot be one is refused as one that is unknown.
LinkToken = Annotated[str, Field(min_length=1, max_length=256)]
Email = Annotated[str, AfterValidator(_email), Field(json_schema_extra={"format": "email"})]
Amount = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(ge=0, le=MAX_AMOUNT, decimal_places=12, allow_inf_nan=False),
    AfterValidator(_plain),
]
Threshold = Annotated[
    Decimal, BeforeValidator(_exact), Field(gt=0, le=MAX_THRESHOLD, decimal_places=4, allow_inf_nan=False)
]


class SignupRequest(RequestBody):
    """A new user. `workspace` names the workspace that comes with it, `timezone` its days (UTC).

    Who has an `invitation` joins the workspace that it is for, and gets none of their own.
    """

    email: Email
    password: str = new_password()
    workspace: Title = "Personal"
    timezone: str = Field("UTC", max_length=64)
    invitation: LinkToken | None = None


class LoginRequest(RequestBody):
    """Credentials; what cannot be an e-mail is a wrong one. An `invitation` is accepted on the way in."""

    email: str = Field(max_length=1 << 10)
    password: str = Field(max_length=1 << 16, json_schema_extra={"format": "password"})
    invitation: LinkToken | None = None


class PasswordRequest(RequestBody):
    """A change of password by somebody who knows the current one."""

    current_password: str = Field(max_length=1 << 16, json_schema_extra={"format": "password"})
    new_password: str = new_password()


class MeRequest(RequestBody):
    """What to change; a field that is absent stays, `monthly_budget: null` removes the budget."""

    monthly_budget: Amount | None = None
    budget_alert_threshold: Threshold | None = None


class WorkspaceResponse(BaseModel):
    """A workspace as its member sees it."""

    id: int
    name: str
    role: Role
    timezone: str


class UserResponse(BaseModel):
    """A user; the budget fields are those of the workspace that the request speaks for. Money is text.

    Without a password (`has_password`) somebody else's sign-in vouches for them; a reset link sets one.
    """

    id: int
    email: str
    created_at: datetime
    monthly_budget: str | None
    budget_alert_threshold: str
    has_password: bool
    workspaces: list[WorkspaceResponse]


class TokenResponse(BaseModel):
    """A token, to be sent as `Authorization: Bearer`; null where it went into the session cookie.

    That is so for requests with `X-LLMLab-Web: 1`. The cookie is HttpOnly, so no script can read it.
    """

    token: str | None


class SignupResponse(TokenResponse):
    """A new account. `api_key` is shown this once, and null for who joined somebody else's workspace."""

    api_key: str | None
    user: UserResponse


class SupabaseMethods(BaseModel):
    """Signing in by way of Supabase Auth: its providers, and whether e-mail and password will do there."""

    providers: list[str]
    password: bool


class MethodsResponse(BaseModel):
    """What a sign-in page has to offer.

    `signup`: anybody may (`open`), this is the first user's (`first`), or only with an `invitation`.
    `password_reset`: the link comes by `mail`, or the `operator` hands it over.
    """

    signup: Literal["open", "first", "invitation"]
    first_user: bool
    password_reset: Literal["mail", "operator"]
    supabase: SupabaseMethods | None
