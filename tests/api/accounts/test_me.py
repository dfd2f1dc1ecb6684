"""The signed-in user: the budget of every month and the share of it that alerts."""

from typing import Any

from api_client import Account, api_client, signup
from httpx import AsyncClient, Response


async def _change(client: AsyncClient, account: Account, **body: Any) -> Response:
    return await client.patch("/api/auth/me", headers=account.auth, json=body)


async def test_the_budget_of_every_month_is_set_changed_and_removed(
    database_url: str, redis_url: str
) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        for sent, kept in (
            ("120.50", "120.5"),
            (100, "100"),
            (99.99, "99.99"),
            ("0.000", "0"),
            (None, None),
        ):
            response = await _change(client, account, monthly_budget=sent)
            assert response.status_code == 200, response.text
            assert response.json()["monthly_budget"] == kept
            me = await client.get("/api/auth/me", headers=account.auth)
            assert me.json() == response.json()


async def test_the_threshold_is_set_and_what_is_absent_stays(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        await _change(client, account, monthly_budget="10")
        answer = (await _change(client, account, budget_alert_threshold="0.9")).json()
        assert (answer["monthly_budget"], answer["budget_alert_threshold"]) == ("10", "0.9")
        answer = (await _change(client, account, monthly_budget=None)).json()
        assert (answer["monthly_budget"], answer["budget_alert_threshold"]) == (None, "0.9")
        assert (await _change(client, account)).json() == answer


async def test_the_budget_is_the_one_that_budgets_shows(database_url: str, redis_url: str) -> None:
    async with api_client(database_url, redis_url) as client:
        account, other = await signup(client), await signup(client)
        await _change(client, account, monthly_budget="25")
        shown = (await client.get("/api/budgets", headers=account.auth)).json()["budgets"]
        assert [budget["budget_amount"] for budget in shown] == ["25"]
        assert (await client.get("/api/budgets", headers=other.auth)).json()["budgets"] == []


async def test_amounts_that_are_none(database_url: str, redis_url: str) -> None:
    wrong: list[dict[str, object]] = [
        {"monthly_budget": "-1"},
        {"monthly_budget": "much"},
        {"monthly_budget": "NaN"},
        {"monthly_budget": "Infinity"},
        {"monthly_budget": "1e400"},
        {"monthly_budget": 1e300},
        {"monthly_budget": "0.0000000000001"},
        {"monthly_budget": True},
        {"monthly_budget": 0.1234567890123456},
        {"monthly_budget": {}},
        {"monthly_budget": "1\0"},
        {"monthly_budget": "9" * 60_000},
        {"monthly_budget": "1_000"},
        {"monthly_budget": " 1 "},
        {"monthly_budget": "1e2"},
        {"budget_alert_threshold": "0_5"},
        {"budget_alert_threshold": None},
        {"budget_alert_threshold": "0"},
        {"budget_alert_threshold": "11"},
        {"budget_alert_threshold": "0.00001"},
        {"email": "new@example.com"},
    ]
    async with api_client(database_url, redis_url) as client:
        account = await signup(client)
        for body in wrong:
            response = await _change(client, account, **body)
            assert response.status_code == 422, (body, response.text[:500])
            assert response.headers["content-type"] == "application/problem+json"
        assert (await client.get("/api/auth/me", headers=account.auth)).json() == account.user
