"""Prices that make no sense are answered with every field that is wrong and what to mend."""

import base64
from typing import Any

import httpx
import pytest
from llmlab_api.prices.price_request import PriceRequest
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.price_document import compile_document
from world import World

PATH = "/api/prices"
SOUND: dict[str, Any] = {"provider": "acme", "model": "one", "tokens": {"input": "1", "output": "2"}}
BOTH = {"input": "1", "output": "2"}
NIGHT = {"from": "22:00", "until": "06:00", "tokens": BOTH}

# (what is changed of a sound price, the fields that are wrong, words of the answer)
WRONG: list[tuple[dict[str, Any], set[str], str]] = [
    ({"provider": None}, {"provider"}, "string"),
    ({"provider": "  "}, {"provider"}, "at least 1 character"),
    ({"model": "x" * 257}, {"model"}, "at most 256"),
    ({"model": "a\x00b"}, {"model"}, "control character"),
    ({"model": 5, "provider": 6}, {"model", "provider"}, "string"),
    ({"model": "gpt-*"}, {"model"}, "exact name"),
    ({"model": "*"}, {"model"}, "discount_percent"),
    ({"modle": "gpt-4"}, {"modle"}, "did you mean model?"),
    ({"context": "turbo"}, {"context"}, "batch, flex, priority, fast"),
    ({"context": "batch@"}, {"context"}, "region"),
    ({"context": "batch@e u"}, {"context"}, "region"),
    ({"context": "batch", "region": "eu"}, {"context"}, "send it or those"),
    ({"processing": "later"}, {"processing"}, "batch"),
    ({"processing": "batch", "service_tier": "flex"}, {"service_tier"}, "leave one"),
    ({"region": "x" * 65}, {"region"}, "region"),
    ({"valid_from": "yesterday"}, {"valid_from"}, "2026-11-23T10:00:00Z"),
    ({"valid_from": "2026-11-23T10:00:00"}, {"valid_from"}, "zone"),
    ({"valid_from": 1764000000}, {"valid_from"}, "must be a time"),
    ({"valid_from": "2019-12-31T23:59:59Z"}, {"valid_from"}, "2020-01-01"),
    ({"valid_from": "2036-11-30"}, {"valid_from"}, "ten years"),
    ({"valid_until": "2099-01-01"}, {"valid_until"}, "ten years"),
    ({"valid_from": "2026-02-01", "valid_until": "2026-02-01"}, {"valid_until"}, "exclusive"),
    ({"valid_until": "2025-01-01"}, {"valid_until"}, "after the price begins"),
    ({"currency": "EUR"}, {"currency"}, "USD only"),
    ({"tokens": None}, {"tokens"}, "is missing"),
    ({"tokens": {}}, {"tokens"}, "is missing"),
    ({"tokens": []}, {"tokens"}, "object"),
    ({"tokens": {"input_tokens": "1"}}, {"tokens.input_tokens"}, "did you mean input?"),
    ({"tokens": {"cache_write_tokens": "1"}}, {"tokens.cache_write_tokens"}, "did you mean cache_write_"),
    ({"tokens": {"ouput": "1", "reasoning": 1}}, {"tokens.ouput", "tokens.reasoning"}, "mean output?"),
    ({"tokens": {"input": "-1"}}, {"tokens.input"}, "from 0"),
    ({"tokens": {"input": "100000.01"}}, {"tokens.input"}, "to 100000"),
    ({"tokens": {"input": "1e3", "output": ""}}, {"tokens.input", "tokens.output"}, "digits and a point"),
    ({"tokens": {"input": True}}, {"tokens.input"}, "digits and a point"),
    ({"tokens": {"input": "0.0000000000001"}}, {"tokens.input"}, "12 decimals"),
    ({"tokens": {"input": 1e-300}}, {"tokens.input"}, "12 decimals"),
    ({"tokens": {"input": 1e300}}, {"tokens.input"}, "to 100000"),
    ({"tiers": [{"above": 9}]}, {"tiers.0.tokens"}, "missing"),
    ({"tiers": [{"above": 9, "tokens": {"input": "1"}}]}, {"tiers.0.tokens"}, "these too: output"),
    ({"tiers": [{"above": "9", "tokens": BOTH}]}, {"tiers.0.above"}, "integer"),
    ({"tiers": [{"above": -1, "tokens": BOTH}]}, {"tiers.0.above"}, "greater"),
    ({"tiers": [{"above": 9, "tokens": BOTH}] * 2}, {"tiers"}, "same size"),
    ({"tiers": [{"above": n, "tokens": BOTH} for n in range(17)]}, {"tiers"}, "16"),
    ({"tokens": None, "tiers": [{"above": 9, "tokens": BOTH}]}, {"tiers"}, "are missing"),
    ({"tokens": None, "units": {"pages": {"usd": 1}}, "windows": [NIGHT]}, {"windows"}, "are missing"),
    ({"windows": [{**NIGHT, "until": "24:00"}]}, {"windows.0.until"}, "pattern"),
    ({"windows": [{**NIGHT, "tokens": {"output": "1"}}]}, {"windows.0.tokens"}, "these too: input"),
    ({"windows": [NIGHT, {**NIGHT, "from": "05:00", "until": "07:00"}]}, {"windows"}, "overlap"),
    ({"windows": [{**NIGHT, "days": [0, 8]}]}, {"windows.0.days.0", "windows.0.days.1"}, "greater"),
    ({"windows": [{**NIGHT, "days": []}]}, {"windows.0.days"}, "at least 1"),
    ({"windows": [{**NIGHT, "days": ["1"]}]}, {"windows.0.days.0"}, "integer"),
    ({"windows": [{**NIGHT, "days": [1]}, {**NIGHT, "from": "05:00", "days": [2]}]}, {"windows"}, "overlap"),
    ({"windows": [{**NIGHT, "units": {}}]}, {"windows.0.units"}, "not a field here"),
    ({"units": {"web_search": {"usd": 1}}}, {"units.web_search"}, "did you mean web_searches?"),
    ({"units": {"pages": {"usd": "11"}}}, {"units.pages.usd"}, "10 USD"),
    ({"units": {"pages": {"usd": "1", "per": 0}}}, {"units.pages.per"}, "greater"),
    ({"units": {"pages": "1"}}, {"units.pages"}, "object"),
    ({"discount_percent": 5}, {"tokens"}, "stands alone"),
    ({"tokens": None, "discount_percent": "100.1"}, {"discount_percent"}, "-900 to 100"),
    ({"tokens": None, "discount_percent": "-901"}, {"discount_percent"}, "-900 to 100"),
    ({"tokens": None, "discount_percent": "1.23456"}, {"discount_percent"}, "4 decimals"),
    ({"tokens": None, "discount_percent": "5%"}, {"discount_percent"}, "digits and a point"),
    ({"note": "x" * 501}, {"note"}, "500"),
    ({"note": "a\nb"}, {"note"}, "control character"),
    ({"currency": "EUR", "valid_from": "x", "region": "?"}, {"currency", "valid_from", "region"}, "2 more"),
]  # fmt: skip

