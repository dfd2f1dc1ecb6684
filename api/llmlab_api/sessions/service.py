"""What the session routes do. What is ended is dead at the next request, in every API process."""

from uuid import UUID

from llmlab_shared.db.repositories import accounts, sessions

from llmlab_api.auth import Principal
from llmlab_api.deps import unauthenticated
from llmlab_api.errors import Problem
from llmlab_api.services import Services
from llmlab_api.sessions.schemas import SessionListResponse, SessionResponse


async def list_sessions(services: Services, person: Principal) -> SessionListResponse:
    """Return the person's sessions that are good, newest first."""
    assert person.user_id is not None, "the route takes people only"
    async with services.engine.connect() as connection:
        found = await sessions.list_sessions(connection, person.user_id)
    return SessionListResponse(
        sessions=[
            SessionResponse(
                id=row.jti,
                current=row.jti == person.token_id,
                kind=row.kind,
                agent=row.agent,
                created_at=row.created_at,
                last_seen_at=row.last_seen_at,
                expires_at=row.expires_at,
            )
            for row in found
        ]
    )


async def end_session(services: Services, person: Principal, session_id: UUID) -> None:
    """End one session of the person's, this one too. Raises 404."""
    assert person.user_id is not None, "the route takes people only"
    async with services.engine.begin() as connection:
        expires_at = await sessions.find_expiry(connection, person.user_id, session_id)
        if expires_at is None:
            raise Problem(404, "not_found", f"you have no session {session_id}, or it has ended already")
        await accounts.revoke_token(connection, session_id, person.user_id, expires_at)
        await accounts.write_audit(
            connection,
            workspace_id=None,
            actor=person.actor,
            action="session_ended",
            target=f"session:{session_id}",
        )


async def end_others(services: Services, person: Principal) -> None:
    """End every token of the person's but the one of this request, also those that are on no list."""
    assert person.user_id is not None, "the route takes people only"
    assert person.token_id is not None, "a person came with a token"
    assert person.generation is not None, "a person came with a token"
    async with services.engine.begin() as connection:
        ended = await sessions.end_all_but(
            connection, person.user_id, person.token_id, generation=person.generation
        )
        if not ended:
            raise unauthenticated("token_revoked", "this session was ended just now; log in again")
        await accounts.write_audit(
            connection, workspace_id=None, actor=person.actor, action="other_sessions_ended"
        )
