"""The reviewed corrections: each with its source, each in force where and when it says."""

from datetime import UTC, datetime

from llmlab_shared.clock import to_us
from llmlab_shared.domain.money import from_pico, to_wire
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.pricing.overrides import read_overrides

MILLION = 10**6
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEXT = TokenUsage(input=MILLION, output=MILLION)

EXPECTED: list[tuple[str, str, datetime, TokenUsage, str]] = [
    ("mistral", "mistral-large-latest", datetime(2025, 12, 1, 23, tzinfo=UTC), TEXT, "8"),
    ("mistral", "mistral-large-latest", datetime(2025, 12, 2, tzinfo=UTC), TEXT, "2"),
    ("mistral", "mistral-large-2411", NOW, TEXT, "8"),
    (
        "openai",
        "gpt-4o-audio-preview-2024-12-17",
        NOW,
        TokenUsage(input_audio=MILLION, output_audio=MILLION),
        "120",
    ),
    ("openai", "gpt-4o-audio-preview", NOW, TEXT, "12.5"),
    ("openai", "ft:gpt-4o-2024-08-06:acme::id", NOW, TokenUsage(cache_read=MILLION), "1.875"),
    ("openai", "ft:gpt-4.1:acme::id", NOW, TEXT, "15"),
    ("google", "gemini-1.5-flash-8b", NOW, TokenUsage(input=100_000, output=100_000), "0.01875"),
    ("google", "gemini-1.5-flash-8b", NOW, TEXT, "0.375"),
    ("google", "gemini-1.5-flash", NOW, TokenUsage(input=100_000), "0.0075"),
    ("azure", "text-embedding-3-small", NOW, TokenUsage(input=MILLION), "0.022"),
    ("deepseek", "deepseek-chat", datetime(2025, 9, 5, 15, tzinfo=UTC), TEXT, "1.37"),
    ("deepseek", "deepseek-chat", datetime(2025, 9, 5, 16, tzinfo=UTC), TEXT, "2.24"),
    ("deepseek", "deepseek-reasoner", datetime(2025, 9, 29, tzinfo=UTC), TEXT, "0.7"),
    ("deepseek", "deepseek-v4-pro", datetime(2026, 8, 16, 2, tzinfo=UTC), TEXT, "1.305"),
    ("deepseek", "deepseek-v4-pro", datetime(2026, 8, 17, 2, tzinfo=UTC), TEXT, "5.28"),
    ("deepseek", "deepseek-v4-pro", datetime(2026, 8, 17, 5, tzinfo=UTC), TEXT, "2.64"),
]


async def test_what_they_correct(calculator: CostCalculator) -> None:
    for provider, model, at, usage, usd in EXPECTED:
        quote = calculator.price(1, provider, model, usage, None, to_us(at))
        assert quote is not None, model
        assert to_wire(from_pico(quote.computed_pico)) == usd, (model, at)


def test_each_names_its_source() -> None:
    overrides = read_overrides()
    assert len(overrides.prices) > 15
    for price in overrides.prices:
        assert price.layer == "override"
        assert len(price.source) > 20, price.model
        assert "(checked 20" in price.source
