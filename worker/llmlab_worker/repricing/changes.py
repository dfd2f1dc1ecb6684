"""What adjustments change: rows of their own, and what they add to rollups, budgets and the repricing's sums.

An event leaves the place that its old state had in the rollups and enters that of the new one; what is
added is the difference, so that rollups equal the events at every commit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import asyncpg
import msgspec
from llmlab_shared.clock import from_us, to_us
from llmlab_shared.db.budget_spend import add_spend
from llmlab_shared.domain.dimensions import OWN, TAG
from llmlab_shared.domain.money import from_pico
from llmlab_shared.domain.usage import totals_of

from llmlab_worker.pipeline.budgets import additions
from llmlab_worker.pipeline.folds import Folds, fold
from llmlab_worker.pipeline.signed import SignedRow, add_signed
from llmlab_worker.pipeline.sums import (
    BASIC_MEASURES,
    MEASURES,
    QUARTER_US,
    Cell,
    Group,
    Item,
    Keys,
    Sums,
    cost_of,
    pack,
    unpack,
)
from llmlab_worker.pipeline.workspaces import WorkspaceRules
from llmlab_worker.repricing.states import STATE_COLUMNS, State

# What of an event its place in the rollups depends on.
EVENT_COLUMNS = (
    "id_time",
    "id",
    "timestamp",
    "api_key_id",
    "provider",
    "model",
    "status",
    "billing",
    "environment",
    "feature",
    "customer",
    "user_id",
    "team",
    "project",
    "release",
    "tags",
)
_ADJUSTMENT = (
    "workspace_id",
    "id_time",
    "id",
    "number",
    "repricing_id",
    "status_before",
    "cost_before",
    *STATE_COLUMNS,
)
_SUMS = """
INSERT INTO repricing_sums AS s
    (repricing_id, day, provider, model, billing, status_before, status, events, cost_before, cost)
