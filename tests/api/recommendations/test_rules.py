"""Every further rule on a history whose best answer is known, and silent one call below its minimum."""

import json
from datetime import timedelta
from typing import Any

from histories import PROVIDER, call, days_ago, of_kind, report, saving, set_price, spaced
from world import World


async def test_equal_inputs_close_together_could_be_read_from_the_cache(world: World) -> None:
    """120 calls of 2,000 tokens, ten every five minutes: 12 stretches, 108 calls that follow another.

    At 10 USD a million 2.4 in all. 108 × 2,000 tokens read at 1 in place of 10 save 1.944.
    """
    await set_price(world, "m", {"input": "10", "cache_read": "1", "output": "0"})
    calls = spaced(120, 30, days_ago(3), "m", 2000, feature="support")
    await world.store(*calls[:-21])
    assert await of_kind(world, "use_cache") == []  # 99 calls
    await world.store(*calls[-21:])
    (found,) = await of_kind(world, "use_cache")
    assert saving(found) == ("1.944", "1.944", "1.944")
    assert found["evidence"]["repeated_tokens"] == {"low": 216000, "likely": 216000, "high": 216000}
    assert (found["confidence"], found["sample"]) == (0.25, {"calls": 120, "days": 1})  # 0.35 × 120 / 170
    assert found["effort"] == "low"
    assert "feature=support" in found["evidence"]["events"]
    # Where writing costs 12.5, the 12 that come first cost 12 × 2,000 × 2.5 more: 0.06.
    await set_price(
        world, "m", {"input": "10", "cache_read": "1", "cache_write_5m": "12.5", "output": "0"},
        valid_from="2026-01-02",
    )  # fmt: skip
    (found,) = await of_kind(world, "use_cache")
    assert saving(found) == ("1.884", "1.884", "1.884")
    assert found["effort"] == "medium"


async def test_lengths_that_scatter_repeat_less(world: World) -> None:
    """Half have 2,000 tokens and half 3,000: mean 2,500, deviation 500, the shortest 2,000.

    low: 2,500 − 2 × 500 = 1,500, likely and high 2,000; 108 times at 9 USD a million less.
    """
    await set_price(world, "m", {"input": "10", "cache_read": "1", "output": "0"})
    await world.store(
        *(call(days_ago(3) + timedelta(seconds=30 * n), "m", 2000 + 1000 * (n % 2)) for n in range(120))
    )
    (found,) = await of_kind(world, "use_cache")
    assert saving(found) == ("1.458", "1.944", "1.944")


async def test_what_is_cached_or_short_or_unlike_is_left_alone(world: World) -> None:
    await set_price(world, "m", {"input": "10", "cache_read": "1", "output": "0"})
    start = days_ago(3)
    await world.store(*spaced(120, 30, start, "m", 2000, feature="cached", cache_read_tokens=1000))
    await world.store(*spaced(120, 30, start, "m", 1000, feature="short"))
    await world.store(*spaced(120, 300, start, "m", 2000, feature="far apart"))
    await world.store(
        *(call(start + timedelta(seconds=30 * n), "m", 1024 + 200 * n, feature="unlike") for n in range(120))
    )
    assert await of_kind(world, "use_cache") == []


async def test_sessions_repeat_what_was_said_before(world: World) -> None:
    """30 sessions of 2,000, 3,000, 4,000 and 5,000 tokens.

    The shortest call in the three later ones: 6,000; all of the call before: 2,000 + 3,000 + 4,000 = 9,000;
    midway 7,500. Times 30 at 9 USD a million less.
    """
    await set_price(world, "m", {"input": "10", "cache_read": "1", "output": "0"})

    def session(number: int) -> list[dict[str, Any]]:
        start = days_ago(3) + timedelta(minutes=20 * number)
        return [
            call(start + timedelta(minutes=n), "m", 2000 + 1000 * n, session_id=f"s{number}", feature="chat")
            for n in range(4)
        ]

    await world.store(*(one for number in range(24) for one in session(number)))
    assert await of_kind(world, "use_cache") == []  # 96 calls
    await world.store(*(one for number in range(24, 30) for one in session(number)))
    (found,) = await of_kind(world, "use_cache")
    assert saving(found) == ("1.62", "2.025", "2.43")
    assert found["evidence"]["seen_in"] == "sessions"
    assert found["confidence"] == 0.42  # 0.6 × 120 / 170