BODIES = [
    (b"", 400, "malformed_json"),
    (b"{", 400, "malformed_json"),
    (b"\xff", 400, "malformed_json"),
    (b'{"tokens": {"input": NaN}}', 400, "malformed_json"),
    (b'{"tokens":' + b"[" * 5000, 400, "malformed_json"),
    (b"[]", 422, "wrong_type"),
    (b'"price"', 422, "wrong_type"),
    (b'{"tokens": {"input": 1e99999999999999999999}}', 422, "out_of_range"),
    (b'{"tokens": {"input": ' + b"1" * 4999 + b"}}", 422, "out_of_range"),
    (b'{"note": "' + b"x" * (16 << 10) + b'"}', 413, "body_too_large"),
]


async def send(world: World, **arguments: Any) -> httpx.Response:
    return await world.client.put(PATH, headers=world.account.auth, **arguments)


async def test_every_wrong_field_is_named(world: World) -> None:
    for changed, fields, words in WRONG:
        response = await send(world, json={**SOUND, **changed})
        assert response.status_code == 422, changed
        problem = response.json()
        assert {error["field"] for error in problem["errors"]} == fields, (changed, problem)
        assert words in problem["detail"], (changed, problem)
    for body, status, code in BODIES:
        response = await send(world, content=body)
        assert (response.status_code, response.json()["code"]) == (status, code), body[:40]
    text = await world.client.put(
        PATH, content=b"x=1", headers={**world.account.auth, "Content-Type": "text/plain"}
    )
    assert text.status_code == 415
    assert await world.ledger.pool.fetchval("SELECT count(*) FROM price_versions WHERE layer = 'custom'") == 0


