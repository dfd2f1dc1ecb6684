"""Reading and managing through the client: the requests it makes, the answers it gives, the errors it raises.

Every case is done by the blocking and the asynchronous client alike.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote

import llmlab
import pytest
from llmlab import AsyncLLMLab, LLMLab
from llmlab.testing import Received, Receiver, Reply

Do = Callable[[Callable[[Any], Any]], Awaitable[Any]]


def last(receiver: Receiver) -> Received:
    return receiver.requests[-1]


CASES: list[tuple[str, Callable[[Any], Any], Any]] = [
    ("GET /api/costs/summary", lambda c: c.costs.summary(), None),
    ("GET /api/costs/019-x", lambda c: c.costs.get("019-x"), None),
    ("GET /api/costs/a%2Fb", lambda c: c.costs.get("a/b"), None),
    ("POST /api/budgets", lambda c: c.budgets.set("100"), {"budget_amount": "100"}),
    ("GET /api/budgets/7", lambda c: c.budgets.get(7), None),
    (
        "PATCH /api/budgets/7",
        lambda c: c.budgets.change(7, budget_amount=0.3, from_=date(2026, 12, 1), paused=True),
        {"budget_amount": "0.3", "from": "2026-12-01", "paused": True},
    ),
    (
        "POST /api/budgets",
        lambda c: c.budgets.set(Decimal("100.50"), month="2026-11", thresholds=[0.5, Decimal("0.8")]),
        {"budget_amount": "100.50", "month": "2026-11", "thresholds": ["0.5", "0.8"]},
    ),
    ("GET /health/ready", lambda c: c.health(), None),
    (
        "POST /api/auth/login",
        lambda c: c.auth.login("a@b.c", "secret"),
        {"email": "a@b.c", "password": "secret"},
    ),
    (
        "POST /api/auth/signup",
        lambda c: c.auth.signup("a@b.c", "secret", workspace="W"),
        {"email": "a@b.c", "password": "secret", "workspace": "W"},
    ),
    ("GET /api/auth/me", lambda c: c.auth.me(), None),
    ("PATCH /api/auth/me", lambda c: c.auth.update(monthly_budget=None), {"monthly_budget": None}),
    (
        "PATCH /api/auth/password",
        lambda c: c.auth.change_password("a", "b"),
        {"current_password": "a", "new_password": "b"},
    ),
    (
        "POST /api/keys",
        lambda c: c.keys.create("ci", scopes=("ingest",), defaults={"team": "x"}),
        {"name": "ci", "scopes": ["ingest"], "defaults": {"team": "x"}},
    ),
    (
        "POST /api/recommendations/use_batch-1/accept",
        lambda c: c.recommendations.accept("use_batch-1", note="next sprint"),
        {"note": "next sprint"},
    ),
    ("POST /api/recommendations/a%2Fb/dismiss", lambda c: c.recommendations.dismiss("a/b"), {}),
    (
        "POST /api/recommendations/x/snooze",
        lambda c: c.recommendations.snooze("x", until=date(2027, 1, 1)),
        {"until": "2027-01-01"},
    ),
    ("POST /api/recommendations/x/reopen", lambda c: c.recommendations.reopen("x"), None),
    ("GET /api/recommendations", lambda c: c.recommendations.report(), None),
    ("POST /api/keys/7/rotate", lambda c: c.keys.rotate(7, grace_seconds=60), {"grace_seconds": 60}),
]


@pytest.mark.parametrize(("route", "action", "body"), CASES, ids=lambda v: v if isinstance(v, str) else "")
async def test_each_method_makes_its_request(
    do: Do, receiver: Receiver, route: str, action: Callable[[Any], Any], body: Any
) -> None:
    answer = {"answer": 1, "token": "new-token", "api_key": "llmlab_new"}
    receiver.answers[route] = answer
    assert await do(action) == answer
    request = last(receiver)
    assert f"{request.method} {request.path}" == route
    assert request.query == ""
    assert (request.json if request.body else None) == body


async def test_lists_are_read_to_their_end(do: Do, receiver: Receiver) -> None:
    def pages(name: str) -> Callable[[Received], Any]:
        def page(request: Received) -> Any:
            second = "cursor=next" in request.query
            return {name: [{"n": 2}] if second else [{"n": 1}], "next_cursor": None if second else "next"}

        return page

    for name in ("budgets", "keys", "costs"):
        receiver.answers[f"GET /api/{name}"] = pages(name)
    receiver.answers["GET /api/recommendations"] = {"recommendations": [{"n": 3}]}
    assert await do(lambda c: c.budgets.list()) == [{"n": 1}, {"n": 2}]
    assert await do(lambda c: c.keys.list()) == [{"n": 1}, {"n": 2}]
    assert await do(lambda c: c.recommendations()) == [{"n": 3}]
    assert await do(lambda c: c.recommendations(state=["open", "snoozed"], limit=3)) == [{"n": 3}]
    assert last(receiver).query == "state=open&state=snoozed&limit=3"
    assert await do(lambda c: c.costs.list(limit=5)) == {"costs": [{"n": 1}], "next_cursor": "next"}
    assert last(receiver).query == "limit=5"
    iterated = await do(lambda c: list(c.costs.iterate()) if isinstance(c, LLMLab) else c.costs.iterate())
    assert iterated == [{"n": 1}, {"n": 2}]


async def test_budgets_are_removed_tried_and_read_to_their_end(do: Do, receiver: Receiver) -> None:
    receiver.answers["DELETE /api/budgets/7"] = Reply(204)
    assert await do(lambda c: c.budgets.delete(7)) is None
    receiver.answers["POST /api/budgets/backtest"] = {"fired": 4}
    tried = await do(lambda c: c.budgets.backtest(Decimal("50"), days=30, each="user"))
    assert (tried, last(receiver).query) == ({"fired": 4}, "days=30")
    assert last(receiver).json == {"budget_amount": "50", "each": "user"}
    receiver.answers["GET /api/budgets/7/values"] = {"values": [{"value": "ada", "spent": "1"}]}
    assert await do(lambda c: c.budgets.values(7, date(2026, 11, 1))) == [{"value": "ada", "spent": "1"}]
    assert last(receiver).query == "period=2026-11-01&limit=1000"


async def test_what_if_tells_targets_from_filters(do: Do, receiver: Receiver) -> None:
    receiver.answers["GET /api/costs/what-if"] = {}
    await do(
        lambda c: c.costs.what_if(
            ["openai/gpt-4o", "google/gemini-2.5-pro"], processing="batch", model=["gpt-4", "gpt-4-turbo"],
            feature="search", from_=date(2026, 11, 1),
        )
    )  # fmt: skip
    assert unquote(last(receiver).query) == (
        "model=openai/gpt-4o,google/gemini-2.5-pro&processing=batch&of_model=gpt-4,gpt-4-turbo"
        "&feature=search&from=2026-11-01"
    )


async def test_filters_are_written_as_the_server_reads_them(do: Do, receiver: Receiver) -> None:
    receiver.answers["GET /api/costs/summary"] = {}
    await do(
        lambda c: c.costs.summary(
            from_=date(2026, 11, 1),
            to=datetime(2026, 11, 23, 12, tzinfo=UTC),
            tz="Asia/Kolkata",
            group_by=["feature", "day"],
            model=["gpt-4", "gpt-4o"],
            feature="search & find",
            customer=None,
            tags={"plan": ["pro", "free"]},
        )
    )
    assert parse_qsl(last(receiver).query) == [
        ("from", "2026-11-01"),
        ("to", "2026-11-23T12:00:00+00:00"),
        ("tz", "Asia/Kolkata"),
        ("group_by", "feature,day"),
        ("model", "gpt-4"),
        ("model", "gpt-4o"),
        ("feature", "search & find"),
        ("tag.plan", "pro"),
        ("tag.plan", "free"),
    ]


async def test_what_answers_nothing_returns_nothing(do: Do, receiver: Receiver) -> None:
    receiver.answers["DELETE /api/keys/7"] = Reply(204)
    receiver.answers["POST /api/auth/logout"] = Reply(204)
    assert await do(lambda c: c.keys.revoke(7)) is None
    assert await do(lambda c: c.auth.logout()) is None


async def test_reading_uses_the_key_and_managing_the_user(do: Do, receiver: Receiver) -> None:
    receiver.answers |= {"GET /api/costs/summary": {}, "GET /api/auth/me": {}, "GET /health/ready": {}}
    await do(lambda c: c.costs.summary())
    assert last(receiver).headers["Authorization"] == f"Bearer {receiver.api_key}"
    await do(lambda c: c.auth.me())
    assert last(receiver).headers["Authorization"] == "Bearer the-token"
    await do(lambda c: c.health())
    assert "Authorization" not in last(receiver).headers


def test_a_workspace_is_asked_for_as_the_user(receiver: Receiver) -> None:
    receiver.answers["GET /api/costs/summary"] = {}
    with LLMLab(receiver.api_key, receiver.url, token="the-token", workspace=7) as client:
        client.costs.summary()
    assert last(receiver).headers["X-LLMLab-Workspace"] == "7"
    assert last(receiver).headers["Authorization"] == "Bearer the-token"


def test_who_signs_in_goes_on_as_that_user(receiver: Receiver) -> None:
    receiver.answers["POST /api/auth/login"] = {"token": "fresh"}
    receiver.answers["POST /api/auth/signup"] = {"token": "newer", "api_key": "llmlab_new", "user": {}}
    receiver.answers["GET /api/auth/me"] = {}
    with LLMLab(base_url=receiver.url) as client:
        client.auth.login("a@b.c", "x")
        client.auth.me()
        assert last(receiver).headers["Authorization"] == "Bearer fresh"
        client.auth.signup("a@b.c", "x")
        client.track("openai", "gpt-4", 1, 1)
        assert client.flush()
        assert last(receiver).headers["Authorization"] == "Bearer llmlab_new"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, llmlab.InvalidRequest),
        (401, llmlab.AuthenticationFailed),
        (403, llmlab.PermissionDenied),
        (404, llmlab.NotFound),
        (409, llmlab.Conflict),
        (413, llmlab.InvalidRequest),
        (422, llmlab.InvalidRequest),
        (429, llmlab.RateLimited),
        (500, llmlab.ServerUnavailable),
        (503, llmlab.ServerUnavailable),
        (418, llmlab.LLMLabError),
    ],
)
async def test_problems_are_errors_of_their_kind(
    do: Do, receiver: Receiver, status: int, kind: type[llmlab.LLMLabError]
) -> None:
    errors = [{"field": "tz", "code": "unknown_zone", "message": "no such zone"}]
    problem = {"status": status, "code": "some_code", "detail": "Mend this.", "errors": errors}
    receiver.answers["GET /api/costs/summary"] = Reply(status, problem, headers={"Retry-After": "7"})
    with pytest.raises(llmlab.LLMLabError) as caught:
        await do(lambda c: c.costs.summary())
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.code, error.detail, str(error)) == (
        status,
        "some_code",
        "Mend this.",
        "Mend this.",
    )
    assert error.errors == errors
    assert error.retry_after == 7


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>"),
        Reply(200, b'"text"'),
        Reply(404, b"<html>"),
        Reply(404, {"detail": "Not Found"}),
    ],
)
async def test_another_servers_answer_is_named_as_such(do: Do, receiver: Receiver, reply: Reply) -> None:
    receiver.answers["GET /api/costs/summary"] = reply
    with pytest.raises(llmlab.UnexpectedAnswer, match="check the URL"):
        await do(lambda c: c.costs.summary())


async def test_a_proxys_502_is_a_server_problem(do: Do, receiver: Receiver) -> None:
    receiver.answers["GET /api/costs/summary"] = Reply(502, b"<html>")
    with pytest.raises(llmlab.ServerUnavailable, match="a proxy before it"):
        await do(lambda c: c.costs.summary())


async def test_a_server_that_is_not_there_is_said_in_one_line(do: Do, receiver: Receiver) -> None:
    receiver.stop()
    with pytest.raises(llmlab.ConnectionFailed) as caught:
        await do(lambda c: c.costs.summary())
    assert "llmlab up" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.code == "unreachable"


def test_a_server_that_takes_too_long_is_said_too(receiver: Receiver) -> None:
    receiver.answers["GET /api/costs/summary"] = Reply(200, {}, delay=1)
    with (
        LLMLab(receiver.api_key, receiver.url, timeout=0.1) as client,
        pytest.raises(llmlab.ConnectionFailed, match=r"within 0\.1 s"),
    ):
        client.costs.summary()


def test_without_a_key_it_says_how_to_get_one(receiver: Receiver) -> None:
    with (
        LLMLab(base_url=receiver.url) as client,
        pytest.raises(llmlab.ConfigurationError, match="llmlab init"),
    ):
        client.costs.summary()
    assert receiver.requests == []


def test_this_machines_server_is_not_looked_for_behind_a_proxy(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    receiver.answers["GET /api/costs/summary"] = {"ok": True}
    with LLMLab(receiver.api_key, receiver.url) as client:
        assert client.costs.summary() == {"ok": True}
        client.track("openai", "gpt-4", 1, 1)
        assert client.flush()


async def test_an_asynchronous_client_tracks_the_same_way(receiver: Receiver) -> None:
    async with AsyncLLMLab(receiver.api_key, receiver.url) as client:
        client.track("openai", "gpt-4", 1, 1)
        assert await client.flush()
        assert len(receiver.events) == 1

        @client.track_cost(provider="openai", model="gpt-4o")
        async def ask() -> None:
            raise KeyError

        with pytest.raises(KeyError):
            await ask()
    assert len(receiver.events) == 2
    assert client.stats()["accepted"] == 2
