"""What people type for counts, amounts, discounts, times and models, and what they are told of slips."""

from decimal import Decimal
from typing import Any

import pytest
import rich_click as click
from llmlab_cli.quantities import AmountType, CountType, Model, ModelType, MomentType, PercentType


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        (CountType(), "1200", 1200),
        (CountType(), "1_200", 1200),
        (CountType(), "1,200", 1200),
        (CountType(), "1.2k", 1200),
        (CountType(), "1.5M", 1_500_000),
        (CountType(), ".5m", 500_000),
        (CountType(), "1B", 10**9),
        (CountType(), "0.000001M", 1),
        (CountType(), "0", 0),
        (AmountType(), "2.5", Decimal("2.5")),
        (AmountType(), "$1,250.000000000001", Decimal("1250.000000000001")),
        (AmountType(), "0", Decimal(0)),
        (PercentType(), "20%", Decimal(20)),
        (PercentType(), "-5.25 %", Decimal("-5.25")),
        (ModelType(), "openai/gpt-4o", Model("openai", "gpt-4o")),
        (ModelType(), "openrouter/openai/gpt-4o", Model("openrouter", "openai/gpt-4o")),
        (MomentType(), "2026-11-01", "2026-11-01"),
        (MomentType(instant=True), "2026-11-01", "2026-11-01T00:00:00+00:00"),
        (MomentType(), "2026-11-01T12:00Z", "2026-11-01T12:00:00+00:00"),
        (MomentType(), "2026-11-01T12:00+05:30", "2026-11-01T12:00:00+05:30"),
    ],
)
def test_it_means_what_people_mean(kind: click.ParamType[Any], typed: str, meant: object) -> None:
    found = kind.convert(typed, None, None)
    assert (found, type(found)) == (meant, type(meant))


@pytest.mark.parametrize(
    ("kind", "typed", "told"),
    [
        (CountType(), "1.2", "1.2k or 3M"),
        (CountType(), "0.0001k", "1.2k or 3M"),
        (CountType(), "-5", "1.2k or 3M"),
        (CountType(), "many", "1.2k or 3M"),
        (CountType(), "1e5", "1.2k or 3M"),
        (CountType(), "2000B", "1.2k or 3M"),
        (CountType(1), "0", "1 or more"),
        (AmountType(), "-1", "in US dollars"),
        (AmountType(), "NaN", "in US dollars"),
        (AmountType(), "€5", "in US dollars"),
        (PercentType(), "a fifth", "20%"),
        (PercentType(), "inf", "20%"),
        (ModelType(), "gpt-4o", "PROVIDER/MODEL"),
        (ModelType(), "/gpt-4o", "PROVIDER/MODEL"),
        (ModelType(), "openai/ ", "PROVIDER/MODEL"),
        (MomentType(), "yesterday", "2026-11-01T12:00Z"),
        (MomentType(), "2026-13-01", "2026-11-01T12:00Z"),
        (MomentType(), "2026-11-01T12:00", "has no zone"),
    ],
)
def test_a_slip_is_told_how_to_write_it(kind: click.ParamType[Any], typed: str, told: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        kind.convert(typed, None, None)
    assert told in caught.value.message
