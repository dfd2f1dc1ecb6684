"""What happens when a password is forgotten: a link, by mail or in the operator's log, and a new password."""

from llmlab_shared.db import password_resets
from llmlab_shared.db.engine import driver_of
from llmlab_shared.db.repositories import accounts
from llmlab_shared.log import get_logger

from llmlab_api import jobs, passwords
from llmlab_api.accounts.schemas import TokenResponse, normal_email
from llmlab_api.errors import Problem
from llmlab_api.resets.schemas import ForgotResponse, ResetRequest
from llmlab_api.services import Services
from llmlab_api.sign_in import Visitor, no_workspace, start_session

_MAILED = (
    "if there is an account with this e-mail, a link to choose a new password is on its way to it, good for "
    "one hour"
)
_PRINTED = (
    "if there is an account with this e-mail, whoever runs this installation finds a link to choose a new "
    "password in the API's log, or makes one by `llmlab users reset-password`; it is good for one hour"
)
log = get_logger("api.accounts")


async def forget(services: Services, email: str, visitor: Visitor) -> ForgotResponse:
    """Take a request for a new password. Raises 429 or 503.

    Nothing that is done before the answer depends on whether the e-mail is anybody's.
    """
    email = normal_email(email)
    await services.reset_throttle.attempt(email, visitor.address)
    by_mail = services.settings.mails_links
    # PostgreSQL takes neither; nobody has such an e-mail.
    if email.isprintable():
        async with services.engine.begin() as connection:
            reset_id = await password_resets.ask(await driver_of(connection), email, by_mail=by_mail)
        if by_mail:
            await jobs.enqueue(services, password_resets.SEND_RESET, reset_id)
        else:
            services.later(_print_link(services, email, reset_id))
    return ForgotResponse(detail=_MAILED if by_mail else _PRINTED)


async def reset(services: Services, request: ResetRequest, visitor: Visitor) -> TokenResponse:
    """Set a new password by a link, and sign its owner in; all else that was signed in is out.

    Raises 403, 404, 422 or 503.
    """
    passwords.check_new("new_password", request.new_password)
    async with services.engine.connect() as connection:
        found = await password_resets.find(await driver_of(connection), request.token)
    if found is None:
        raise _dead()
    hashed = await passwords.hash_new(services, request.new_password)
    token = None
    async with services.engine.begin() as connection:
        # Each use ends the other links: two at once would wait for each other.
        await accounts.lock_user(connection, found.user_id)
        if not await password_resets.use(await driver_of(connection), found):
            raise _dead()
        generation = await accounts.replace_password(connection, found.user_id, hashed)
        await accounts.write_audit(
            connection, workspace_id=None, actor=f"user:{found.user_id}", action="password_reset"
        )
        home = await accounts.find_credentials_of(connection, found.user_id)
        if home is not None and home.workspace_id is not None:
            token = await start_session(
                services,
                connection,
                visitor,
                user_id=found.user_id,
                workspace_id=home.workspace_id,
                generation=generation,
            )
    # Who guessed at the old password does not keep its owner out.
    await services.throttle.forget(found.email)
    if token is None:
        raise no_workspace()
    return TokenResponse(token=token)


async def _print_link(services: Services, email: str, reset_id: int) -> None:
    settings = services.settings
    async with services.engine.begin() as connection:
        secret = await password_resets.hand_over(await driver_of(connection), reset_id)
    if secret is None:
        return
    # Not the address that the request names: whoever sent it may have named one of their own.
    base = settings.public_url or f"http://127.0.0.1:{settings.port}"
    log.warning(
        "a new password was asked for; hand this link to its owner, it is good for one hour",
        email=email,
        link=f"{base}{password_resets.RESET_PATH}{secret}",
    )


def _dead() -> Problem:
    return Problem(
        404,
        "reset_link_dead",
        "this link was used, has expired, or is not whole: ask for a new one by `forgot password`",
    )
