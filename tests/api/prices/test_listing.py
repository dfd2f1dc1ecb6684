"""The price book as people read it: what is in force at an instant, which layer wins, what ever was."""

import json
from datetime import UTC, date, datetime
from typing import Any

from ledger import change
from llmlab_shared import clock
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.price_book import PriceBook
from world import World

PATH = "/api/prices"
AT = "2026-11-20T00:00:00Z"
KEY = {"provider": "acme", "model": "one"}
FIVE = {"tokens": {"input": "5", "output": "5"}}
HALF = {"factor": "0.5"}


async def listed(world: World, **parameters: Any) -> list[dict[str, Any]]:
    response = await world.get(PATH, **{"at": AT, **parameters})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["prices"]
    return found


async def record(world: World, layer: str, rates: dict[str, Any], start: str, **more: Any) -> int:
    """Record a version of `KEY` as the sync and the API do."""
    values: dict[str, Any] = {"context": "", "withdrawn": False, "model": "one", "until": None, **more}
    async with world.ledger.pool.acquire() as connection, connection.transaction():
        await change(connection, "prices")
        price_id: int = await connection.fetchval(
            "INSERT INTO price_versions (workspace_id, layer, provider, model, context, valid_from, "
            "valid_until, withdrawn, rates, source) "
            "VALUES ($1, $2, 'acme', $3, $4, $5, $6, $7, $8, 's') RETURNING id",
            world.account.workspace_id if layer == "custom" else 0,
            layer,
            values["model"],
            values["context"],
            datetime.fromisoformat(start),
            values["until"] and datetime.fromisoformat(values["until"]),
            values["withdrawn"],
            json.dumps(rates),
        )
        return price_id


async def test_the_list_at_an_instant_has_what_the_price_book_has_then(world: World) -> None:
    """Every version that is listed as effective is the one that the calculator prices by, and no other."""
    async with world.ledger.pool.acquire() as connection:
        calculator = CostCalculator(await PriceBook.load(connection))
    at_us = clock.to_us(datetime.fromisoformat(AT))
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = (await world.get(PATH, at=AT, limit=700, **cursor)).json()
        found += answer["prices"]
        if answer["next_cursor"] is None:
            break
        cursor = {"cursor": answer["next_cursor"]}
    keys = [(row["provider"], row["model"].lower(), row["context"], row["layer"]) for row in found]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys) > 2300
    for row in found:
        tier, _, region = row["context"].partition("@")
        quote = calculator.price(
            0,
            row["provider"],
            row["model"],
            TokenUsage(),
            None,
            at_us,
            service_tier=tier or None,
            region=region or None,
        )
        assert quote is not None, row
        assert (quote.price_id == row["id"]) == row["effective"], row


