"""A price list from a file: read like the installed one, or refused with the row that is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llmlab_shared.pricing.lists.catalogue import read_catalogue
from llmlab_shared.pricing.lists.price_file import read_price_file
from llmlab_shared.pricing.price_document import PriceDocumentError
from price_lists import encoded, published

NAN, INFINITE = float("nan"), float("inf")


def model_with(prices: Any, **more: Any) -> list[Any]:
    """Return a list of one model, in the published form."""
    model = {"id": "one", "match": {"equals": "one"}, "prices": prices, **more}
    return [{"id": "acme", "name": "Acme", "api_pattern": "https://api.example.com", "models": [model]}]


def write(folder: Path, content: bytes | str) -> Path:
    path = folder / "data.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(PriceDocumentError) as refused:
        read_price_file(path)
    return refused.value.detail


def test_the_installed_list_reads_the_same_from_its_file(tmp_path: Path) -> None:
    from_file = read_price_file(write(tmp_path, encoded(published())))
    installed = read_catalogue()
    assert len(installed.prices) > 2_500
    assert [p._replace(source="") for p in from_file.prices] == [
        p._replace(source="") for p in installed.prices
    ]
    assert [a._replace(source="") for a in from_file.aliases] == [
        a._replace(source="") for a in installed.aliases
    ]
    assert from_file.dropped == installed.dropped


def test_the_source_names_the_file_and_its_digest(tmp_path: Path) -> None:
    read = read_price_file(write(tmp_path, json.dumps(model_with({"input_mtok": 3}))))
    # sha256sum says so of these bytes.
    assert read.source == "data.json (sha256 f770500f774dc782)"
    assert {price.source for price in read.prices} == {read.source}
    other = read_price_file(write(tmp_path, json.dumps(model_with({"input_mtok": 4}))))
    assert other.digest != read.digest


def test_an_amount_is_read_to_the_last_digit(tmp_path: Path) -> None:
    content = json.dumps(model_with({"input_mtok": 5})).replace(
        ": 5", ": 0.1000000000000000055511151231257827"
    )
    (price,) = read_price_file(write(tmp_path, content)).prices
    assert json.loads(price.rates) == {"tokens": {"input": "0.1000000000000000055511151231257827"}}


@pytest.mark.parametrize("amount", ["1e999999999", "1e-999999999", "0e-999999999"])
def test_an_amount_that_would_fill_the_memory(tmp_path: Path, amount: str) -> None:
    content = json.dumps(model_with({"input_mtok": 5})).replace(": 5", f": {amount}")
    said = refusal(write(tmp_path, content))
    assert "acme/one standard always, input_mtok: a price must be a number" in said


def test_how_usage_is_read_is_not_looked_at(tmp_path: Path) -> None:
    newer = model_with({"input_mtok": 5})
    newer[0]["extractors"] = [{"form": "of tomorrow"}]
    assert len(read_price_file(write(tmp_path, json.dumps(newer))).prices) == 1


def test_a_list_that_was_cut_off(tmp_path: Path) -> None:
    whole = encoded(published())
    for length in (1, len(whole) // 2, len(whole) - 1):
        said = refusal(write(tmp_path, whole[:length]))
        assert "is not whole JSON (line 1, column" in said
        assert "fetch it again" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not whole JSON"),
        (b"{}", "must hold a list of providers"),
        (b"[]", "must hold a list of providers"),
        (b"[1]", "has no list of models"),
        (b'[{"id": "acme"}]', "has no list of models"),
        (b'[{"id": "acme", "models": [1]}]', "has no list of models"),
        (b"\xff\xfe\xfd", "is not text"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "holds what is no price"),
    ],
)
def test_what_is_no_price_list(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refusal(write(tmp_path, content))


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    with path.open("wb") as file:
        file.truncate(65 << 20)
    assert "more than 64 MiB" in refusal(path)


def from_day(day: str, **prices: float) -> dict[str, Any]:
    return {"constraint": {"start_date": day}, "prices": prices}


def between(start: str, end: str, **prices: float) -> dict[str, Any]:
    return {"constraint": {"start_time": start, "end_time": end}, "prices": prices}


def tiers(*starts: Any) -> dict[str, Any]:
    return {"base": 1, "tiers": [{"start": start, "price": 2} for start in starts]}


ALWAYS: dict[str, Any] = {"prices": {"input_mtok": 1}}
BATCH = {"when": {"processing": "batch"}, "prices": {"input_mtok": 1}}

WRONG: list[tuple[Any, str]] = [
    ({"input_mtok": "3"}, "acme/one standard always, input_mtok: a price must be a number, not '3'"),
    ({"input_mtok": True}, "acme/one standard always, input_mtok: a price must be a number"),
    ({"output_mtok": NAN}, "acme/one standard always, output_mtok: a price must be a number, not 'NaN'"),
    ([ALWAYS, from_day("2026-05-01", input_mtok=INFINITE)], "standard from 2026-05-01, input_mtok: a price"),
    ({"input_mtok": {"base": 1, "tiers": [{"start": 5, "price": NAN}]}}, "input_mtok above 5: a price"),
    (
        {"input_mtok": tiers(200, 100)},
        "input_mtok: a tier must begin at a count of tokens above the one before",
    ),
    (
        {"input_mtok": tiers(100, 100)},
        "input_mtok: a tier must begin at a count of tokens above the one before",
    ),
    ({"input_mtok": tiers(1.5)}, "input_mtok: a tier must begin at a count of tokens"),
    ({"input_mtok": {"base": 1, "tiers": [], "steps": []}}, "a price with tiers says steps, which"),
    ({"input_mtok": 1, "smell_mtok": 2}, "acme/one standard always: it prices smell_mtok, a class of tokens"),
    ([], "acme/one: it has no prices"),
    (None, "there should be an object of prices"),
    ([1], "there should be an object of prices"),
    ([ALWAYS, ALWAYS], "acme/one standard always: it has two prices"),
    (
        [ALWAYS, from_day("2026-05-01", input_mtok=2), from_day("2026-05-01", input_mtok=3)],
        "acme/one standard from 2026-05-01: it has two prices",
    ),
    ([ALWAYS, from_day("2026-05-01T14:30:00Z")], "a start must be a day, as 2026-05-01"),
    ([ALWAYS, {**from_day("2026-05-01"), "until": "2026-06-01"}], "a price says until, which this version"),
    ([ALWAYS, {"constraint": {"weekday": 1}, "prices": {}}], "does not know (weekday)"),
    ([ALWAYS, between("8", "9:00")], "a time of the day must read as 16:30:00Z, not '8'"),
    (
        [ALWAYS, between("01:00:00Z", "04:00:00Z"), between("23:00:00Z", "01:30:00Z")],
        "acme/one standard: the prices of 01:00:00+00:00 to 04:00:00+00:00 and of 23:00:00+00:00 to 01:30:00",
    ),
    ([ALWAYS, between("01:00:00Z", "01:00:00Z")], "holds at no time"),
    ([ALWAYS, between("01:00:30Z", "02:00:00Z")], "not at a whole minute"),
]


@pytest.mark.parametrize(("prices", "said"), WRONG)
def test_prices_that_cannot_be(tmp_path: Path, prices: Any, said: str) -> None:
    assert said in refusal(write(tmp_path, json.dumps(model_with(prices))))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"price_variants": [BATCH, BATCH]}, "acme/one batch, input_mtok always: it has two prices"),
        (
            {"price_variants": [{**BATCH, "share": 1}]},
            "acme/one batch: a price says share, which this version",
        ),
        ({"match": {"regex": "("}}, "acme/one: its names are matched by '(', which is no regular expression"),
        ({"match": {"sounds_like": "one"}}, "acme/one: match cannot be read as genai-prices' form"),
        ({"id": 5}, "acme/5: id cannot be read as genai-prices' form"),
    ],
)
def test_models_that_cannot_be(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    assert said in refusal(write(tmp_path, json.dumps(model_with({"input_mtok": 1}, **more))))


@pytest.mark.parametrize(
    ("twice", "said"),
    [
        (
            lambda text: text.replace('"input_mtok"', '"input_mtok": 9, "input_mtok"'),
            "always: input_mtok stands",
        ),
        (lambda text: text.replace('"prices"', '"prices": {}, "prices"'), "acme/one: prices stands twice"),
        (lambda text: text.replace('"models"', '"models": [], "models"'), "acme: models stands twice"),
    ],
)
def test_what_stands_twice(tmp_path: Path, twice: Callable[[str], str], said: str) -> None:
    assert said in refusal(write(tmp_path, twice(json.dumps(model_with({"input_mtok": 1})))))
