"""A workspace's own prices: they end, are taken back, discount the list, and name models of their own."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from llmlab_shared.clock import to_us
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator, Quote
from llmlab_shared.pricing.price_book import EVERY_MODEL, PriceBook
from llmlab_shared.pricing.price_document import PriceDocumentError, compile_document
from llmlab_shared.pricing.store import Alias, StoredPrice

START = datetime(2026, 1, 1, tzinfo=UTC)
MILLION = TokenUsage(input=1_000_000)
OWN = 9


def day(number: int) -> datetime:
    return START + timedelta(days=number)


class Own:
    """A book with one workspace's prices beside everyone's, written down short."""

    def __init__(self) -> None:
        self.everyone: list[StoredPrice] = []
        self.own: list[StoredPrice] = []
        self.aliases: list[Alias] = []

    def price(self, usd: str, *, layer: str = "catalogue", **key: Any) -> int:
        return self._add(self.everyone, {"tokens": {"input": usd, "output": usd}}, 0, layer, key)

    def factor(self, factor: str, *, layer: str = "override", **key: Any) -> int:
        return self._add(self.everyone, {"factor": factor}, 0, layer, key)

    def custom(self, document: dict[str, Any], **key: Any) -> int:
        return self._add(self.own, document, OWN, "custom", key)

    def map(self, name: str, model: str, provider: str | None = None) -> None:
        self.aliases.append(Alias(OWN, "acme", name, model, "", provider))

    def _add(
        self, to: list[StoredPrice], document: dict[str, Any], owner: int, layer: str, key: dict[str, Any]
    ) -> int:
        number = len(self.everyone) + len(self.own) + 1
        until = key.pop("until", None)
        to.append(
            StoredPrice(
                id=number,
                workspace_id=owner,
                layer=layer,
                provider=key.pop("provider", "acme"),
                model=key.pop("model", "one"),
                context=key.pop("context", ""),
                valid_from=day(key.pop("since", 0)),
                withdrawn=key.pop("withdrawn", False),
                rates=msgspec.json.encode(document).decode(),
                valid_until=None if until is None else day(until),
            )
        )
        assert not key
        return number

    def calculator(self) -> CostCalculator:
        book = PriceBook(self.everyone, [])
        book.adopt(OWN, self.own, self.aliases)
        return CostCalculator(book)

    def quote(self, at: int = 0, model: str = "one", provider: str = "acme", **context: str) -> Quote | None:
        return self.calculator().price(OWN, provider, model, MILLION, None, to_us(day(at)), **context)

    def usd(self, at: int = 0, model: str = "one", **more: str) -> Decimal | None:
        quote = self.quote(at, model, **more)
        return None if quote is None else Decimal(quote.computed_pico) / 10**12


def usd(text: str) -> dict[str, Any]:
    return {"tokens": {"input": text, "output": text}}


def test_an_own_price_ends_where_it_says_and_the_list_holds_again() -> None:
    own = Own()
    own.price("4")
    own.custom(usd("3"), since=10, until=20)
    edge = timedelta(microseconds=1)
    calculator = own.calculator()
    for at, expected in ((day(10) - edge, 4), (day(10), 3), (day(20) - edge, 3), (day(20), 4)):
        quote = calculator.price(OWN, "acme", "one", MILLION, None, to_us(at))
        assert quote is not None
        assert quote.computed_pico == expected * 10**12, at
        others = calculator.price(OWN + 1, "acme", "one", MILLION, None, to_us(at))
        assert others is not None
        assert others.computed_pico == 4 * 10**12


def test_an_own_price_without_an_end_holds_until_the_next() -> None:
    own = Own()
    own.custom(usd("3"), since=10)
    own.custom(usd("2"), since=20, until=30)
    own.custom(usd("1"), since=30)
    assert [own.usd(at) for at in (0, 10, 19, 20, 29, 30, 99)] == [None, 3, 3, 2, 2, 1, 1]


def test_an_own_price_that_is_taken_back_never_was() -> None:
    own = Own()
    own.custom(usd("3"), since=10)
    own.custom({}, since=20, withdrawn=True)
    assert own.usd(25) == 3


@pytest.mark.parametrize(
    ("factor", "expected"), [("0.85", "3.4"), ("0", "0"), ("1.1", "4.4"), ("0.333333", "1.333332")]
)
def test_a_discount_is_a_part_of_the_list_price(factor: str, expected: str) -> None:
    own = Own()
    listed = own.price("4")
    discount = own.custom({"factor": factor})
    quote = own.quote()
    assert quote is not None
    assert Decimal(quote.computed_pico) / 10**12 == Decimal(expected)
    assert quote.price_id == discount
    assert quote.rule == f"exact,{factor}_of_price_{listed}"


def test_a_discount_follows_the_list_through_its_changes_and_contexts() -> None:
    own = Own()
    own.price("4")
    own.price("2", since=10)
    own.price("1", context="batch")
    own.custom({"factor": "0.5"}, since=5)
    assert [own.usd(at) for at in (4, 5, 10)] == [4, 2, 1]
    assert own.usd(10, processing="batch") == Decimal("0.5")


def test_a_discount_on_all_models_yields_to_that_of_the_model_and_to_its_own_price() -> None:
    own = Own()
    for model in ("one", "two", "three"):
        own.price("4", model=model)
    own.price("4", provider="other")
    own.custom({"factor": "0.5"}, model=EVERY_MODEL)
    own.custom({"factor": "0.25"}, model="two")
    own.custom(usd("3"), model="three")
    assert [own.usd(model=name) for name in ("one", "two", "three")] == [2, 1, 3]
    assert own.usd(provider="other") == 4
    assert own.usd(model="nobody-knows") is None


def test_what_was_a_price_may_become_a_discount() -> None:
    own = Own()
    own.price("4")
    own.custom(usd("3"), since=0)
    own.custom({"factor": "0.5"}, since=10)
    own.custom(usd("1"), since=20)
    assert [own.usd(at) for at in (0, 10, 20)] == [3, 2, 1]


def test_a_factor_of_an_override_stands_on_the_next_less_specific_context() -> None:
    own = Own()
    own.price("4")
    own.price("3", since=10)
    own.price("1", context="batch", since=20)
    own.factor("0.5", context="batch")
    own.factor("1.1", context="@eu")
    assert [own.usd(at, processing="batch") for at in (0, 10, 20)] == [2, Decimal("1.5"), Decimal("1.5")]
    assert own.usd(0, region="eu") == Decimal("4.4")
    assert own.usd(0, region="us") == 4
    # A region's factor is of the standard price: what of a batch there costs is not known better.
    assert own.usd(0, region="eu", processing="batch") == 2


def test_a_factor_without_a_price_is_no_price() -> None:
    own = Own()
    own.factor("0.5", context="batch")
    own.custom({"factor": "0.5"})
    assert own.usd(processing="batch") is None
    assert own.usd() is None


def test_a_factor_reaches_tiers_and_times_of_the_day_but_no_fees() -> None:
    plan = compile_document(
        {
            "tokens": {"input": "4", "output": "8"},
            "tiers": [{"above": 10, "tokens": {"input": "6", "output": "12"}}],
            "units": {"web_searches": {"usd": "10", "per": 1000}},
            "windows": [{"from": "00:00", "until": "12:00", "tokens": {"input": "2", "output": "4"}}],
        }
    ).times(500_000)
    assert plan.rates[0] == 2_000_000
    assert plan.tiers[0][1][0] == 3_000_000
    assert plan.windows[0].plan.rates[7] == 2_000_000
    assert plan.units["web_searches"].atto == 10 * 10**18


def test_rates_below_a_millionth_of_a_millionth_are_kept() -> None:
    plan = compile_document({"tokens": {"input": "0.000001", "output": "3"}}).times(333_333)
    assert plan.scale == 10**6
    assert plan.rates[0] == 333_333
    assert plan.rates[7] == 3 * 333_333 * 10**6


@pytest.mark.parametrize("factor", ["-0.1", "11", "NaN", "0.1234567", 0.5, None, "half"])
def test_what_is_no_factor(factor: object) -> None:
    with pytest.raises(PriceDocumentError, match="factor"):
        compile_document({"factor": factor})


def test_a_factor_stands_alone() -> None:
    with pytest.raises(PriceDocumentError, match="tokens"):
        compile_document({"factor": "0.5", "tokens": {"input": "1"}})


def test_a_deployment_s_name_stands_for_a_model() -> None:
    own = Own()
    own.price("4")
    own.price("2", provider="openai", model="gpt-x")
    own.map("Our-Fast", "one")
    own.map("theirs", "GPT-X-2026-01-05", "openai")
    own.map("one", "nothing")
    assert own.usd(model="our-fast") == 4
    mapped = own.quote(model="THEIRS")
    assert mapped is not None
    assert mapped.computed_pico == 2 * 10**12
    assert mapped.rule == "mapping:dated"
    # A name that the list knows means what the list says.
    assert own.usd(model="one") == 4
    others = own.calculator().price(OWN + 1, "acme", "our-fast", MILLION, None, to_us(day(0)))
    assert others is None


def test_an_own_price_holds_for_what_a_mapping_leads_to() -> None:
    own = Own()
    own.price("4")
    own.custom(usd("3"))
    own.map("deployed", "one")
    assert own.usd(model="deployed") == 3
