"""The bodies of signing in by way of Supabase, as the contract names them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from llmlab_api.accounts.schemas import LinkToken, TokenResponse
from llmlab_api.bodies import Wrong, refuse
from llmlab_api.fields import RequestBody
from llmlab_api.tokens import MAX_TOKEN

_WAYS = "send one of: access_token; email and password; code"


class SupabaseRequest(RequestBody):
    """One of three: an access token of the project, e-mail and password there, or a provider's `code`.

    The code is for the browser that began at `/api/auth/supabase/start`. An `invitation` is accepted on the
    way in.
    """

    access_token: Annotated[str, Field(min_length=1, max_length=MAX_TOKEN)] | None = None
    email: Annotated[str, Field(max_length=1 << 10)] | None = None
    password: Annotated[str, Field(max_length=1 << 10, json_schema_extra={"format": "password"})] | None = (
        None
    )
    code: Annotated[str, Field(min_length=1, max_length=1 << 10)] | None = None
    invitation: LinkToken | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        by_password = (self.email is not None, self.password is not None)
        ways = [self.access_token is not None, any(by_password), self.code is not None]
        if ways.count(True) != 1 or by_password.count(True) == 1:
            refuse([Wrong(("access_token",), _WAYS)])
        return self


class SupabaseResponse(TokenResponse):
    """A token of ours; `new_account` says whether this was the first time."""

    new_account: bool