async def test_a_cache_that_is_not_read_costs_more_than_none(world: World) -> None:
    """Of 1,000 tokens 800 are written at 3.75 USD a million, which is 0.75 above plain input.

    100 calls: 0.06. In the feature that reads 8,000 for 800 written, caching pays: silent.
    """
    await set_price(world, "m", {"input": "3", "cache_read": "0.3", "cache_write_5m": "3.75", "output": "0"})
    calls = spaced(100, 700, days_ago(3), "m", 1000, feature="once", cache_write_tokens=800)
    await world.store(
        *spaced(
            60, 700, days_ago(3), "m", 9000, feature="often", cache_write_tokens=800, cache_read_tokens=8000
        )
    )
    await world.store(*calls[:49])
    assert await of_kind(world, "drop_cache") == []
    await world.store(*calls[49:])
    (found,) = await of_kind(world, "drop_cache")
    assert saving(found) == ("0.06", "0.06", "0.06")
    assert found["evidence"]["feature"] == "once"
    assert found["evidence"]["cost_without_cache"] == "0.3"


async def test_what_nobody_waits_for_may_go_in_batches(world: World) -> None:
    """Three nights of 50 calls within five minutes, 0.01 USD each: 1.5 in all, as batches half."""
    await set_price(world, "m", {"input": "10", "output": "0"})
    await set_price(world, "m", {"input": "5", "output": "0"}, context="batch")
    nights = [spaced(50, 5, days_ago(day, hour=2), "m", 1000, feature="import") for day in (2, 3, 4)]
    await world.store(*nights[0], *nights[1])
    await world.store(*spaced(150, 5, days_ago(2, hour=2), "m", 1000, feature="chat", user="u"))
    assert await of_kind(world, "use_batch") == []  # 100 calls on 2 days; and a feature with users
    await world.store(*nights[2])
    (found,) = await of_kind(world, "use_batch")
    assert saving(found) == ("0.75", "0.75", "0.75")
    assert found["evidence"]["feature"] == "import"
    assert found["confidence"] == 0.56  # 0.75 × 150 / 200
    assert "the name says so" in found["confidence_reason"]


async def test_fees_do_not_get_cheaper_in_batches(world: World) -> None:
    """150 calls of 0.01 for tokens and 0.09 for searches: as batches the tokens cost half, 0.75 less."""
    searches = {"web_searches": {"usd": "9", "per": 1000}}
    await set_price(world, "m", {"input": "10", "output": "0"}, units=searches)
    await set_price(world, "m", {"input": "5", "output": "0"}, context="batch", units=searches)
    for day in (2, 3, 4):
        night = spaced(50, 5, days_ago(day, hour=2), "m", 1000, feature="import", units={"web_searches": 10})
        await world.store(*night)
    (found,) = await of_kind(world, "use_batch")
    assert saving(found) == ("0.75", "0.75", "0.75")
    assert found["evidence"]["spend"] == "1.5"


async def test_calls_without_a_feature_are_a_group_of_their_own(world: World, monkeypatch: Any) -> None:
    """60 calls without one write to the cache in vain; 100 of a feature pay, 70 beyond the dearest do not.

    Each call in vain costs 0.0006 more than without a cache: 0.036.
    """
    monkeypatch.setattr("llmlab_api.recommendations.reading.MOST_FEATURES", 1)
    await set_price(world, "m", {"input": "3", "cache_read": "0.3", "cache_write_5m": "3.75", "output": "0"})
    await world.store(
        *spaced(60, 700, days_ago(3), "m", 1000, cache_write_tokens=800),
        *spaced(
            100, 700, days_ago(3), "m", 9000, feature="often", cache_write_tokens=800, cache_read_tokens=8000
        ),
        *spaced(70, 700, days_ago(3), "m", 1000, feature="small", cache_write_tokens=800),
    )
    (found,) = await of_kind(world, "drop_cache")
    assert (found["title"].endswith("without a feature"), saving(found)[1]) == (True, "0.036")
    shown = await world.client.get(found["evidence"]["events"] + "&limit=200", headers=world.account.auth)
    assert [one["feature"] for one in shown.json()["costs"]] == [None] * 60
    accepted = await world.client.post(
        f"/api/recommendations/{found['id']}/accept", headers=world.account.auth
    )
    assert accepted.status_code == 200, accepted.text
    baseline = await world.ledger.pool.fetchval("SELECT baseline FROM recommendation_states")
    assert json.loads(baseline)["calls"] == 60


async def test_a_model_that_the_rollups_do_not_know_yet_is_left_out(world: World) -> None:
    """Rollups and events are read one after the other: what came between is in the events alone."""
    fields = {"provider": "anthropic", "cache_write_tokens": 800}
    await world.store(*spaced(60, 700, days_ago(3), "claude-sonnet-4-5", 1000, **fields))
    await world.store(*spaced(60, 700, days_ago(3), "claude-haiku-4-5", 1000, **fields))
    assert len(await of_kind(world, "drop_cache")) == 2
    await world.ledger.pool.execute("DELETE FROM rollup_day WHERE model = 'claude-haiku-4-5'")
    (left,) = await of_kind(world, "drop_cache")
    assert left["evidence"]["model"] == "claude-sonnet-4-5"


