"""`POST /api/events/track`, as a bare ASGI endpoint: this is the route that every LLM call passes.

FastAPI's own machinery would cost more than the work itself; the page that describes the route is
`openapi.py`, written by hand.
"""

import msgspec
from llmlab_shared.db.outage import is_outage
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from llmlab_api.auth import Principal
from llmlab_api.deps import authenticate, check_scope
from llmlab_api.errors import Problem, problem_response
from llmlab_api.ingest.body import ClientGone, read_body
from llmlab_api.ingest.service import take
from llmlab_api.outage import database_unavailable
from llmlab_api.services import Services

PATH = "/api/events/track"
_HEADERS = [(b"content-type", b"application/json")]
_LONG_WAY = (b"x-llmlab-workspace", b"x-api-key")
_encoder = msgspec.json.Encoder()


class Track:
    """The endpoint; it holds nothing of its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            start, body = await _answer(scope, receive)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)
        except ClientGone:
            return
        except Exception as error:
            # A key or a token had to be looked up.
            if not is_outage(error):
                raise
            await problem_response(database_unavailable())(scope, receive, send)
        else:
            await send(start)
            await send(body)


async def _answer(scope: Scope, receive: Receive) -> tuple[Message, Message]:
    services: Services = scope["app"].state.services
    authorization: bytes | None = None
    encoding = media_type = length = b""
    plain = True
    for name, value in scope["headers"]:
        if name == b"authorization":
            # The long way refuses a second one.
            plain = plain and authorization is None
            authorization = value
        elif name == b"content-encoding":
            encoding = value
        elif name == b"content-type":
            media_type = value
        elif name == b"content-length":
            length = value
        elif name in _LONG_WAY:
            plain = False
    principal = await _caller(services, scope, authorization if plain else None)
    _check_media_type(media_type)
    place = services.room.place()
    try:
        body = await read_body(receive, encoding, length, place)
        accepted, rejected = await take(services.writer, principal, body, place)
    finally:
        place.leave()
    if rejected:
        answer = _encoder.encode({"accepted": accepted, "rejected": rejected})
    else:
        answer = b'{"accepted":%d,"rejected":[]}' % accepted
    headers = [*_HEADERS, (b"content-length", b"%d" % len(answer))]
    return (
        {"type": "http.response.start", "status": 202, "headers": headers},
        {"type": "http.response.body", "body": answer},
    )


async def _caller(services: Services, scope: Scope, authorization: bytes | None) -> Principal:
    """Return who sends, by the short way for a key that is known."""
    principal = None
    if authorization is not None and authorization.startswith(b"Bearer llmlab_"):
        principal = services.keys.peek(authorization[7:].decode("latin-1"))
    if principal is None:
        principal = await authenticate(services, Headers(scope=scope))
    if "ingest" not in principal.scopes:
        check_scope(principal, "ingest")
    return principal


def _check_media_type(value: bytes) -> None:
    if value in (b"application/json", b""):
        return
    if value.partition(b";")[0].strip().lower() != b"application/json":
        raise Problem(
            415,
            "unsupported_media_type",
            f"Content-Type {value.decode('latin-1')[:64]!r} is not taken: send application/json",
        )


route = Route(PATH, Track(), methods=["POST"], name="track_events")
