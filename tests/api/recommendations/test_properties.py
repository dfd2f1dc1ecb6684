"""What holds for any history: nothing saves more than was spent, ranges are in order, the order is one."""

import random
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st
from llmlab_api.recommendations.advice import Advice, Saving, Silence
from llmlab_api.recommendations.engine import recommend
from llmlab_api.recommendations.history import Cell, History, Use
from llmlab_api.recommendations.repricing import Prices, without_input
from llmlab_api.recommendations.rules import newer_version
from llmlab_shared.db.repositories.call_mix import Conversation, Failures, Rhythm
from llmlab_shared.db.repositories.value_weeks import ValueWeeks
from llmlab_shared.domain.money import from_pico
from llmlab_shared.domain.usage import INPUT_CLASSES, TOKEN_CLASSES, TokenUsage
from llmlab_shared.pricing.rate_card import RateCard

MODELS = [
    ("openai", "gpt-4"), ("openai", "gpt-4o"), ("openai", "gpt-4o-2024-05-13"), ("openai", "gpt-4.1"),
    ("anthropic", "claude-sonnet-4-5"), ("google", "gemini-2.5-pro"),
]  # fmt: skip
BESIDE = [*MODELS, ("openai", "gpt-4-turbo"), ("openai", "gpt-4.1-mini"), ("anthropic", "claude-haiku-4-5")]
PICO = Decimal(1).scaleb(-12)
CONTEXTS = ("", "batch", "flex@eu")


def _card(draw: random.Random) -> RateCard:
    def rates(factor: int) -> tuple[int, ...]:
        return tuple(draw.randrange(0, 10**7) * factor for _ in TOKEN_CLASSES)

    return RateCard(price_id=1, rule="", rates=rates(1), tiers=((200_000, rates(2)),))


