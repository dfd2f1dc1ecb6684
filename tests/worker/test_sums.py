"""Packed sums are exactly the sums, whatever is added and taken away, however large."""

import asyncio
from collections import defaultdict
from datetime import date
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from llmlab_shared.domain.dimensions import OWN
from llmlab_shared.domain.usage import INPUT_CLASSES, TokenUsage, totals_of
from llmlab_worker.pipeline.cells import money
from llmlab_worker.pipeline.rollups import rollups_of
from llmlab_worker.pipeline.sums import MEASURES, Item, Keys, Sums, pack, rows_of
from llmlab_worker.pipeline.workspaces import WorkspaceRules

counts = st.integers(0, 10**11)
usages = st.builds(
    TokenUsage,
    **{name: counts for name in TokenUsage.__struct_fields__ if name != "reasoning"},
    reasoning=counts,
)
events = st.tuples(st.booleans(), st.integers(0, 10**26), st.none() | usages)
labels = st.sampled_from([None, "", "a", "b"])


def packed(error: bool, cost: int, tokens: TokenUsage | None) -> int:
    if tokens is None:
        return pack(error, cost, None, 0, 0, True)
    return pack(error, cost, tokens, *totals_of(tokens))


def plain(error: bool, cost: int, tokens: TokenUsage | None) -> dict[str, int]:
    """The measures of an event as a mapping, the long way."""
    found = {"events": 1, "errors": int(error), "cost": cost}
    for name in MEASURES:
        if name in found:
            continue
        stem = name.removesuffix("_tokens")
        if name == "input_tokens":
            found[name] = sum(getattr(tokens, c) for c in INPUT_CLASSES) if tokens else 0
        elif name == "output_tokens":
            found[name] = tokens.output + tokens.output_audio + tokens.output_image if tokens else 0
        else:
            found[name] = getattr(tokens, stem) if tokens else 0
    return found


@given(st.lists(events, min_size=1, max_size=30))
def test_packed_sums_are_the_sums(given_events: list[tuple[bool, int, TokenUsage | None]]) -> None:
    wanted: dict[str, int] = defaultdict(int)
    for event in given_events:
        for name, value in plain(*event).items():
            wanted[name] += value
    (row,) = rows_of([b"key"], [sum(packed(*event) for event in given_events)], MEASURES)
    counts = [row[3 + 12 * place : 15 + 12 * place] for place in range(len(MEASURES) - 1)]
    assert {count[:4] for count in counts} == {b"\0\0\0\x08"}
    found = [int.from_bytes(count[4:], "big") for count in counts]
    assert dict(zip(MEASURES, found, strict=False)) | {"cost": wanted["cost"]} == wanted
    assert row[3 + 12 * len(counts) :] == money(wanted["cost"])


@given(st.lists(st.tuples(events, st.tuples(*[labels for _ in OWN])), min_size=2, max_size=20), st.data())
def test_what_is_left_out_leaves_no_trace(
    made: list[tuple[tuple[bool, int, TokenUsage | None], tuple[str | None, ...]]], data: st.DataObject
) -> None:
    keys = Keys()
    items = []
    for n, (event, own) in enumerate(made):
        group = keys.find((1, n % 3, "openai", f"m{n % 2}", 1, "", "priced", "metered"), date(2026, 1, 1))
        items.append(Item(b"", group, packed(*event), own, (("t", "x"),) if n % 2 else (), 0, n, False))
    gone = data.draw(st.lists(st.sampled_from(items), unique_by=id))
    rest = [item for item in items if not any(item is other for other in gone)]
    rules = {1: WorkspaceRules(ZoneInfo("UTC"), ("t",), ())}

    async def rows() -> tuple[list[list[bytes]], list[list[bytes]]]:
        whole, part, left = [await rollups_of(Sums(keys, some), rules, {}) for some in (items, gone, rest)]
        return [t.rows for t in whole.less(part).tiers], [t.rows for t in left.tiers]

    less, wanted = asyncio.run(rows())
    assert less == wanted


def test_what_has_no_value_in_a_dimension_has_no_row_there() -> None:
    keys = Keys()
    group = keys.find((1, 0, "openai", "m", 1, "", "priced", "metered"), date(2026, 1, 1))
    items = [
        Item(b"", group, packed(False, 5, None), own, (), 0, 0, False)
        for own in [("chat", *[None] * 5), (None,) * 6, ("chat", *[None] * 5), ("", *[None] * 5)]
    ]
    rows = [(dimension, values, sums) for _, dimension, values, sums in Sums(keys, items).by_cell({})]
    assert rows == [("feature", ["chat"], [2 * packed(False, 5, None)])]
