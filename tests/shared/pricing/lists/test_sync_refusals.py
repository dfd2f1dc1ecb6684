"""What a sync refuses: the whole list, with the row named, and nothing in the database is touched."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest
from llmlab_shared.pricing.lists import sync as sync_module
from llmlab_shared.pricing.lists.catalogue import BEGINNING, Catalogue, read_catalogue
from llmlab_shared.pricing.lists.overrides import Row
from llmlab_shared.pricing.lists.plausibility import Jump, PriceListRefused, is_jump
from llmlab_shared.pricing.lists.sync import sync_catalogue
from llmlab_shared.pricing.lists.validation import check_periods
from llmlab_shared.pricing.price_document import PriceDocumentError
from llmlab_shared.pricing.store import Alias, NewPrice
from price_lists import JUNE, MARCH, MAY, listed, row, state, sync


def of(*prices: NewPrice, aliases: tuple[Alias, ...] = ()) -> Catalogue:
    return Catalogue("a list", list(prices), list(aliases), [])


def tokens(**rates: str) -> dict[str, Any]:
    return {"tokens": rates}


def tier(above: int, **rates: str) -> dict[str, Any]:
    return {"above": above, "tokens": rates}


def window(start: str, end: str) -> dict[str, Any]:
    return {"from": start, "until": end, **tokens(input="2")}


NIGHTS = {**tokens(input="1"), "windows": [window("22:00", "02:00"), window("01:00", "03:00")]}
FALLING = {**tokens(input="2"), "tiers": [tier(100, input="3"), tier(200, input="2.5")]}
CHEAPER = {**tokens(input="2"), "tiers": [tier(100, input="1")]}
DISORDERLY = {**tokens(input="1"), "tiers": [tier(200, input="2"), tier(100, input="3")]}
NAMELESS = NewPrice("catalogue", "acme", "o\x00e", "", MAY, False, "{}", "a list")

IMPOSSIBLE: list[tuple[Catalogue, str]] = [
    (of(), "a list holds no prices at all"),
    (listed((BEGINNING, "1"), (MAY, "-1")), "acme/one standard from 2026-05-01: input must be"),
    (listed((BEGINNING, "1"), (MAY, "1000000")), "acme/one standard from 2026-05-01: input must be"),
    (listed((BEGINNING, "NaN")), "acme/one standard always: input must be"),
    (listed((MAY.replace(hour=14, minute=30), "x")), "acme/one standard from 2026-05-01 14:30 UTC: input"),
    (listed((MAY, "1"), (MAY, "2")), "acme/one standard from 2026-05-01: stated twice"),
    (
        of(row(tokens(input="1")), row(tokens(input="2"), model="ONE")),
        "acme/ONE standard from 2026-05-01: stated",
    ),
    (
        of(row(tokens(soul="1"))),
        "acme/one standard from 2026-05-01: tokens holds what is not known here: soul",
    ),
    (of(row(NIGHTS)), "acme/one standard from 2026-05-01: windows of the day overlap"),
    (of(row(FALLING)), "acme/one standard from 2026-05-01: input falls from 3 to 2.5 above 200 tokens"),
    (of(row(CHEAPER)), "acme/one standard from 2026-05-01: input falls from 2 to 1 above 100 tokens"),
    (of(row(DISORDERLY)), "acme/one standard from 2026-05-01: a tier above 100 tokens follows one above 200"),
    (
        of(row(tokens(input="1"), start=datetime(202, 6, 1, tzinfo=UTC))),
        "it begins on 202-06-01; mend the date",
    ),
    (of(NAMELESS), "a name must have 1 to 256 characters that can be printed, not 'o\\x00e'"),
    (of(row(tokens(input="1"), model="o" * 257)), "a name must have 1 to 256 characters"),
    (
        of(row(tokens(input="1")), aliases=(Alias(0, "acme", "", "one", "a list"),)),
        "'acme/one': a name must have 1 to 256 characters",
    ),
]


@pytest.mark.parametrize(("catalogue", "said"), IMPOSSIBLE)
async def test_a_list_that_cannot_be_true(
    connection: asyncpg.Connection, catalogue: Catalogue, said: str
) -> None:
    before = await state(connection)
    with pytest.raises(PriceDocumentError) as refused:
        await sync(connection, catalogue)
    assert said in refused.value.detail
    assert await state(connection) == before


def override(since: datetime, until: datetime | None = None) -> Row:
    return Row("acme", ["one"], tokens(input="1"), "a page", date(2026, 11, 1), since=since, until=until)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [override(MARCH, JUNE), override(MAY)],
            "one standard from 2026-05-01: it begins while the one from 2026-03-01 holds until 2026-06-01",
        ),
        (
            [override(MAY, JUNE), override(MARCH, MAY + timedelta(minutes=1))],
            "one standard from 2026-05-01: it begins while the one from 2026-03-01 holds until 2026-05-01",
        ),
        ([override(MAY, MARCH)], "acme/one standard from 2026-05-01: it ends before it begins"),
    ],
)
def test_overrides_whose_periods_overlap(rows: list[Row], said: str) -> None:
    with pytest.raises(PriceDocumentError) as refused:
        check_periods(rows)
    assert said in refused.value.detail


async def test_a_sync_asks_for_the_periods(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "read_rows", lambda: [override(MARCH, JUNE), override(MAY)])
    before = await state(connection)
    with pytest.raises(PriceDocumentError, match="two prices cannot hold at once"):
        await sync_catalogue(connection)
    assert await state(connection) == before


def test_overrides_that_follow_each_other() -> None:
    check_periods([override(MARCH, MAY), override(MAY, JUNE), override(JUNE)])
    check_periods([override(MARCH), override(MAY), override(JUNE)])


# ── jumps ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "after", "jump"),
    [
        ("1", "9.99", False),
        ("1", "10", True),
        ("10", "1", True),
        ("10", "1.01", False),
        ("0", "0.01", True),
        ("0.01", "0", True),
        ("0", "0", False),
        ("2.5", "2.5", False),
    ],
)
def test_what_a_jump_is(before: str, after: str, jump: bool) -> None:
    assert is_jump(Decimal(before), Decimal(after)) is jump


@pytest.mark.parametrize(
    ("now_listed", "jump"),
    [
        (listed((BEGINNING, "20")), Jump("acme/one standard always", "input", "2", "20")),
        (
            listed((BEGINNING, "2"), (MAY, "0.2")),
            Jump("acme/one standard from 2026-05-01", "input", "2", "0.2"),
        ),
        (
            listed((BEGINNING, "2"), (MARCH, "6"), (MAY, "60")),
            Jump("acme/one standard from 2026-05-01", "input", "6", "60"),
        ),
    ],
)
async def test_a_jump_is_refused_until_it_is_accepted(
    connection: asyncpg.Connection, now_listed: Catalogue, jump: Jump
) -> None:
    await sync(connection, listed((BEGINNING, "2")))
    before = await state(connection)
    with pytest.raises(PriceListRefused) as refused:
        await sync(connection, now_listed)
    assert refused.value.jumps == [jump]
    assert f"{jump.row}: input would go from {jump.before} to {jump.after}" in refused.value.detail
    assert "--accept-jumps" in refused.value.detail
    assert await state(connection) == before
    assert (await sync(connection, now_listed, accept_jumps=True)).jumps == [jump]
    assert await state(connection) > before


async def test_changes_that_are_no_jumps(connection: asyncpg.Connection) -> None:
    # What was never stored cannot jump, whatever its own history looks like.
    await sync(connection, listed((BEGINNING, "1"), (MARCH, "50")))
    # A cheaper successor, and steps that are far from the start but not from each other.
    await sync(connection, listed((BEGINNING, "1"), (MARCH, "50"), (MAY, "6")))
    await sync(connection, listed((BEGINNING, "1"), (MARCH, "50"), (MAY, "6"), (JUNE, "0.7")))
    # A class that was charged at another's rate until now.
    await sync(connection, of(row(tokens(input="1"), model="two")))
    report = await sync(connection, of(row(tokens(input="1", cache_read="0.01"), model="two")))
    assert len(report.changes) == 1
    assert report.jumps == []


async def test_every_kind_of_rate_can_jump(connection: asyncpg.Connection) -> None:
    def priced(usd: str) -> Catalogue:
        return of(
            row(
                {
                    **tokens(input="1"),
                    "tiers": [tier(1000, input=usd)],
                    "windows": [{"from": "01:00", "until": "02:00", "days": [6, 7], **tokens(input=usd)}],
                    "units": {"web_searches": {"usd": usd, "per": 1000}},
                }
            )
        )

    await sync(connection, priced("2"))
    report = await sync(connection, priced("20"), dry_run=True)
    assert [jump.rate for jump in report.jumps] == [
        "input above 1,000",
        "input 01:00-02:00 on days 6, 7",
        "1,000 web_searches",
    ]


async def test_a_dry_run_shows_what_would_be_refused(connection: asyncpg.Connection) -> None:
    await sync(connection, listed((BEGINNING, "2")))
    before = await state(connection)
    report = await sync(connection, listed((BEGINNING, "20")), dry_run=True)
    assert report.refused is not None
    assert "acme/one standard always: input would go from 2 to 20" in report.refused
    assert len(report.changes) == len(report.jumps) == 1
    assert await state(connection) == before


# ── losses ────────────────────────────────────────────────────────────────────────────────────────────


def without(catalogue: Catalogue, *models: tuple[str, str], provider: str = "") -> Catalogue:
    return msgspec.structs.replace(
        catalogue,
        prices=[
            p for p in catalogue.prices if p.provider != provider and (p.provider, p.model) not in models
        ],
        aliases=[
            a for a in catalogue.aliases if a.provider != provider and (a.provider, a.model) not in models
        ],
        digest="another",
    )


async def test_a_provider_that_is_gone(connection: asyncpg.Connection) -> None:
    before = await state(connection)
    lacking = without(read_catalogue(), provider="mistral")
    with pytest.raises(PriceListRefused) as refused:
        await sync_catalogue(connection, catalogue=lacking)
    assert "it lacks every model of mistral (" in refused.value.detail
    assert "--accept-losses" in refused.value.detail
    assert await state(connection) == before
    report = await sync_catalogue(connection, catalogue=lacking, accept_losses=True)
    assert report.appended == 0
    assert "mistral/mistral-small-latest" in report.unlisted
    # It was accepted, so it is what the next list is measured by.
    assert (await sync_catalogue(connection, catalogue=lacking)).refused is None


async def test_far_fewer_models(connection: asyncpg.Connection) -> None:
    whole = read_catalogue()
    routed = sorted({(p.provider, p.model) for p in whole.prices if p.provider == "openrouter"})
    models = sum(whole.models().values())
    share = models // 10
    report = await sync_catalogue(connection, catalogue=without(whole, *routed[:share]), dry_run=True)
    assert report.refused is None
    report = await sync_catalogue(connection, catalogue=without(whole, *routed[: share + 1]), dry_run=True)
    assert report.refused is not None
    assert f"it lists {models - share - 1:,} models where the last one listed {models:,}" in report.refused
    assert "missing at openrouter" in report.refused


async def test_a_sync_from_before_models_were_counted(connection: asyncpg.Connection) -> None:
    await connection.execute("UPDATE price_syncs SET listed = '{}'")
    report = await sync_catalogue(
        connection, catalogue=without(read_catalogue(), provider="mistral"), dry_run=True
    )
    assert report.refused is not None
    assert "it lacks every model of mistral" in report.refused


# ── older lists ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """The installed list with a price that is newer than all of its own, and the clock after that."""
    monkeypatch.setattr(sync_module, "now", lambda: datetime(2040, 2, 1, tzinfo=UTC))
    whole, start = read_catalogue(), datetime(2040, 1, 1, tzinfo=UTC)
    new = NewPrice("catalogue", "openai", "gpt-4", "", start, False, '{"tokens":{"input":"20"}}', "a file")
    return msgspec.structs.replace(whole, source="a file", prices=[*whole.prices, new], digest="a newer file")


async def test_a_newer_list_stays_until_somebody_goes_back(
    connection: asyncpg.Connection, ahead: Catalogue
) -> None:
    report = await sync_catalogue(connection, catalogue=ahead)
    assert (report.appended, report.newest_price) == (1, date(2040, 1, 1))
    held = await state(connection)
    for _ in range(2):
        report = await sync_catalogue(connection)
        assert report.kept is not None
        assert (report.source, report.appended) == ("a file", 0)
    assert await state(connection) == held
    back = await sync_catalogue(connection, go_back=True)
    assert (back.source, back.appended, back.kept) == (read_catalogue().source, 1, None)
    assert (await sync_catalogue(connection)).kept is None


async def test_the_overrides_come_in_beside_a_newer_list(
    connection: asyncpg.Connection, ahead: Catalogue
) -> None:
    await sync_catalogue(connection, catalogue=ahead)
    await connection.execute("DELETE FROM price_versions WHERE layer = 'override' AND model = 'ft:gpt-4.1'")
    report = await sync_catalogue(connection)
    assert {(change.layer, change.model) for change in report.changes} == {("override", "ft:gpt-4.1")}
    assert (report.source, report.newest_price) == ("a file", date(2040, 1, 1))
    assert (await sync_catalogue(connection)).appended == 0
    assert (
        await connection.fetchval("SELECT digest FROM price_syncs ORDER BY id DESC LIMIT 1") == "a newer file"
    )


async def test_a_file_of_the_same_day_stays_too(connection: asyncpg.Connection) -> None:
    same = msgspec.structs.replace(read_catalogue(), source="a file", digest="of the same day")
    await sync_catalogue(connection, catalogue=same)
    report = await sync_catalogue(connection)
    assert report.kept is not None
    assert report.kept.startswith(f"after the installed {read_catalogue().source} came a file, so that stays")


async def test_prices_announced_for_later_make_no_list_newer(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_catalogue()
    ours = whole.newest_price(datetime.now(UTC))
    assert ours is not None
    newer = whole.prices[0]._replace(valid_from=datetime.now(UTC) - timedelta(hours=1))
    fresh = msgspec.structs.replace(whole, source="a file", prices=[*whole.prices, newer], digest="fresh")
    await sync_catalogue(connection, catalogue=fresh)
    # A start of another version of LLMLab, when what both lists announce has come to hold.
    await connection.execute("DELETE FROM price_syncs WHERE digest != 'fresh'")
    monkeypatch.setattr(sync_module, "now", lambda: datetime(2040, 1, 1, tzinfo=UTC))
    assert (await sync_catalogue(connection)).kept is not None


async def test_a_newer_installed_list_takes_the_place_of_a_file(connection: asyncpg.Connection) -> None:
    older = msgspec.structs.replace(listed((MARCH, "1")), digest="an older file")
    await connection.execute("TRUNCATE price_versions, model_aliases, price_syncs")
    await sync(connection, older)
    report = await sync_catalogue(connection, accept_losses=True)
    assert report.kept is None
    assert report.source == read_catalogue().source


async def test_a_file_that_is_older_is_refused(connection: asyncpg.Connection) -> None:
    before = await state(connection)
    with pytest.raises(PriceListRefused) as refused:
        await sync_catalogue(connection, catalogue=listed((MARCH, "1"), digest="old"), accept_losses=True)
    assert "a list ends with 2026-03-01, genai-prices " in refused.value.detail
    assert "--go-back" in refused.value.detail
    assert await state(connection) == before
