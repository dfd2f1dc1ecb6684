"""The three rules on histories whose best answer was worked out by hand."""

from datetime import timedelta
from typing import Any

import pytest
from llmlab_api.recommendations.alternatives import ALTERNATIVES, PEERS, family_of, peers_of
from llmlab_shared import clock
from llmlab_shared.pricing.price_book import PriceBook
from world import World


def calls(
    count: int, provider: str, model: str, tokens: tuple[int, int], **fields: Any
) -> list[dict[str, Any]]:
    timestamp = (clock.now() - timedelta(days=3)).isoformat()
    call = {"provider": provider, "model": model, "timestamp": timestamp}
    call |= {"input_tokens": tokens[0], "output_tokens": tokens[1], **fields}
    return [dict(call) for _ in range(count)]


async def advice(world: World) -> list[dict[str, Any]]:
    response = await world.get("/api/recommendations")
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["recommendations"]
    return found


async def test_the_picture_of_the_original_design(world: World) -> None:
    """50 GPT-4 calls, 10 Claude calls, 2,500 tokens on average.

    A call of 2,000 in and 500 out costs 0.09 on gpt-4 (30 and 60 USD a million), 0.001125 on
    claude-3-haiku (0.25 and 1.25): 4.5 + 0.01125 = 4.51125 in all.
    """
    await world.store(*calls(50, "openai", "gpt-4-0613", (2000, 500)))
    await world.store(*calls(10, "anthropic", "claude-3-haiku-20240307", (2000, 500)))
    switch, other, shorten = await advice(world)

    # gpt-4o (2.5 and 10): 0.01 a call, 0.5 in all, 4 saved, 0.7 × 4 = 2.8.
    # gpt-4-turbo (10 and 30): 0.035 a call, 1.75 in all, 2.75 saved, 0.8 × 2.75 = 2.2.
    assert (switch["kind"], switch["title"]) == ("switch_model", "Switch from gpt-4 to gpt-4o")
    assert (switch["saving_month"], switch["confidence"]) == ("4", 0.35)  # 0.7 × 50 / 100
    # low: 0.3 of the calls ask gpt-4 again, 4 − 0.3 × 4.5; high: nothing cheaper is in the table.
    assert switch["saving"] == {"low": "2.65", "likely": "4", "high": "4"}
    link = switch["evidence"]["events"]
    assert link.startswith("/api/costs?provider=openai&model=gpt-4-0613&from=")
    shown = await world.client.get(link, headers=world.account.auth)
    assert len(shown.json()["costs"]) == 50
    assert {**switch["evidence"], "events": None} == {
        "events": None,
        "provider": "openai",
        "model": "gpt-4",
        "to": "gpt-4o",
        "calls": 50,
        "calls_that_stay": 0,
        "spend": "4.5",
        "share_of_spend": "0.9975",
        "cost_on_alternative": "0.5",
        "tokens": {"input": 100000, "output": 25000},
        "alternatives": [
            {"model": "gpt-4-turbo", "saving_month": "2.75", "closeness": "0.8"},
            {"model": "gpt-4o", "saving_month": "4", "closeness": "0.7"},
        ],
    }
    # gemini-2.5-pro (1.25 and 10): 0.0075 a call, 0.375 in all; claude-sonnet-4-5 (3 and 15): 0.675.
    assert (other["kind"], other["title"]) == ("try_provider", "Try google")
    assert (other["saving_month"], other["confidence"]) == ("4.125", 0.2)  # 0.4 × 50 / 100
    # 1,300 of 2,500 tokens lie above the reference of 1,200, all of them input: 50 × 1,300 at 30 USD a
    # million and 10 × 1,300 at 0.25.
    assert (shorten["kind"], shorten["saving_month"]) == ("shorten_prompts", "1.95325")
    assert shorten["saving"] == {"low": "0", "likely": "1.95325", "high": "1.95325"}
    assert shorten["confidence"] == 0.27  # 0.5 × 60 / 110
    assert shorten["evidence"]["tokens_per_call"] == "2500.0"
    weights = [one["confidence"] * float(one["saving_month"]) for one in (switch, other, shorten)]
    assert weights == sorted(weights, reverse=True)
    assert "not measured" in switch["risk"]
    assert "50 calls" in switch["why"]
    assert (await world.get("/api/recommendations", limit=2)).json()["recommendations"] == [switch, other]