async def test_what_is_in_force_and_which_layer_wins(world: World) -> None:
    old = await record(world, "catalogue", FIVE, "1970-01-01T00:00:00Z")
    listing = await record(world, "catalogue", FIVE, "2026-11-01T00:00:00Z")
    await record(world, "catalogue", FIVE, "2026-12-01T00:00:00Z")
    (row,) = await listed(world, **KEY)
    assert (row["id"], row["effective"]) == (listing, True)
    assert (row["valid_from"], row["valid_until"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    (row,) = await listed(world, **KEY, at="2026-10-31")
    assert (row["id"], row["valid_from"], row["valid_until"]) == (old, None, "2026-11-01T00:00:00Z")

    async def effective() -> list[tuple[str, bool]]:
        return [(row["layer"], row["effective"]) for row in await listed(world, **KEY)]

    await record(world, "override", FIVE, "2026-11-02T00:00:00Z")
    assert await effective() == [("catalogue", False), ("override", True)]
    await record(world, "custom", HALF, "2026-11-03T00:00:00Z")
    assert await effective() == [("catalogue", False), ("override", True), ("custom", True)]
    await record(world, "custom", FIVE, "2026-11-04T00:00:00Z", until="2026-11-20T00:00:01Z")
    assert await effective() == [("catalogue", False), ("override", False), ("custom", True)]
    assert [row["layer"] for row in await listed(world, **KEY, layer="catalogue")] == ["catalogue"]
    assert not (await listed(world, **KEY, layer="catalogue"))[0]["effective"]
    # Its end is exclusive, and what was before it does not come back.
    assert [row["layer"] for row in await listed(world, **KEY, at="2026-11-20T00:00:01Z")] == [
        "catalogue",
        "override",
    ]
    await record(world, "override", {}, "2026-11-05T00:00:00Z", withdrawn=True)
    assert await effective() == [("catalogue", False), ("custom", True)]
    other = await world.another()
    assert [row["layer"] for row in await listed(other, **KEY)] == ["catalogue"]


async def test_names_and_contexts_are_found_in_any_spelling(world: World) -> None:
    async def found(**parameters: Any) -> set[tuple[str, str, str]]:
        rows = await listed(world, **parameters, limit=1000)
        return {(row["provider"], row["model"], row["context"]) for row in rows}

    both = {("openai", "gpt-4", ""), ("openai", "gpt-4", "batch")}
    assert await found(provider="OpenAI", model="GPT-4") == both
    assert await found(provider="Azure_OpenAI", model="gpt-4o") == await found(
        provider="azure", model="gpt-4o"
    )
    names = {model for _, model, _ in await found(provider="openai", model="GPT-4o*")}
    assert {"gpt-4o", "gpt-4o-mini"} <= names
    assert all(name.startswith("gpt-4o") for name in names)
    assert await found(model="gpt-4") == both
    assert await found(model="gpt-4_") == set()
    contexts = {context for _, _, context in await found(provider="openai", model="gpt-5")}
    assert {"", "batch"} <= contexts
    for standard in ("standard", "", "Default"):
        assert await found(provider="openai", model="gpt-5", context=standard) == {("openai", "gpt-5", "")}
    assert await found(provider="openai", model="gpt-5", context="batch") == {("openai", "gpt-5", "batch")}
    assert await found(provider="nobody") == set()


async def test_pages_are_of_one_instant(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 20, tzinfo=UTC))
    first = (await world.get(PATH, limit=2)).json()
    assert first["at"] == AT
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 21, tzinfo=UTC))
    assert (await world.get(PATH, limit=2)).json()["at"] != AT
    second = (await world.get(PATH, limit=2, cursor=first["next_cursor"])).json()
    assert second["at"] == AT
    both = (await world.get(PATH, limit=4, at=AT)).json()["prices"]
    assert first["prices"] + second["prices"] == both


async def test_a_page_may_end_between_the_layers_of_a_model(world: World) -> None:
    for layer in ("catalogue", "override", "custom"):
        await record(world, layer, FIVE, "2026-11-01T00:00:00Z")
    whole = await listed(world, **KEY)
    assert [row["effective"] for row in whole] == [False, False, True]
    rows, cursor = [], {}
    for _ in range(3):
        answer = (await world.get(PATH, **KEY, at=AT, limit=1, **cursor)).json()
        rows += answer["prices"]
        cursor = {"cursor": answer["next_cursor"]}
    assert rows == whole
    assert cursor == {"cursor": None}


async def test_the_list_says_how_old_the_catalogue_is(world: World) -> None:
    synced_at = await world.ledger.pool.fetchval("SELECT synced_at FROM price_syncs")
    catalogue = (await world.get(PATH, limit=1)).json()["catalogue"]
    assert catalogue["source"].startswith("genai-prices ")
    assert datetime.fromisoformat(catalogue["synced_at"]) == synced_at
    newest = date.fromisoformat(catalogue["newest_price"])
    assert date(2026, 10, 1) < newest <= clock.now().date()
    assert catalogue["age_days"] == (clock.now().date() - newest).days
    await world.ledger.pool.execute("UPDATE price_syncs SET newest_price = now()::date - 60")
    assert (await world.get(PATH, limit=1)).json()["catalogue"]["age_days"] == 60
    await world.ledger.pool.execute("DELETE FROM price_syncs")
    assert (await world.get(PATH, limit=1)).json()["catalogue"] is None


