"""Signing somebody in: a token, noted as a session, handed over as itself or in a cookie."""

from dataclasses import dataclass
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Request, Response
from llmlab_shared.db.repositories import sessions
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import Headers

from llmlab_api.cookies import SESSION, WebHeader, refuse_other_sites, set_cookie
from llmlab_api.errors import Problem
from llmlab_api.services import Services

_LONGEST_AGENT = 256


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who wants to sign in, as far as a request tells: `web` is a page that takes a cookie."""

    address: str
    agent: str
    web: bool


class _HasToken(Protocol):
    token: str | None


Answer = TypeVar("Answer", bound=_HasToken)


def visitor_of(request: Request, web: WebHeader = None) -> Visitor:
    """Return who asks; raise the 403 where a page of another site wants a cookie set."""
    if web is not None:
        refuse_other_sites(request)
    address = request.client.host if request.client is not None else ""
    return Visitor(address=address, agent=agent_of(request.headers), web=web is not None)


def agent_of(headers: Headers) -> str:
    """Return the User-Agent as it is kept, by which people recognise a session."""
    agent = headers.get("user-agent", "")
    return "".join(c if c.isprintable() else " " for c in agent)[:_LONGEST_AGENT]


AVisitor = Annotated[Visitor, Depends(visitor_of)]


async def start_session(
    services: Services,
    connection: AsyncConnection,
    visitor: Visitor,
    *,
    user_id: int,
    workspace_id: int,
    generation: int,
) -> str:
    """Return a new token of a user, which is among their sessions when the transaction is committed."""
    token = services.tokens.issue(user_id=user_id, workspace_id=workspace_id, generation=generation)
    claims = services.tokens.verify(token)
    await sessions.insert_session(
        connection,
        jti=claims.token_id,
        user_id=user_id,
        generation=generation,
        kind="web" if visitor.web else "token",
        agent=visitor.agent,
        expires_at=claims.expires_at,
    )
    return token


def hand_over(request: Request, response: Response, visitor: Visitor, answer: Answer) -> Answer:
    """Return the answer to whoever signed in; for a web page its token goes into the cookie instead."""
    if visitor.web and answer.token is not None:
        seconds = request.app.state.services.settings.token_hours * 3600
        response.headers["set-cookie"] = set_cookie(request, SESSION, answer.token, seconds)
        answer.token = None
    return answer


def no_workspace() -> Problem:
    """Return the 403 for somebody who belongs to no workspace."""
    return Problem(
        403,
        "no_workspace",
        "you belong to no workspace any more; ask for an invitation, and log in with it",
    )
