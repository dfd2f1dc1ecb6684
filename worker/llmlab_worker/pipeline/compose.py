"""From entries to a batch ready to be written: every event decoded, normalised, priced and encoded.

Nothing here touches the database, but for the values that folded days keep. The work is cut into entries,
between which other tasks run, so that a transaction that another task holds open is not kept waiting.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from llmlab_shared.domain.usage import Measured, totals_of
from llmlab_shared.log import get_logger
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.queue.entry import Entry

from llmlab_worker.pipeline.budgets import Addition, additions
from llmlab_worker.pipeline.decode import Call, Poison, decode, event_body, read_tags
from llmlab_worker.pipeline.faults import ENCODING_ERRORS
from llmlab_worker.pipeline.folds import Folds
from llmlab_worker.pipeline.normalise import normalise
from llmlab_worker.pipeline.price import price
from llmlab_worker.pipeline.profile import Profile, profile_of
from llmlab_worker.pipeline.reference import Prepared
from llmlab_worker.pipeline.rollups import Rollups, rollups_of
from llmlab_worker.pipeline.rows import encode_row
from llmlab_worker.pipeline.sums import QUARTER_US, Group, Item, Keys, Sums, pack
from llmlab_worker.pipeline.workspaces import WorkspaceRules

DAY_US = 86_400_000_000
# Some half a millisecond: what another task's transaction waits for this one each time it is its turn.
_EVENTS_A_TURN = 20
_SUMMED_A_TURN = 500
_NO_TAGS: tuple[tuple[str, str], ...] = ()

log = get_logger(__name__)


@dataclass(slots=True)
class Batch:
    """Entries with what is to be written of them. `items` are sorted by the key of their rows.

    `days` are those of the ids' times, counted since 1970 UTC: the months that must have a partition.
    """

    entries: Sequence[Entry]
    prepared: Prepared
    keys: Keys = field(default_factory=Keys)
    items: list[Item] = field(default_factory=list)
    poison: list[tuple[int, Poison]] = field(default_factory=list)
    days: set[int] = field(default_factory=set)
    folds: Folds = field(default_factory=dict)
    rollups: Rollups = field(init=False)
    spend: Addition = field(init=False)

    async def set_aside(self, culprits: Mapping[tuple[int, int], Poison]) -> None:
        """Move items, by (entry, index), from what is written to what is set aside."""
        self.items = [item for item in self.items if (item.entry, item.index) not in culprits]
        self.poison += [(entry, poison) for (entry, _), poison in culprits.items()]
        self.rollups, self.spend = await self.sum_up(self.items)

    async def sum_up(self, items: Sequence[Item]) -> tuple[Rollups, Addition]:
        """Return what some of its items add to the rollups and to budgets."""
        sums = Sums(self.keys)
        for start in range(0, len(items), _SUMMED_A_TURN):
            sums.add(items[start : start + _SUMMED_A_TURN])
            await asyncio.sleep(0)
        return await self.roll_up(sums, items)

    async def roll_up(self, sums: Sums, items: Sequence[Item]) -> tuple[Rollups, Addition]:
        """Return what these sums, which are those of `items`, add to the rollups and to budgets."""
        rules = self.prepared.rules
        return await rollups_of(sums, rules, self.folds), await additions(sums, items, rules)


async def compose(entries: Sequence[Entry], prepared: Prepared, calculator: CostCalculator) -> Batch:
    """Return the batch of these entries; every entry's workspace is in `prepared`."""
    batch = Batch(entries, prepared)
    sums = Sums(batch.keys)
    groups: dict[tuple[int, int], _Groups] = {}
    for number, entry in enumerate(entries):
        decoded = decode(entry)
        batch.poison += [(number, poison) for poison in decoded.poison]
        composer = _Composer(
            number,
            entry,
            prepared.rules[entry.workspace_id],
            calculator,
            batch.keys,
            groups.setdefault((entry.workspace_id, entry.api_key_id), {}),
        )
        made: list[Item] = []
        for count, call in enumerate(decoded.calls):
            if count % _EVENTS_A_TURN == 0:
                await asyncio.sleep(0)
            try:
                made.append(composer.item(call))
            except Exception as error:
                if not isinstance(error, ENCODING_ERRORS):
                    log.error("event_failed", entry=str(entry.id), index=call.index, exc_info=error)
                body = event_body(entry, call.index)
                batch.poison.append((number, Poison(call.index, "out_of_range", repr(error), body)))
            else:
                batch.days.add(call.id_time_us // DAY_US)
        # While they are still in the processor's cache.
        sums.add(made)
        batch.items += made
    batch.items.sort(key=_row)
    batch.folds = await prepared.find_folds(
        {(cell.workspace_id, cell.day) for cell in batch.keys.cells.values()}
    )
    batch.rollups, batch.spend = await batch.roll_up(sums, batch.items)
    return batch


_row = attrgetter("row")
# The groups of one workspace and key, by quarter hour, profile and price status.
_Groups = dict[tuple[int, Profile, str], Group]


@dataclass(frozen=True, slots=True)
class _Composer:
    """Makes the items of one entry."""

    number: int
    entry: Entry
    rules: WorkspaceRules
    calculator: CostCalculator
    keys: Keys
    groups: _Groups

    def item(self, call: Call) -> Item:
        event, entry = call.event, self.entry
        traits = (
            event.provider,
            event.model,
            event.api,
            event.status,
            event.billing,
            event.service_tier,
            event.processing,
            event.region,
            event.environment,
            event.release,
        )
        profile = profile_of(traits)
        used = normalise(event, profile.provider)
        priced = price(self.calculator, entry.workspace_id, profile.provider.id, call, used)
        tokens = used.tokens if isinstance(used, Measured) else None
        total_in, total_out, plain = totals_of(tokens) if tokens is not None else (0, 0, True)
        row = encode_row(entry, call, priced, profile, tokens, total_in, total_out, plain)
        key = (call.at_us // QUARTER_US, profile, priced.status)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = self._group(*key)
        own = (event.feature, event.customer, event.user, event.team, event.project, event.release)
        tags = _NO_TAGS
        if self.rules.tags and (given := read_tags(event)):
            tags = tuple((name, value) for name in self.rules.tags if (value := given.get(name)))
        measures = pack(profile.error, priced.cost or 0, tokens, total_in, total_out, plain)
        return Item(row, group, measures, own, tags, self.number, call.index, call.timeless)

    def _group(self, bucket: int, profile: Profile, status: str) -> Group:
        key = (
            self.entry.workspace_id,
            bucket,
            profile.provider.id,
            profile.model,
            self.entry.api_key_id,
            profile.environment,
            status,
            profile.billing,
        )
        return self.keys.find(key, self.rules.day_of(bucket))