async def test_crowds_by_night_are_told_from_those_by_day(world: World) -> None:
    """A name that says nothing: 120 calls by night in crowds, 20 in a crowd by day, 10 alone."""
    await set_price(world, "m", {"input": "10", "output": "0"})
    await set_price(world, "m", {"input": "5", "output": "0"}, context="batch")
    for day in (2, 3, 4):
        await world.store(*spaced(40, 5, days_ago(day, hour=2), "m", 1000, feature="x"))
    await world.store(*spaced(20, 5, days_ago(3, hour=12), "m", 1000, feature="x"))
    await world.store(*spaced(10, 600, days_ago(4, hour=13), "m", 1000, feature="x"))
    (found,) = await of_kind(world, "use_batch")
    assert saving(found) == ("0.6", "0.7", "0.75")
    # What goes in batches already is nothing to save.
    await set_price(world, "m", {"input": "10", "output": "0"}, context="batch", valid_from="2026-02-01")
    assert await of_kind(world, "use_batch") == []


async def test_a_later_snapshot_of_the_same_model_is_cheaper(world: World) -> None:
    """gpt-4o-2024-05-13 (5 and 15 USD a million): 0.0065 a call; gpt-4o (2.5 and 10): 0.0035.

    100 calls save 0.3; low: one of five asks the old one as well, 0.3 − 0.2 × 0.65.
    """
    calls = spaced(100, 700, days_ago(3), "gpt-4o-2024-05-13", 1000, 100, provider="openai")
    await world.store(*calls[:49])
    assert await of_kind(world, "newer_version") == []
    await world.store(*calls[49:])
    (found,) = await of_kind(world, "newer_version")
    assert found["title"] == "Use gpt-4o in place of gpt-4o-2024-05-13"
    assert saving(found) == ("0.17", "0.3", "0.3")


async def test_the_successor_of_a_model_with_little_of_the_spend(world: World) -> None:
    """gpt-4-turbo (10 and 30 USD a million): 60 calls of 0.013; gpt-4o: 0.0035, gpt-4.1 (2 and 8): 0.0028.

    0.8 × 0.57 = 0.456 is more than 0.7 × 0.612 = 0.4284; high is the cheaper of them.
    """
    await set_price(world, "big", {"input": "1000", "output": "0"})
    await world.store(*spaced(20, 60, days_ago(3), "big", 1000))
    await world.store(*spaced(60, 700, days_ago(3), "gpt-4-turbo", 1000, 100, provider="openai"))
    (found,) = await of_kind(world, "newer_version")
    assert found["title"] == "Use gpt-4o in place of gpt-4-turbo"
    assert saving(found) == ("0.414", "0.57", "0.612")  # 0.57 − 0.2 × 0.78
    assert await of_kind(world, "switch_model") == []


async def test_inputs_just_above_the_length_where_every_token_is_dearer(world: World) -> None:
    """Above 200,000 tokens of input all cost 2 in place of 1 USD a million.

    30 calls of 210,000: 0.42 each, cut to the threshold 0.2: 6.6. 10 of 290,000: 0.58, 3.8 more for high.
    """
    await set_price(
        world, "m", {"input": "1", "output": "0"},
        tiers=[{"above": 200000, "tokens": {"input": "2", "output": "0"}}],
    )  # fmt: skip
    await world.store(
        *spaced(10, 700, days_ago(3), "m", 290_000), *spaced(50, 700, days_ago(3), "m", 200_000)
    )
    calls = spaced(30, 700, days_ago(2), "m", 210_000)
    await world.store(*calls[:19])
    assert await of_kind(world, "long_context") == []
    await world.store(*calls[19:])
    (found,) = await of_kind(world, "long_context")
    assert saving(found) == ("6.6", "6.6", "10.4")
    assert (found["evidence"]["threshold"], found["sample"]["calls"]) == (200000, 30)
    assert found["evidence"]["calls_above"] == 40


