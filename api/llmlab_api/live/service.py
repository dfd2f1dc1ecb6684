"""Opening a stream: what the request asks for, and whether its caller still may while it lasts."""

from collections.abc import Iterable, Mapping, Sequence

from llmlab_shared.db.outage import is_outage
from llmlab_shared.queue.live import Position
from starlette.requests import Request

from llmlab_api.auth import Principal
from llmlab_api.costs.query import read_query
from llmlab_api.deps import check_scope, recognise
from llmlab_api.errors import Problem, invalid
from llmlab_api.live.hub import Hub
from llmlab_api.live.stream import EventStream

LAST_EVENT_ID = "Last-Event-ID"


def open_stream(
    hub: Hub, caller: Principal, request: Request, parameters: Iterable[tuple[str, str]]
) -> EventStream:
    """Return the stream of the caller's workspace; raise the 422 that says what to mend."""
    filters: Mapping[str, Sequence[str]] = read_query(parameters, ()).filters
    last = _position(request.headers.get(LAST_EVENT_ID.lower(), ""))

    async def allowed() -> bool:
        try:
            now = await recognise(request)
            check_scope(now, "read")
        except Problem as problem:
            # Nobody can say now: that is no reason to go.
            return problem.status == 503
        except Exception as error:
            if not is_outage(error):
                raise
            return True
        return now.workspace_id == caller.workspace_id

    return EventStream(hub, caller.workspace_id, filters, last, allowed)


def _position(text: str) -> Position | None:
    if not text:
        return None
    try:
        return Position.read(text)
    except ValueError:
        raise invalid(
            LAST_EVENT_ID,
            "bad_last_event_id",
            f"{text[:64]!r} is no id of this stream; send the last `id` that came, or leave the header out",
        ) from None