PARAMETERS: list[tuple[str, dict[str, Any], str, str]] = [
    ("", {"modle": "x"}, "modle", "did you mean model?"),
    ("", {"provider": ""}, "provider", "at least 1"),
    ("", {"model": "a\x00"}, "model", "control"),
    ("", {"context": "turbo"}, "context", "standard, batch"),
    ("", {"layer": "mine"}, "layer", "custom"),
    ("", {"at": "now"}, "at", "time with its zone"),
    ("", {"limit": 0}, "limit", "greater"),
    ("", {"limit": 1001}, "limit", "less"),
    ("", {"cursor": "nonsense"}, "cursor", "next_cursor"),
    ("", {"cursor": "é"}, "cursor", "next_cursor"),
    ("", {"cursor": "W10"}, "cursor", "next_cursor"),
    ("/history", {"provider": "openai"}, "model", "missing"),
    ("/history", {"provider": "openai", "model": "x", "at": "2026-01-01"}, "at", "not a parameter"),
    ("/history", {"provider": "openai", "model": "x", "cursor": "x"}, "cursor", "next_cursor"),
]
FORGED = [
    '["2026-01-01T00:00:00","a","b","",1]',  # no zone
    '["2026-01-01T00:00:00Z","a","b","",4]',
    '["2026-01-01T00:00:00Z","a\\u0000","b","",1]',
    '["2026-01-01T00:00:00Z",99999999999999999999999]',
]
NOT_TAKEN_BACK: list[tuple[dict[str, Any], str, str]] = [
    ({}, "provider", "or `id`"),
    ({"provider": "openai"}, "model", "missing"),
    ({"id": 5, "model": "x"}, "id", "leave the other"),
    ({"id": 0}, "id", "greater"),
    ({"id": 2**63}, "id", "less"),
    ({"provider": "openai", "model": "x", "layer": "custom"}, "layer", "not a parameter"),
]


async def test_parameters_that_make_no_sense(world: World) -> None:
    forged = [
        (path, {"cursor": base64.urlsafe_b64encode(text.encode()).decode(), **more}, "cursor", "next_cursor")
        for text in FORGED
        for path, more in (("", {}), ("/history", {"provider": "openai", "model": "x"}))
    ]
    for path, parameters, field, words in (*PARAMETERS, *forged):
        response = await world.get(PATH + path, **parameters)
        assert response.status_code == 422, (parameters, response.text)
        assert response.json()["errors"][0]["field"] == field
        assert words in response.json()["detail"], (parameters, response.text)
    for parameters, field, words in NOT_TAKEN_BACK:
        response = await world.client.delete(PATH, params=parameters, headers=world.account.auth)
        assert response.status_code == 422, (parameters, response.text)
        assert response.json()["errors"][0]["field"] == field
        assert words in response.json()["detail"], (parameters, response.text)


async def test_who_may_only_read_changes_nothing(world: World) -> None:
    key = await world.client.post(
        "/api/keys", json={"name": "Reads", "scopes": ["read"]}, headers=world.account.auth
    )
    headers = {"Authorization": f"Bearer {key.json()['api_key']}"}
    assert (await world.client.get(PATH, headers=headers)).status_code == 200
    for response in (
        await world.client.put(PATH, json=SOUND, headers=headers),
        await world.client.delete(PATH, params={"id": 1}, headers=headers),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")


def test_a_sound_price_becomes_the_document_that_it_says() -> None:
    price = PriceRequest.model_validate(
        {
            **SOUND,
            "tokens": {"input": 2, "output": "4.50", "cache_read": None},
            "tiers": [{"above": 1000, "tokens": {"input": "4", "output": "9"}}],
            "units": {"web_searches": {"usd": "10", "per": 1000}, "acme_credits": {"usd": "0.010"}},
            "windows": [{**NIGHT, "days": [6, 7], "tiers": [{"above": 1000, "tokens": BOTH}]}],
        }
    )
    document = price.document()
    assert document == {
        "tokens": {"input": "2", "output": "4.5"},
        "tiers": [{"above": 1000, "tokens": {"input": "4", "output": "9"}}],
        "units": {"web_searches": {"usd": "10", "per": 1000}, "acme_credits": {"usd": "0.01", "per": 1}},
        "windows": [
            {
                "from": "22:00",
                "until": "06:00",
                "days": [6, 7],
                "tokens": {"input": "1", "output": "2"},
                "tiers": [{"above": 1000, "tokens": {"input": "1", "output": "2"}}],
            }
        ],
    }
    noon = compile_document(document).at(43_200_000_000)[0].card(1, "", 0, 1)
    assert noon.token_cost(TokenUsage(input=1000, output=1000)) == (2000 + 4500) * 10**6
    assert noon.token_cost(TokenUsage(input=1001, output=1)) == (4004 + 9) * 10**6


@pytest.mark.parametrize(
    ("percent", "factor"), [("0", "1"), ("100", "0"), ("-900", "10"), ("0.0001", "0.999999")]
)
def test_a_discount_becomes_a_factor(percent: str, factor: str) -> None:
    price = PriceRequest.model_validate({**SOUND, "tokens": None, "discount_percent": percent})
    assert price.document() == {"factor": factor}
