"""The requests that a client can make, as data: paths, parameters and bodies are known here alone.

Built here, those about prices in `_price_calls` and about saving in `_recommendation_calls`, and sent by
`_reads` (blocking) or `_async_reads` (awaited), so that both say the same.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from urllib.parse import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal

    from llmlab.types import Filters, ListQuery, SummaryQuery

    Prefer = Literal["key", "user", "nobody"]


class Call:
    """One request. `prefer` says whose credentials fit best: an API key's, the signed-in user's, nobody's.

    `accept` is the media type that an answer has to be of when it is read as a stream.
    """

    __slots__ = ("accept", "body", "method", "params", "path", "prefer")

    def __init__(
        self,
        method: str,
        path: str,
        *,
        params: list[tuple[str, str]] | None = None,
        body: Mapping[str, Any] | None = None,
        prefer: Prefer = "key",
        accept: str = "application/json",
    ) -> None:
        self.method = method
        self.path = path
        self.params = params or []
        self.body = body
        self.prefer = prefer
        self.accept = accept


def written(value: object) -> str:
    """Return a value as a query has it: times and dates in their ISO form."""
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return str(value)


def filters(query: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the parameters of a query; None leaves one out, several values repeat it."""
    params: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        if name == "tags":
            for tag, wanted in value.items():
                params += [(f"tag.{tag}", written(one)) for one in several(wanted)]
        elif name == "group_by":
            params.append((name, ",".join(written(one) for one in several(value))))
        else:
            params += [("from" if name == "from_" else name, written(one)) for one in several(value)]
    return params


def several(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple | set | frozenset) else [value]  # type: ignore[return-value]  # sets are only walked


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body of the fields that are not None, in JSON's types."""
    return {name: plain(value) for name, value in fields.items() if value is not None}


def plain(value: object) -> object:
    """Return a value in JSON's types: amounts as decimal strings, times and dates in their ISO form."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        # Money and shares: the shortest text that means this number.
        return format(Decimal(repr(value)), "f")
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value


def summary(query: SummaryQuery) -> Call:
    """GET /api/costs/summary."""
    return Call("GET", "/api/costs/summary", params=filters(query))


def list_costs(query: ListQuery) -> Call:
    """GET /api/costs."""
    return Call("GET", "/api/costs", params=filters(query))


def export_costs(form: str, after: object | None, query: Filters) -> Call:
    """GET /api/costs/export."""
    params = filters({"format": form, "after": after, **query})
    accept = "application/x-ndjson" if form == "jsonl" else "text/csv"
    return Call("GET", "/api/costs/export", params=params, accept=accept)


def get_cost(event_id: object, timestamp: object | None) -> Call:
    """GET /api/costs/{id}."""
    params = [] if timestamp is None else [("timestamp", written(timestamp))]
    return Call("GET", f"/api/costs/{quote(str(event_id), safe='')}", params=params)


def health() -> Call:
    """GET /health/ready."""
    return Call("GET", "/health/ready", prefer="nobody")


def signup(email: str, password: str, workspace: str | None, timezone: str | None) -> Call:
    """POST /api/auth/signup."""
    body = given({"email": email, "password": password, "workspace": workspace, "timezone": timezone})
    return Call("POST", "/api/auth/signup", body=body, prefer="nobody")


def login(email: str, password: str) -> Call:
    """POST /api/auth/login."""
    return Call("POST", "/api/auth/login", body={"email": email, "password": password}, prefer="nobody")


def logout() -> Call:
    """POST /api/auth/logout."""
    return Call("POST", "/api/auth/logout", prefer="user")


def me() -> Call:
    """GET /api/auth/me."""
    return Call("GET", "/api/auth/me", prefer="user")


def update_me(fields: Mapping[str, Any]) -> Call:
    """PATCH /api/auth/me: only what is given changes; None clears."""
    return Call(
        "PATCH", "/api/auth/me", body={name: plain(value) for name, value in fields.items()}, prefer="user"
    )


def change_password(current: str, new: str) -> Call:
    """PATCH /api/auth/password."""
    body = {"current_password": current, "new_password": new}
    return Call("PATCH", "/api/auth/password", body=body, prefer="user")


def list_keys(cursor: str | None = None) -> Call:
    """GET /api/keys."""
    return Call("GET", "/api/keys", params=page(cursor), prefer="user")


def create_key(name: str, scopes: Sequence[str] | None, defaults: Mapping[str, object] | None) -> Call:
    """POST /api/keys."""
    fields = {"name": name, "scopes": None if scopes is None else list(scopes), "defaults": defaults}
    return Call("POST", "/api/keys", body=given(fields), prefer="user")


def rotate_key(key_id: object, grace_seconds: int) -> Call:
    """POST /api/keys/{id}/rotate."""
    body = {"grace_seconds": grace_seconds}
    return Call("POST", f"/api/keys/{quote(str(key_id), safe='')}/rotate", body=body, prefer="user")


def revoke_key(key_id: object) -> Call:
    """DELETE /api/keys/{id}."""
    return Call("DELETE", f"/api/keys/{quote(str(key_id), safe='')}", prefer="user")


def page(cursor: str | None) -> list[tuple[str, str]]:
    """Return the parameters of the next page of a list that is read to its end."""
    return [("limit", "1000"), *([("cursor", cursor)] if cursor else [])]