SELECT * FROM unnest($1::bigint[], $2::date[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::bigint[], $9::numeric[], $10::numeric[])
ON CONFLICT (repricing_id, day, provider, model, billing, status_before, status) DO UPDATE
SET events = s.events + EXCLUDED.events, cost_before = s.cost_before + EXCLUDED.cost_before,
    cost = s.cost + EXCLUDED.cost
"""
_tags = msgspec.json.Decoder(dict[str, str])


class Change(NamedTuple):
    """An event (EVENT_COLUMNS, and `number`, that of its last adjustment) and what becomes of it."""

    event: Mapping[str, Any]
    before: State
    after: State


class Changes:
    """The changes of one step of a repricing of one workspace."""

    def __init__(self, workspace_id: int, rules: WorkspaceRules, changes: Sequence[Change]) -> None:
        self._workspace_id = workspace_id
        self._rules = rules
        self._changes = changes
        self._keys = Keys()
        # Both before either is summed: sums have a place for every key there is when they are made.
        self._items_before = [self._item(c.event, c.before) for c in changes]
        self._items_after = [self._item(c.event, c.after) for c in changes]
        self._before = Sums(self._keys, self._items_before)
        self._after = Sums(self._keys, self._items_after)

    def days(self) -> set[tuple[int, date]]:
        """Return the workspace's local days that are touched."""
        return {(self._workspace_id, cell.day) for cell in self._keys.cells.values()}

    async def record(self, connection: asyncpg.Connection, repricing_id: int) -> Decimal:
        """Add to what the repricing says that it changes; return by how much metered spend does."""
        sums: dict[tuple[Any, ...], list[Any]] = {}
        for event, before, after in self._changes:
            day = self._rules.day_of(to_us(event["timestamp"]) // QUARTER_US)
            key = (day, event["provider"], event["model"], event["billing"], before.status, after.status)
            added = sums.setdefault(key, [0, 0, 0])
            added[0] += 1
            added[1] += before.cost or 0
            added[2] += after.cost or 0
        rows = [
            (repricing_id, *key, events, from_pico(old), from_pico(new))
            for key, (events, old, new) in sorted(sums.items())
        ]
        await connection.execute(_SUMS, *map(list, zip(*rows, strict=True)))
        return from_pico(self._spend())

    async def write(self, connection: asyncpg.Connection, repricing_id: int, folds: Folds) -> None:
        """Write the adjustments and all that follows from them; `folds` has the folded days among `days`."""
        rows = [
            (
                self._workspace_id,
                event["id_time"],
                event["id"],
                (event["number"] or 0) + 1,
                repricing_id,
                before.status,
                None if before.cost is None else from_pico(before.cost),
                *after.columns(),
            )
            for event, before, after in self._changes
        ]
        await connection.copy_records_to_table("adjustments", records=rows, columns=_ADJUSTMENT)
        await add_signed(connection, "rollup_15m", self._quarters())
        await add_signed(connection, "rollup_day", self._local_days())
        await add_signed(connection, "rollup_dimension_day", self._dimensions(folds))
        rules = {self._workspace_id: self._rules}
        gone = await additions(self._before, self._items_before, rules)
        await add_spend(connection, *(await additions(self._after, self._items_after, rules)).less(gone))

    def _item(self, event: Mapping[str, Any], state: State) -> Item:
        bucket = to_us(event["timestamp"]) // QUARTER_US
        key = (
            self._workspace_id,
            bucket,
            event["provider"],
            event["model"],
            event["api_key_id"],
            event["environment"] or "",
            state.status,
            event["billing"],
        )
        group = self._keys.find(key, self._rules.day_of(bucket))
        tokens = state.tokens
        total_in, total_out, plain = totals_of(tokens) if tokens is not None else (0, 0, True)
        measures = pack(event["status"] == "error", state.cost or 0, tokens, total_in, total_out, plain)
        own = tuple(event["user_id" if name == "user" else name] for name in OWN)
        tags: tuple[tuple[str, str], ...] = ()
        if self._rules.tags and event["tags"] is not None:
            given = _tags.decode(event["tags"])
            tags = tuple((name, value) for name in self._rules.tags if (value := given.get(name)))
        return Item(b"", group, measures, own, tags, 0, 0, False)

    def _quarters(self) -> list[SignedRow]:
        def keyed(sums: Sums) -> Iterator[tuple[tuple[Any, ...], int]]:
            for group, packed in sums.by_group():
                start = from_us(group.bucket * QUARTER_US)
                yield (self._workspace_id, start, *_rest_of_key(group)), packed

        return self._differences(keyed, MEASURES)

    def _local_days(self) -> list[SignedRow]:
        def keyed(sums: Sums) -> Iterator[tuple[tuple[Any, ...], int]]:
            for group, packed in sums.by_group():
                yield (self._workspace_id, group.cell.day, *_rest_of_key(group)), packed

        return self._differences(keyed, MEASURES)

    def _dimensions(self, folds: Folds) -> list[SignedRow]:
        declared = {self._workspace_id: self._rules.tags}
        places = {name: n for n, name in enumerate((*OWN, *(TAG + tag for tag in self._rules.tags)))}

        def keyed(sums: Sums) -> Iterator[tuple[tuple[Any, ...], int]]:
            for cell, dimension, values, packed in sums.by_cell(declared):
                kept = folds.get((cell.workspace_id, cell.day, dimension))
                folded = (values, packed) if kept is None else fold(values, packed, kept)
                for value, measures in zip(*folded, strict=True):
                    # The place, because writers lock dimensions in that order.
                    yield (self._workspace_id, cell.day, *_of_cell(cell), places[dimension], value), measures

        names = list(places)
        return [
            ((*key[:-2], names[key[-2]], key[-1]), sums)
            for key, sums in self._differences(keyed, BASIC_MEASURES)
        ]

    def _differences(
        self, keyed: Callable[[Sums], Iterator[tuple[tuple[Any, ...], int]]], measures: Sequence[str]
    ) -> list[SignedRow]:
        """Return what is to be added under each key, in the order of keys, where it is anything."""
        added: dict[tuple[Any, ...], list[int]] = {}
        for sums, sign in ((self._before, -1), (self._after, 1)):
            for key, packed in keyed(sums):
                total = added.setdefault(key, [0] * len(measures))
                for n, measure in enumerate(unpack(packed, measures)):
                    total[n] += sign * measure
        return [
            (key, (*added[key][:-1], from_pico(added[key][-1]))) for key in sorted(added) if any(added[key])
        ]

    def _spend(self) -> int:
        """Return by how much metered spend changes, in pico-USD."""
        return sum(
            sign * cost_of(packed)
            for sums, sign in ((self._before, -1), (self._after, 1))
            for group, packed in sums.by_group()
            if group.cell.billing == "metered"
        )


def _of_cell(cell: Cell) -> tuple[str, str, str, str]:
    return cell.provider, cell.model, cell.price_status, cell.billing


def _rest_of_key(group: Group) -> tuple[Any, ...]:
    return (*_of_cell(group.cell), group.api_key_id, group.environment)