async def test_an_empty_workspace_and_thin_histories_get_no_advice(world: World) -> None:
    assert await advice(world) == []
    await world.store(*calls(49, "openai", "gpt-4", (2000, 500)))
    assert await advice(world) == []
    await world.store(*calls(1, "openai", "gpt-4", (2000, 500)))
    assert [one["kind"] for one in await advice(world)] == ["switch_model", "try_provider", "shorten_prompts"]


async def test_only_the_workspaces_own_metered_recent_priced_calls_count(world: World) -> None:
    old = (clock.now() - timedelta(days=31)).isoformat()
    await world.store(*calls(60, "openai", "gpt-4", (2000, 500), timestamp=old))
    await world.store(*calls(60, "openai", "gpt-4", (2000, 500), billing="subscription"))
    await world.store(*calls(60, "nobody", "unheard-of", (2000, 500)))
    await (await world.another()).store(*calls(60, "openai", "gpt-4", (2000, 500)))
    assert await advice(world) == []


async def test_a_small_part_of_the_spend_is_not_worth_a_switch(world: World) -> None:
    await world.store(*calls(60, "openai", "gpt-4", (100, 10)))  # 0.0036 × 60 = 0.216
    await world.store(*calls(60, "openai", "o1", (500, 200)))  # 0.0195 × 60 = 1.17
    kinds = [(one["kind"], one["title"]) for one in await advice(world)]
    assert ("switch_model", "Switch from o1 to o3") in kinds
    assert not any("gpt-4 " in title for _, title in kinds)


async def test_cached_tokens_are_priced_as_cached(world: World) -> None:
    # Of 1,000 tokens 800 are cached. gpt-4.1 (2, cached 0.5, 8): 0.0004 + 0.0004 + 0.0008 = 0.0016 a call;
    # gpt-4.1-mini (0.4, cached 0.1, 1.6): 0.00008 + 0.00008 + 0.00016 = 0.00032.
    await world.store(*calls(100, "openai", "gpt-4.1", (1000, 100), cache_read_tokens=800))
    switch = next(one for one in await advice(world) if one["kind"] == "switch_model")
    assert switch["evidence"]["spend"] == "0.16"
    assert switch["saving_month"] == "0.128"
    assert switch["evidence"]["tokens"] == {"input": 20000, "cache_read": 80000, "output": 10000}


async def test_many_short_calls_are_not_priced_as_one_long_context(world: World) -> None:
    # gemini-2.5-pro is dearer above 200,000 tokens a call; 60 calls of 10,000 stay at 1.25 and 10.
    await world.store(*calls(60, "openai", "o1", (10000, 100)))
    other = next(one for one in await advice(world) if one["title"] == "Try google")
    # 60 × (0.15 + 0.006) = 9.36 against 60 × (0.0125 + 0.001) = 0.81
    assert other["saving_month"] == "8.55"


async def test_new_prices_are_seen_at_once(world: World) -> None:
    await world.store(*calls(60, "openai", "gpt-4", (2000, 500)))
    before = next(one for one in await advice(world) if one["kind"] == "switch_model")
    assert before["evidence"]["to"] == "gpt-4o"
    await world.ledger.price(
        "gpt-4o", '{"tokens": {"input": "29", "output": "59"}}', workspace_id=world.account.workspace_id
    )
    after = next(one for one in await advice(world) if one["kind"] == "switch_model")
    assert after["evidence"]["to"] == "gpt-4-turbo"


async def test_every_alternative_has_a_price_and_is_cheaper(world: World) -> None:
    async with world.ledger.pool.acquire() as connection:
        book = await PriceBook.load(connection)
    at = clock.now_us()

    def rates(provider: str, model: str) -> tuple[int, int]:
        card = book.card(0, provider, model, "", at)
        assert card is not None, (provider, model)
        return card.rates[0], card.rates[7]

    for line in ALTERNATIVES:
        dear, cheap = rates(line.provider, line.model), rates(line.provider, line.to)
        assert cheap != dear, line
        assert cheap[0] <= dear[0], line
        assert cheap[1] <= dear[1], line
        assert family_of(line.model) == line.model
        assert 0 < line.closeness < 1
    for peers in PEERS:
        for provider, model in peers.stand_in.items():
            rates(provider, model)
            assert peers_of(provider, model) is peers


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-4-0613", "gpt-4"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("claude-opus-4-20250514", "claude-opus-4"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet"),
        ("claude-opus-4-1", "claude-opus-4-1"),
        ("GPT-4", "gpt-4"),
    ],
)
def test_families(model: str, family: str) -> None:
    assert family_of(model) == family
