"""The bodies of the routes for forgotten passwords, as the contract names them."""

from pydantic import BaseModel, Field

from llmlab_api.accounts.schemas import LinkToken, new_password
from llmlab_api.fields import RequestBody


class ForgotRequest(RequestBody):
    """Whose password is forgotten; what cannot be an e-mail is nobody's."""

    email: str = Field(max_length=1 << 10)


class ForgotResponse(BaseModel):
    """What happens now, in the same words whether or not there is such an account."""

    detail: str


class ResetRequest(RequestBody):
    """The secret of a link, and what the password shall be."""

    token: LinkToken
    new_password: str = new_password()