async def test_the_history_has_every_version_and_what_became_of_it(world: World) -> None:
    first = await record(world, "catalogue", FIVE, "1970-01-01T00:00:00Z")
    wrong = await record(world, "catalogue", HALF, "2026-11-01T00:00:00Z")
    right = await record(world, "catalogue", FIVE, "2026-11-01T00:00:00Z")
    ended = await record(world, "catalogue", {}, "2026-11-10T00:00:00Z", withdrawn=True)
    own = await record(world, "custom", FIVE, "2026-11-05T00:00:00Z", until="2027-01-01T00:00:00Z")
    later = await record(world, "custom", FIVE, "2027-01-01T00:00:00Z")
    mistake = await record(world, "custom", FIVE, "2026-11-12T00:00:00Z")
    back = await record(world, "custom", {}, "2026-11-12T00:00:00Z", withdrawn=True)
    batch = await record(world, "catalogue", FIVE, "2026-11-02T00:00:00Z", context="batch")
    answer = (await world.get(f"{PATH}/history", **KEY, context="standard")).json()
    assert answer["next_cursor"] is None
    rows = answer["prices"]
    assert [row["id"] for row in rows] == [later, back, mistake, ended, own, right, wrong, first]
    facts = {row["id"]: (row["valid_until"], row["replaced"], row["withdrawn"]) for row in rows}
    assert facts == {
        first: ("2026-11-01T00:00:00Z", False, False),
        wrong: (None, True, False),
        right: ("2026-11-10T00:00:00Z", False, False),
        ended: (None, False, True),
        own: ("2027-01-01T00:00:00Z", False, False),
        later: (None, False, False),
        mistake: (None, True, False),
        back: (None, False, True),
    }
    assert [row["id"] for row in rows if row["effective"]] == [own]
    everything = (await world.get(f"{PATH}/history", provider="Acme", model="ONE", limit=1000)).json()
    assert batch in [row["id"] for row in everything["prices"]]
    pages, cursor = [], {}
    for _ in range(8):
        page = (await world.get(f"{PATH}/history", **KEY, context="standard", limit=1, **cursor)).json()
        pages += page["prices"]
        cursor = {"cursor": page["next_cursor"]}
    assert pages == rows
    assert cursor == {"cursor": None}
    theirs = (await (await world.another()).get(f"{PATH}/history", **KEY)).json()["prices"]
    assert {row["layer"] for row in theirs} == {"catalogue"}
    assert (await world.get(f"{PATH}/history", provider="acme", model="nothing")).json()["prices"] == []


async def test_ones_own_prices_are_listed_whenever_they_hold(world: World) -> None:
    await record(world, "catalogue", FIVE, "1970-01-01T00:00:00Z")
    always = await record(world, "custom", HALF, "2020-01-01T00:00:00Z", model="two")
    ended = await record(world, "custom", FIVE, "2026-10-01T00:00:00Z", until="2026-11-01T00:00:00Z")
    await record(world, "custom", HALF, "2026-11-02T00:00:00Z")
    now = await record(world, "custom", FIVE, "2026-11-02T00:00:00Z")
    comes = await record(world, "custom", FIVE, "2090-01-01T00:00:00Z", until="2090-02-01T00:00:00Z")
    await record(world, "custom", FIVE, "2091-01-01T00:00:00Z")
    await record(world, "custom", {}, "2091-01-01T00:00:00Z", withdrawn=True)
    rows = (await world.get(f"{PATH}/own")).json()["prices"]
    assert [row["id"] for row in rows] == [comes, now, ended, always]
    assert [row["effective"] for row in rows] == [False, True, False, True]
    ends = {row["id"]: (row["valid_until"], row["stated_until"]) for row in rows}
    assert ends == {
        comes: ("2090-02-01T00:00:00Z",) * 2,
        now: ("2090-01-01T00:00:00Z", None),
        ended: ("2026-11-01T00:00:00Z",) * 2,
        always: (None, None),
    }
    pages, cursor = [], {}
    for _ in range(4):
        page = (await world.get(f"{PATH}/own", limit=1, **cursor)).json()
        pages += page["prices"]
        cursor = {"cursor": page["next_cursor"]}
    assert pages == rows
    assert cursor == {"cursor": None}
    assert (await (await world.another()).get(f"{PATH}/own")).json()["prices"] == []
