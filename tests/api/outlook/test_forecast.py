"""`GET /api/costs/forecast`: of all spend or of a part, in every period, and refused for a reason."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from llmlab_shared import clock
from llmlab_shared.clock import to_us
from llmlab_shared.domain.budgets import period_end, period_start
from llmlab_shared.ids import uuid7
from world import World

ZONE = ZoneInfo("Australia/Lord_Howe")
TEN_DOLLARS = {"provider": "openai", "model": "gpt-4", "input_tokens": 1_000_000 // 3 + 1}


def calls(days: int, **fields: Any) -> list[dict[str, Any]]:
    """A call of ten dollars at noon of each of so many days before today."""
    today = clock.now().astimezone(ZONE).date()
    made = []
    for age in range(days, 0, -1):
        moment = datetime.combine(today - timedelta(days=age), time(12), ZONE)
        times = {"id": str(uuid7(to_us(moment))), "timestamp": moment.isoformat()}
        made.append({**TEN_DOLLARS, **times, **fields})
    return made


@pytest.fixture
async def spending(world: World) -> World:
    await world.zone(ZONE.key, "tier")
    await world.store(*calls(40, feature="search", customer="acme"))
    await world.store(*calls(40, feature="chat", environment="staging", tags={"tier": "pro"}))
    await world.store(*calls(8, customer="newcomer"))
    return world


async def forecast(world: World, **parameters: Any) -> dict[str, Any]:
    response = await world.get("/api/costs/forecast", **parameters)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_a_forecast_of_every_period_and_of_parts(spending: World) -> None:
    today = clock.now().astimezone(ZONE).date()
    for period in ("day", "week", "month", "quarter"):
        answer = await forecast(spending, period=period)
        start = period_start(today, period)
        end = period_end(start, period)
        assert (answer["start"], answer["end"]) == (start.isoformat(), end.isoformat())
        figures = {name: Decimal(amount) for name, amount in answer["forecast"].items()}
        assert Decimal(answer["spent"]) <= figures["low"] + 1
        assert figures["low"] <= figures["likely"] <= figures["high"]
        assert [day["day"] for day in answer["days"]] == [
            (today + timedelta(days=n)).isoformat() for n in range((end - today).days)
        ]
        assert answer["days"][-1] == {"day": (end - timedelta(days=1)).isoformat(), **answer["forecast"]}
    whole = await forecast(spending)
    assert whole["period"] == "month"
    search = await forecast(spending, feature="search")
    # What was spent of it is what the summary says of the same filter.
    summary = await spending.summary(feature="search", **{"from": search["start"], "tz": ZONE.key})
    assert Decimal(search["spent"]) == Decimal(summary["total_spend"])
    assert Decimal(search["forecast"]["likely"]) < Decimal(whole["forecast"]["likely"])
    for kept in (
        {"environment": "staging"},
        {"tag.tier": "pro"},
        {"model": "gpt-4"},
        {"feature": ["search", "chat"]},
    ):
        assert (await forecast(spending, **kept))["forecast"] is not None


async def test_too_little_history_is_a_reason_and_no_figure(spending: World) -> None:
    young = await forecast(spending, customer="newcomer")
    assert (young["forecast"], young["missing"], young["days"]) == (None, "short_history", [])
    assert young["reason"].startswith("spend began 8 days ago; ")
    never = await forecast(spending, customer="nobody")
    assert (never["spent"], never["missing"]) == ("0", "no_spend")
    # Eight months ahead is more than forty days tell.
    empty = await spending.another()
    assert (await forecast(empty, period="year"))["missing"] == "no_spend"


@pytest.mark.parametrize(
    ("parameters", "code", "said"),
    [
        ({"period": "fortnight"}, "bad_period", "day, week, month, quarter, year"),
        ({"period": ["day", "week"]}, "repeated", "may be given once"),
        ({"perod": "day"}, "unknown_filter", "did you mean period?"),
        ({"from": "2026-01-01"}, "unknown_filter", "'from' is not a parameter here"),
        ({"feature": "search", "customer": "acme"}, "group_by_not_kept", "no rollup keeps feature, customer"),
        ({"status": "error"}, "group_by_not_kept", "no rollup keeps status"),
        ({"tag.undeclared": "x"}, "group_by_not_kept", "no rollup keeps tag.undeclared"),
        ({"feature": "a\x00b"}, "nul_byte", "NUL"),
    ],
)
async def test_what_cannot_be_answered_says_what_to_mend(
    world: World, parameters: dict[str, Any], code: str, said: str
) -> None:
    response = await world.get("/api/costs/forecast", **parameters)
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert said in response.json()["detail"]
