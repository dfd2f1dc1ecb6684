"""The requests about prices, what calls would cost, and pricing again what was priced; see `_calls`."""

from __future__ import annotations

from urllib.parse import quote

from llmlab._calls import Call, filters, given, page, plain, several

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from llmlab.types import EstimateQuery, EventSelection, Filter, Moment, PriceFields, PriceQuery


def list_prices(query: PriceQuery) -> Call:
    """GET /api/prices."""
    return Call("GET", "/api/prices", params=filters(query))


def price_history(provider: str, model: str, context: str | None, cursor: str | None) -> Call:
    """GET /api/prices/history."""
    query = filters({"provider": provider, "model": model, "context": context})
    return Call("GET", "/api/prices/history", params=[*query, *page(cursor)])


def list_own(cursor: str | None = None) -> Call:
    """GET /api/prices/own."""
    return Call("GET", "/api/prices/own", params=page(cursor))


def set_price(provider: str, model: str, fields: PriceFields) -> Call:
    """PUT /api/prices."""
    body = {"provider": provider, "model": model, **given(fields)}
    return Call("PUT", "/api/prices", body=body, prefer="user")


def unset_price(
    provider: str | None,
    model: str | None,
    context: str | None,
    valid_from: Moment | None,
    price_id: int | None,
) -> Call:
    """DELETE /api/prices."""
    query = {
        "provider": provider,
        "model": model,
        "context": context,
        "valid_from": valid_from,
        "id": price_id,
    }
    return Call("DELETE", "/api/prices", params=filters(query), prefer="user")


def list_mappings(cursor: str | None = None) -> Call:
    """GET /api/prices/mappings."""
    return Call("GET", "/api/prices/mappings", params=page(cursor))


def set_mapping(provider: str, name: str, model: str, target_provider: str | None) -> Call:
    """PUT /api/prices/mappings."""
    body = {"provider": provider, "name": name, "model": model, "target_provider": target_provider}
    return Call("PUT", "/api/prices/mappings", body=given(body), prefer="user")


def delete_mapping(provider: str, name: str) -> Call:
    """DELETE /api/prices/mappings."""
    query = filters({"provider": provider, "name": name})
    return Call("DELETE", "/api/prices/mappings", params=query, prefer="user")


def estimate(models: Filter, usage: EstimateQuery) -> Call:
    """GET /api/prices/estimate."""
    return Call("GET", "/api/prices/estimate", params=filters({"model": models, **usage}))


def reprice(
    from_: Moment,
    to: Moment,
    selection: EventSelection,
    *,
    price_status: Filter | None,
    dry_run: bool,
    reason: str | None,
) -> Call:
    """POST /api/prices/reprice."""
    body = {
        "from": from_,
        "to": to,
        **_selected(selection),
        "price_status": _listed(price_status),
        "dry_run": dry_run,
        "reason": reason,
    }
    return Call("POST", "/api/prices/reprice", body=given(body), prefer="user")


def list_repricings(limit: int | None, cursor: str | None) -> Call:
    """GET /api/prices/repricings."""
    return _as_who_asked("/api/prices/repricings", limit=limit, cursor=cursor)


def get_repricing(repricing_id: object) -> Call:
    """GET /api/prices/repricings/{id}."""
    return _as_who_asked(f"/api/prices/repricings/{quote(str(repricing_id), safe='')}")


def undo_repricing(repricing_id: object, reason: str) -> Call:
    """POST /api/prices/repricings/{id}/undo."""
    path = f"/api/prices/repricings/{quote(str(repricing_id), safe='')}/undo"
    return Call("POST", path, body={"reason": reason}, prefer="user")


def release(
    reason: str,
    selection: EventSelection,
    *,
    from_: Moment | None,
    to: Moment | None,
    ids: Sequence[object] | None,
    dry_run: bool,
) -> Call:
    """POST /api/costs/release."""
    body = {
        "from": from_,
        "to": to,
        **_selected(selection),
        "ids": None if ids is None else [str(one) for one in ids],
        "dry_run": dry_run,
        "reason": reason,
    }
    return Call("POST", "/api/costs/release", body=given(body), prefer="user")


def correct(event_id: object, reason: str, counts: Mapping[str, object]) -> Call:
    """POST /api/costs/{id}/correct."""
    path = f"/api/costs/{quote(str(event_id), safe='')}/correct"
    return Call("POST", path, body={**given(counts), "reason": reason}, prefer="user")


def _selected(selection: EventSelection) -> dict[str, Any]:
    """Return a selection as a body has it: one model or several are a list."""
    return {**selection, "model": _listed(selection.get("model"))}


def _listed(value: Filter | None) -> list[object] | None:
    """Return one value, or several, as a list in JSON's types."""
    return None if value is None else [plain(one) for one in several(value)]


def _as_who_asked(path: str, **query: object) -> Call:
    """Return a reading of repricings by whoever may ask for one, so that it is of the same workspace."""
    return Call("GET", path, params=filters(query), prefer="user")
