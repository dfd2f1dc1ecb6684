"""What an export holds: every event of the range once, oldest first, as the other reads show it."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from ledger import event, v7
from llmlab_shared.db.repositories import events_walk
from llmlab_shared.ids import id_time_of
from repriced import new_price, reprice
from world import World

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SINCE = {"from": "2026-09-01", "to": "2026-12-01"}


def at(instant: datetime, **fields: Any) -> dict[str, Any]:
    return event(**{"id": str(v7(instant)), "timestamp": instant.isoformat(), **fields})


async def export(world: World, form: str = "jsonl", **parameters: Any) -> httpx.Response:
    response = await world.get("/api/costs/export", format=form, **{**SINCE, **parameters})
    assert response.status_code == 200, response.text
    return response


async def lines(world: World, **parameters: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await export(world, **parameters)).text.splitlines()]


async def table(world: World, form: str, **parameters: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((await export(world, form, **parameters)).text, newline="")))


def three_months() -> Iterator[dict[str, Any]]:
    """Events of which many share a millisecond, some have ids that hold no time, and some have tags."""
    for n in range(150):
        yield at(NOON - timedelta(days=n // 3), feature=("search", "chat", None)[n % 3])
    for n in range(40):
        instant = NOON - timedelta(hours=n // 5)
        yield event(id=str(uuid4()), timestamp=instant.isoformat(), tags={"tier": f"t{n % 2}"})


@pytest.mark.parametrize("step", [7, 500])
async def test_every_event_once_oldest_first_however_it_is_cut(
    world: World, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(events_walk, "STEP", step)
    made = list(three_months())
    await world.store(*made)
    found = await lines(world)
    assert sorted(one["id"] for one in found) == sorted(one["id"] for one in made)
    by_id = {one["id"]: one for one in made}
    order = [
        (id_time_of(identifier, datetime.fromisoformat(by_id[str(identifier)]["timestamp"])), identifier)
        for identifier in (one_id for one_id in map(_uuid, found))
    ]
    assert order == sorted(order)
    # Each begins where another broke off, wherever that was.
    for broken_at in (0, 6, 76, len(found) - 2):
        rest = await lines(world, after=found[broken_at]["id"])
        assert [one["id"] for one in rest] == [one["id"] for one in found[broken_at + 1 :]]
    assert await lines(world, after=found[-1]["id"]) == []
    # The same events, as the pages of the list show them.
    listed = (await world.get("/api/costs", limit=1000, **SINCE)).json()["costs"]
    assert found == listed[::-1]


def _uuid(line: dict[str, Any]) -> Any:
    from uuid import UUID

    return UUID(line["id"])


async def test_filters_and_ranges_are_the_summarys(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Steps that look through fewer events than there are between two that match.
    monkeypatch.setattr(events_walk, "STRETCH", 20)
    monkeypatch.setattr(events_walk, "_END", events_walk._END.replace("OFFSET 19999", "OFFSET 19"))
    await world.zone("Europe/Berlin", "tier")
    await world.store(*three_months(), at(NOON, model="unheard-of"), at(NOON, status="error", feature="rare"))
    for filters in (
        {},
        {"feature": "rare"},
        {"feature": ["search", ""]},
        {"tag.tier": "t1"},
        {"price_status": "unpriced"},
        {"model": "gpt-4", "feature": "chat"},
        {"from": "2026-11-20T11:59:00Z", "to": "2026-11-20T12:01:00Z"},
        {"from": "2026-11-20", "to": "2026-11-21", "tz": "Asia/Kathmandu"},
        {"status": "error", "customer": ""},
        {"provider": "anthropic"},
    ):
        response = await export(world, **filters)
        summary = await world.summary(**{**SINCE, **filters})
        rows = response.text.splitlines()
        assert len(rows) == summary["counts"]["events"], filters
        assert response.headers["x-llmlab-rows"] == str(len(rows)), filters
        assert response.headers["x-llmlab-rows-without-cost"] == str(summary["counts"]["unpriced"]), filters
        spent = sum(Decimal(json.loads(row)["cost"] or 0) for row in rows)
        assert spent == Decimal(summary["total_spend"]), filters


async def test_the_headers_say_what_range_it_was(world: World) -> None:
    await world.zone("Europe/Berlin")
    response = await world.get("/api/costs/export", format="csv", to="2026-11-21T00:00:00Z")
    assert response.headers["x-llmlab-to"] == "2026-11-21T01:00:00+01:00"
    assert response.headers["x-llmlab-from"] == "2026-10-22T01:00:00+02:00"
    assert (
        response.headers["content-disposition"]
        == 'attachment; filename="llmlab-costs-2026-10-22-to-2026-11-21.csv"'
    )
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert "content-length" not in response.headers
    today = await world.get("/api/costs/export")
    asked = {"from": today.headers["x-llmlab-from"], "to": today.headers["x-llmlab-to"]}
    again = await world.get("/api/costs/export", **asked)
    assert {name: again.headers[f"x-llmlab-{name}"] for name in asked} == asked


async def test_a_flat_row_says_what_the_event_says(world: World) -> None:
    await world.zone("UTC", "tier", "=plan")
    usage = {"prompt_tokens": 1000, "completion_tokens": 500, "prompt_tokens_details": {"cached_tokens": 400}}
    whole = {
        "id": str(v7(NOON)),
        "timestamp": (NOON + timedelta(microseconds=7)).isoformat(),
        "provider": "openai",
        "model": "gpt-4o",
        "api": "chat",
        "usage": usage,
        "units": {"web_searches": "2"},
        "user": 'Zoë, "the\nfirst"',
        "tags": {"tier": "free", "=plan": "@home", "other": "x"},
        "metadata": {"n": 1},
        "reported_cost": "0.00600000",
        "reported_by": "gateway",
    }
    bare = at(NOON + timedelta(seconds=1), model="unheard-of", provider="custom")
    await world.store(whole, bare)
    first, second = await table(world, "csv")
    (line, _) = await lines(world)
    for path, cell in first.items():
        value: Any = line
        for part in path.split(".") if not path.startswith("tag.") else ():
            value = value[part] if value is not None else None
        if path.startswith("tag."):
            value = whole["tags"][path.removeprefix("tag.")].replace("@home", "'@home")  # type: ignore[index]
        read = json.loads(cell) if path in ("units", "tags", "usage", "metadata") and cell else cell
        assert read == ("" if value is None else value if isinstance(value, dict) else str(value)), path
    assert {"id", "tokens.cache_read", "original.cost", "tag.tier", "tag.=plan"} < set(first)
    assert (first["cost"], first["computed_cost"], first["tool_cost"]) == (line["cost"], "0.007", "0.02")
    assert (second["cost"], second["price_status"], second["tag.tier"]) == ("", "unpriced", "")


async def test_nothing_in_csv_runs_as_a_formula(world: World) -> None:
    dangers = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"]
    await world.store(
        *(at(NOON, feature=text, model=text, region=text) for text in dangers), at(NOON, user="a=b")
    )
    for form, column in (("csv", "feature"), ("focus", "x_Feature")):
        for row in await table(world, form):
            for name, cell in row.items():
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), (form, name, cell)
        rows = await table(world, form, price_status=["unpriced", "priced"])
        assert {row[column] for row in rows} <= {f"'{text}" for text in dangers} | {""}
    assert {line["feature"] for line in await lines(world)} == {*dangers, None}


async def test_a_corrected_event_stands_as_it_holds_now(world: World) -> None:
    await world.store(at(NOON), at(NOON, model="unheard-of", provider="custom"))
    await new_price(world.ledger, "1", datetime(2026, 11, 1, tzinfo=UTC))
    await reprice(world.ledger, world.account.workspace_id)
    first = (await table(world, "csv", model="gpt-4"))[0]
    assert (first["cost"], first["original.cost"], first["original.price_status"]) == (
        "0.0015",
        "0.06",
        "priced",
    )
    charge = (await table(world, "focus"))[0]
    assert (charge["BilledCost"], charge["x_OriginalCost"]) == ("0.0015", "0.06")
    assert (await lines(world, model="gpt-4"))[0]["original"]["cost"] == "0.06"


async def test_empty_and_unpriced_workspaces(world: World) -> None:
    for form, kept in (("jsonl", 0), ("csv", 1), ("focus", 1)):
        response = await export(world, form)
        assert len(response.text.splitlines()) == kept
        assert response.headers["x-llmlab-rows"] == response.headers["x-llmlab-rows-without-cost"] == "0"
    await world.store(at(NOON, model="unheard-of", provider="custom"))
    flat = await export(world, "csv")
    focus = await export(world, "focus")
    assert (flat.headers["x-llmlab-rows"], flat.headers["x-llmlab-rows-without-cost"]) == ("1", "1")
    assert (focus.headers["x-llmlab-rows"], focus.headers["x-llmlab-rows-without-cost"]) == ("0", "1")
    assert len(flat.text.splitlines()) == 2
    assert len(focus.text.splitlines()) == 1
    assert (await export(world, "focus", price_status="unpriced")).text == focus.text


async def test_what_makes_no_sense_is_refused_by_name(world: World) -> None:
    other = await world.another()
    theirs, nobodys = str(v7(NOON)), str(uuid4())
    await other.store(at(NOON, id=theirs, feature="theirs"), at(NOON, id=nobodys, feature="theirs"))
    for parameters, code in (
        ({"format": "xlsx"}, "bad_format"),
        ({"format": ["csv", "jsonl"]}, "repeated"),
        ({"after": "yesterday"}, "bad_id"),
        ({"after": theirs}, "event_not_found"),
        ({"after": nobodys}, "event_not_found"),
        ({"after": str(uuid4())}, "event_not_found"),
        ({"form": "csv"}, "unknown_filter"),
        ({"limit": "5"}, "unknown_filter"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "bad_range"),
        ({"tz": "Berlin"}, "bad_zone"),
    ):
        response = await world.get("/api/costs/export", **parameters)
        assert (response.status_code, response.json()["code"]) == (422, code), parameters
    for form in ("jsonl", "csv", "focus"):
        assert "theirs" not in (await export(world, form)).text
        assert theirs in (await export(other, form)).text
    bare = await world.client.get("/api/costs/export")
    assert (bare.status_code, bare.json()["code"]) == (401, "not_authenticated")
    key = {"name": "i", "scopes": ["ingest"]}
    made = await world.client.post("/api/keys", json=key, headers=world.account.auth)
    headers = {"Authorization": f"Bearer {made.json()['api_key']}"}
    refused = await world.client.get("/api/costs/export", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


async def test_a_link_names_its_workspace(world: World) -> None:
    """A browser that downloads sends no headers of ours; what the URL names is walled as they are."""
    await world.store({"provider": "openai", "model": "gpt-4", "input_tokens": 5, "output_tokens": 1})
    there, stranger = world.account.workspace_id, await world.another()
    mine = await world.get("/api/costs/export", format="jsonl", workspace=there)
    assert (mine.status_code, mine.text.count("\n")) == (200, 1)
    theirs = await stranger.get("/api/costs/export", format="jsonl", workspace=there)
    assert (theirs.status_code, theirs.json()["code"]) == (403, "not_a_member")
    nonsense = await world.get("/api/costs/export", workspace="mine")
    assert (nonsense.status_code, nonsense.json()["code"]) == (400, "bad_workspace")
    # Elsewhere it is a parameter like any other that there is none of.
    for path in ("/api/costs/summary", "/api/keys"):
        assert (await world.get(path, workspace=there)).status_code == 422, path
