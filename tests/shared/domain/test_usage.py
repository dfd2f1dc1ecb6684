"""Flat counts become disjoint classes, or are refused when they contradict each other."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llmlab_shared.domain.events import Event
from llmlab_shared.domain.usage import (
    TOKEN_CLASSES,
    TokenUsage,
    UsageError,
    from_totals,
    has_parts,
    usage_of,
)

counts = st.integers(0, 10**12)


def event(**given: Any) -> Event:
    return Event(provider="openai", model="gpt-4", **given)


def test_the_classes_are_the_fields_in_their_order() -> None:
    assert TokenUsage.__struct_fields__ == (*TOKEN_CLASSES, "reasoning")


def test_totals_alone() -> None:
    assert not has_parts(event(input_tokens=3, output_tokens=4))
    assert from_totals(event(input_tokens=3, output_tokens=4)) == TokenUsage(input=3, output=4)
    assert from_totals(event(output_tokens=4)) == TokenUsage(output=4)
    assert from_totals(event(input_tokens=0)) == TokenUsage()
    assert from_totals(event()) is None


def test_parts_leave_the_rest_to_the_plain_classes() -> None:
    usage = from_totals(
        event(
            input_tokens=100,
            cache_read_tokens=10,
            cache_write_tokens=20,
            cache_write_1h_tokens=15,
            input_audio_tokens=5,
            cache_audio_read_tokens=4,
            input_image_tokens=3,
            output_tokens=50,
            output_audio_tokens=7,
            output_image_tokens=8,
            reasoning_tokens=9,
        )
    )
    assert usage == TokenUsage(
        input=58,
        cache_read=10,
        cache_write_5m=5,
        cache_write_1h=15,
        input_audio=5,
        cache_audio_read=4,
        input_image=3,
        output=35,
        output_audio=7,
        output_image=8,
        reasoning=9,
    )
    assert (usage.input_tokens, usage.output_tokens) == (100, 50)


@pytest.mark.parametrize(
    "given",
    [
        {"input_tokens": 10, "cache_read_tokens": 11},
        {"input_tokens": 10, "cache_read_tokens": 6, "input_audio_tokens": 5},
        {"cache_read_tokens": 1},
        {"input_tokens": 10, "cache_write_1h_tokens": 1},
        {"input_tokens": 10, "cache_write_tokens": 2, "cache_write_1h_tokens": 3},
        {"output_tokens": 10, "output_audio_tokens": 11},
        {"output_tokens": 10, "reasoning_tokens": 11},
        {"reasoning_tokens": 1},
    ],
)
def test_contradictions(given: dict[str, int]) -> None:
    with pytest.raises(UsageError) as raised:
        from_totals(event(**given))
    assert raised.value.code == "inconsistent_usage"


PARTS = [name for name in Event.__struct_fields__ if name.endswith("_tokens")]


@given(st.dictionaries(st.sampled_from(PARTS), st.one_of(counts, st.integers(0, 50)), max_size=11))
def test_classes_sum_to_the_totals_or_are_refused(given: dict[str, int]) -> None:
    told = event(**given)
    try:
        usage = from_totals(told)
    except UsageError:
        assert has_parts(told)
        return
    if usage is None:
        assert not given
        return
    assert usage.input_tokens == (told.input_tokens or 0)
    assert usage.output_tokens == (told.output_tokens or 0)
    assert min(msgspec.structs.astuple(usage)) >= 0


def test_more_than_any_call_can_have() -> None:
    with pytest.raises(UsageError):
        usage_of(10**12 + 1, 0)
