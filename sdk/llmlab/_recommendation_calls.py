"""The requests about how to spend less, and what calls would have cost on other models; see `_calls`."""

from __future__ import annotations

from urllib.parse import quote

from llmlab._calls import Call, filters, given, several, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llmlab.types import Filter, Filters, Moment


def recommendations(state: Filter | None, limit: int | None) -> Call:
    """GET /api/recommendations."""
    return Call("GET", "/api/recommendations", params=filters({"state": state, "limit": limit}))


def decide(recommendation_id: str, decision: str, note: str | None) -> Call:
    """POST /api/recommendations/{id}/accept or dismiss."""
    return _post(recommendation_id, decision, {"note": note})


def snooze(recommendation_id: str, until: Moment | None, days: int | None, note: str | None) -> Call:
    """POST /api/recommendations/{id}/snooze."""
    return _post(recommendation_id, "snooze", {"until": until, "days": days, "note": note})


def reopen(recommendation_id: str) -> Call:
    """POST /api/recommendations/{id}/reopen."""
    return Call(
        "POST", f"/api/recommendations/{quote(str(recommendation_id), safe='')}/reopen", prefer="user"
    )


def what_if(models: Filter, processing: str | None, query: Filters) -> Call:
    """GET /api/costs/what-if. A filter by model is `of_model` there: `model` is what calls are priced on."""
    of_model = query.get("model")
    asked = {
        "model": _listed(models),
        "processing": processing,
        "of_model": None if of_model is None else _listed(of_model),
    }
    rest = {name: value for name, value in query.items() if name != "model"}
    return Call("GET", "/api/costs/what-if", params=[*filters(asked), *filters(rest)])


def _listed(values: Filter) -> str:
    return ",".join(written(one) for one in several(values))


def _post(recommendation_id: str, decision: str, body: dict[str, object]) -> Call:
    path = f"/api/recommendations/{quote(str(recommendation_id), safe='')}/{decision}"
    return Call("POST", path, body=given(body), prefer="user")