def _history(draw: random.Random) -> tuple[History, Prices]:
    """Return a history that is at peace with itself: uses are the sums of their cells."""
    cards = {
        (*model, context): _card(draw) for model in BESIDE for context in CONTEXTS if draw.random() < 0.9
    }
    mix = []
    for model in draw.sample(MODELS, draw.randrange(1, len(MODELS))):
        for _ in range(draw.randrange(1, 6)):
            calls = draw.randrange(1, 400)
            usual = {name: draw.randrange(0, 10 ** draw.randrange(1, 6)) for name in TOKEN_CLASSES}
            tokens = TokenUsage(**{name: count * calls for name, count in usual.items()})
            each = sum(usual[name] for name in INPUT_CLASSES)
            context = draw.choice(CONTEXTS)
            card = cards.get((*model, context))
            pico = (card.sum_cost(tokens, each) if card else None) or draw.randrange(10**14)
            feature = draw.choice(("", "nightly-import", "chat"))
            spend = from_pico(pico)
            fees = spend * draw.choice((0, 0, 9))
            mix.append(Cell(*model, feature, context, calls, each, tokens, spend, fees))
    uses = []
    for model in dict.fromkeys((cell.provider, cell.model) for cell in mix):
        cells = [cell for cell in mix if (cell.provider, cell.model) == model]
        sums = {name: sum(getattr(cell.tokens, name) for cell in cells) for name in TOKEN_CLASSES}
        spend = sum((cell.spend + cell.fees for cell in cells), Decimal(0))
        calls = sum(cell.calls for cell in cells)
        uses.append(Use(*model, calls, draw.randrange(1, 31), TokenUsage(**sums), spend))
    # As if only one of so many events had been read.
    scale = draw.choice((1, 1, 3))
    rhythms, conversations, failures = [], [], []
    # Of each place one, as reading has it.
    for cell in {(cell.provider, cell.model, cell.feature): cell for cell in mix}.values():
        part = draw.random()
        money = cell.spend / scale
        crowded = money * Decimal(repr(round(part, 3)))
        calls, all_input = max(cell.calls // scale, 1), cell.tokens.input_tokens // scale
        slots = draw.randrange(1, calls + 1)
        rhythms.append(
            Rhythm(
                cell.provider, cell.model, cell.feature, "", cell.context == "", calls, 9, slots, money,
                int(calls * part), crowded, crowded / 2, 0, draw.randrange(0, cell.input_tokens + 1),
                all_input, float(cell.input_tokens) ** 2 * calls, 0, 0,
            )
        )  # fmt: skip
        low = draw.randrange(0, all_input + 1)
        conversations.append(
            Conversation(
                cell.provider, cell.model, cell.feature, 30, calls, 9, money, all_input, 0, low,
                draw.randrange(low, all_input + 1),
            )
        )  # fmt: skip
        lost = (money + cell.fees / scale) / 4
        failures.append(
            Failures(cell.provider, cell.model, cell.feature, 20, lost, 5, lost / 4, 3, lost / 8, 9)
        )
    values = [
        ValueWeeks("customer", f"c{n}", 30, 9, amount, [20] * 4, [amount / 2, *[amount / 9] * 3])
        for n in range(12)
        for amount in [Decimal(draw.randrange(1, 10**4)) / 100]
    ]
    scales = {(use.provider, use.model): Decimal(scale) for use in uses}
    share = None if scale == 1 else draw.choice((None, Decimal(1) / scale))
    history = History(
        "2026-10-29", "2026-11-28", 1200, uses, mix, rhythms, conversations, failures, values, scales, share
    )
    return history, Prices(cards)


def _spent(history: History, advice: Advice) -> Decimal:
    """What the calls of advice cost, without fees where these stay as they are."""
    if advice.kind == "outlier":
        return next(v.cost for v in history.values if v.value == dict(advice.slice.values)["customer"])
    wanted = dict(advice.slice.values)
    return sum(
        (
            cell.spend + (cell.fees if advice.kind == "failed_calls" else 0)
            for cell in history.mix
            if (cell.provider, cell.model) in advice.slice.models
            and wanted.get("feature", cell.feature) == cell.feature
        ),
        Decimal(0),
    )


@settings(max_examples=60)
@given(st.integers(0, 2**32))
@example(568835)
def test_savings_are_ordered_and_within_what_was_spent(seed: int) -> None:
    history, prices = _history(random.Random(seed))
    advised = recommend(history, prices)
    again = recommend(history, prices)
    assert [(one.id, one.saving) for one in advised.advice] == [(one.id, one.saving) for one in again.advice]
    assert {one.kind for one in advised.advice}.isdisjoint(advised.silent)
    weights = [one.weight for one in advised.advice]
    assert weights == sorted(weights, reverse=True)
    assert len({one.id for one in advised.advice}) == len(advised.advice)
    for one in advised.advice:
        assert 0 <= one.saving.low <= one.saving.likely <= one.saving.high, one
        assert one.saving.likely > 0
        # A third times three is not always the whole; the wire has twelve digits.
        assert one.saving.high.quantize(PICO) <= _spent(history, one), one
        assert 0 <= one.confidence <= 1
        assert one.title
        assert one.why
        assert one.risk


def test_the_rules_are_all_met_by_some_history() -> None:
    """The property above is about something: every rule speaks in some of its histories."""
    kinds = {one.kind for seed in range(60) for one in recommend(*_history(random.Random(seed))).advice}
    assert kinds == {
        "switch_model", "newer_version", "shorten_prompts", "try_provider", "use_cache", "drop_cache",
        "use_batch", "long_context", "failed_calls", "outlier",
    }  # fmt: skip


@given(st.tuples(*[st.decimals(-100, 100, places=3)] * 3), st.decimals(0, 50, places=3))
def test_a_range_is_brought_in_order(bounds: tuple[Decimal, Decimal, Decimal], spend: Decimal) -> None:
    saving = Saving.within(spend, *bounds)
    assert 0 <= saving.low <= saving.likely <= saving.high <= spend


@given(st.builds(TokenUsage, *[st.integers(0, 10**6)] * 10), st.integers(0, 10**7))
def test_only_input_is_shortened(tokens: TokenUsage, count: int) -> None:
    left, cut = without_input(tokens, count)
    assert tokens.input_tokens - left.input_tokens == cut <= count
    assert left.output_tokens == tokens.output_tokens
    assert left.input >= 0
    assert left.cache_read >= 0
    assert cut == count or left.input == left.cache_read == 0


def test_an_undated_name_is_no_later_snapshot_where_it_is_no_alias() -> None:
    """Mistral's `ministral-3b` came before `ministral-3b-2512`; OpenAI moves `gpt-4o` to its newest."""
    calls = 1000
    tokens = TokenUsage(input=10**6)
    for provider, dated, undated, told in (
        ("mistral", "ministral-3b-2512", "ministral-3b", False),
        ("openai", "gpt-4o-2024-05-13", "gpt-4o", True),
        ("openai", "gpt-4o-latest", "gpt-4o", False),
    ):
        cards = {
            (provider, name, ""): RateCard(price_id=1, rule="", rates=(rate,) * 10)
            for name, rate in ((dated, 10**7), (undated, 10**6))
        }
        spend = Decimal(10)
        history = History(
            "2026-10-29", "2026-11-28", 1200, [Use(provider, dated, calls, 9, tokens, spend)],
            [Cell(provider, dated, "", "", calls, 1000, tokens, spend)],
        )  # fmt: skip
        found = newer_version.find(history, Prices(cards))
        assert isinstance(found, Silence) != told, dated


def test_a_call_that_the_other_model_does_not_take_keeps_the_rest_from_nothing() -> None:
    """100 calls of text for 10 USD would cost 1 on gpt-4o; one more sends audio, without a price there.

    Only of those 100 it is in doubt whether gpt-4 has to answer as well: 9 less 30 % of 10.
    """
    text, audio = TokenUsage(input=10**6), TokenUsage(input=10**6 - 5, input_audio=5)
    cards = {
        ("openai", "gpt-4", ""): RateCard(price_id=1, rule="", rates=(10**7,) * 10),
        ("openai", "gpt-4o", ""): RateCard(
            price_id=1, rule="", rates=(10**6,) * 10, unpriced_classes=("input_audio",)
        ),
    }
    cells = [
        Cell("openai", "gpt-4", "", "", 100, 10_000, text, Decimal(10)),
        Cell("openai", "gpt-4", "", "", 1, 10**6, audio, Decimal(10)),
    ]
    used = Use("openai", "gpt-4", 101, 9, TokenUsage(input=2 * 10**6 - 5, input_audio=5), Decimal(20))
    (found,) = recommend(History("2026-10-29", "2026-11-28", 10**6, [used], cells), Prices(cards)).advice
    assert (found.kind, found.saving.likely, found.evidence["calls_that_stay"]) == ("switch_model", 9, 1)
    assert found.saving.low == 6
    assert "1 call sends what gpt-4o has no price for" in found.why