async def test_failed_calls_that_were_charged(world: World) -> None:
    """25 errors of 0.01 USD, 10 of them made again after 20 seconds; 5 broken off; 100 good ones."""
    await set_price(world, "m", {"input": "10", "output": "0"})
    start = days_ago(3)
    fields = {"feature": "search"}
    await world.store(*spaced(90, 100, start, "m", 1000, **fields))
    await world.store(*spaced(15, 1000, start, "m", 1000, status="error", user="alone", **fields))
    again = spaced(10, 1000, start, "m", 1000, status="error", user="again", **fields)
    answers = spaced(10, 1000, start + timedelta(seconds=20), "m", 1000, user="again", **fields)
    # An error without counts is free, and no money to save.
    await world.store(
        *({k: v for k, v in one.items() if not k.endswith("tokens")} for one in again),
        *spaced(4, 10, start, "m", 1000, status="aborted", user="gone", **fields),
    )
    assert await of_kind(world, "failed_calls") == []  # 19 that cost anything
    await world.store(*again, *answers, *spaced(1, 1, start, "m", 1000, status="aborted", **fields))
    (found,) = await of_kind(world, "failed_calls")
    assert saving(found) == ("0.1", "0.25", "0.3")
    assert found["evidence"]["made_again"] == 10
    assert found["evidence"]["spend"] == "1.3"
    shown = (await world.client.get(found["evidence"]["events"], headers=world.account.auth)).json()["costs"]
    assert {one["status"] for one in shown} == {"error"}


async def test_a_customer_that_stands_out_among_its_peers(world: World) -> None:
    """Nine customers with 30 calls of 0.01 USD, one with 30 of 0.1: median 0.01.

    likely: (0.1 − 0.02) × 30, high: (0.1 − 0.01) × 30, low as likely: the dearest tenth is at the median too.
    """
    await set_price(world, "m", {"input": "10", "output": "0"})
    for n in range(7):
        await world.store(*spaced(30, 700, days_ago(3), "m", 1000, customer=f"c{n}"))
    await world.store(*spaced(30, 700, days_ago(3), "m", 10_000, customer="dear"))
    assert await of_kind(world, "outlier") == []  # 7 peers
    for n in range(7, 9):
        await world.store(*spaced(30, 700, days_ago(3), "m", 1000, customer=f"c{n}"))
    (found,) = await of_kind(world, "outlier")
    assert (found["evidence"]["dimension"], found["evidence"]["value"]) == ("customer", "dear")
    assert saving(found) == ("2.4", "2.4", "2.7")
    assert "customer=dear" in found["evidence"]["events"]


async def test_a_feature_that_stands_out_against_its_own_weeks(world: World) -> None:
    """Three weeks of 25 calls at 0.04 USD, then one of 100: 4 after 1, 1, 1."""
    await set_price(world, "m", {"input": "10", "output": "0"})
    for week in (1, 2, 3):
        await world.store(*spaced(25, 60, days_ago(7 * week + 3), "m", 4000, feature="f"))
    last = spaced(100, 60, days_ago(3), "m", 4000, feature="f")
    await world.store(*last[:74])
    assert await of_kind(world, "outlier") == []  # 2.96
    await world.store(*last[74:])
    (found,) = await of_kind(world, "outlier")
    assert saving(found) == ("2", "3", "3")
    assert found["evidence"]["weeks"] == ["4", "1", "1", "1"]


async def test_savings_of_the_same_money_name_each_other(world: World) -> None:
    await world.store(*spaced(60, 700, days_ago(3), "gpt-4", 2000, 500, provider="openai", feature="a"))
    await set_price(world, "m", {"input": "3", "cache_write_5m": "3.75", "output": "0"})
    await world.store(*spaced(60, 700, days_ago(3), "m", 1000, cache_write_tokens=800, feature="b"))
    found = {one["kind"]: one for one in (await report(world))["recommendations"]}
    same = {found[kind]["id"] for kind in ("shorten_prompts", "try_provider")}
    assert set(found["switch_model"]["overlaps"]) == same
    assert found["drop_cache"]["overlaps"] == []
    assert PROVIDER in found["drop_cache"]["evidence"]["events"]


async def test_ids_and_order_stay(world: World) -> None:
    await world.store(*spaced(60, 700, days_ago(3), "gpt-4", 2000, 500, provider="openai"))
    first = await report(world)
    assert await report(world) == first
    await world.store(*spaced(60, 700, days_ago(2), "gpt-4", 2000, 500, provider="openai"))
    later = await report(world)
    assert [one["id"] for one in later["recommendations"]] == [one["id"] for one in first["recommendations"]]
    assert later["based_on"] | {"calls": 120, "spend": "10.8", "sampled": False} == later["based_on"]
    assert {one["kind"] for one in later["silent"]} == {
        "use_cache", "drop_cache", "use_batch", "newer_version", "long_context", "failed_calls", "outlier",
    }  # fmt: skip


async def test_unpriced_calls_are_in_no_advice(world: World) -> None:
    await world.store(*spaced(60, 700, days_ago(3), "unheard-of", 2000, 500))
    answer = await report(world)
    assert (answer["recommendations"], len(answer["silent"])) == ([], 10)
    assert answer["based_on"]["unpriced_events"] == 60
    assert all("known cost" in one["reason"] for one in answer["silent"])
