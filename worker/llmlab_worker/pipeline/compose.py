"""From entries to a batch ready to be written: every event decoded, normalised, priced and encoded.

Nothing here touches the database. The work is cut into entries, between which other tasks run, so that
a transaction that another task holds open is not kept waiting.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from llmlab_shared.domain.usage import Measured, TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator
from llmlab_shared.providers.base import canonical_api
from llmlab_shared.providers.factory import get_provider
from llmlab_shared.queue.entry import Entry

from llmlab_worker.pipeline.decode import Call, Poison, decode, event_body
from llmlab_worker.pipeline.faults import ENCODING_ERRORS
from llmlab_worker.pipeline.normalise import normalise
from llmlab_worker.pipeline.price import price
from llmlab_worker.pipeline.reference import Prepared
from llmlab_worker.pipeline.rows import encode_row
from llmlab_worker.pipeline.sums import QUARTER_US, Item, Keys, Sums, pack_basics, pack_parts
from llmlab_worker.pipeline.workspaces import WorkspaceRules

DAY_US = 86_400_000_000
_NO_TAGS: tuple[tuple[str, str], ...] = ()


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
    sums: Sums = field(init=False)

    def set_aside(self, culprits: Mapping[tuple[int, int], Poison]) -> None:
        """Move items, by (entry, index), from what is written to what is set aside."""
        self.items = [item for item in self.items if (item.entry, item.index) not in culprits]
        self.poison += [(entry, poison) for (entry, _), poison in culprits.items()]
        self.sums = Sums(self.keys, self.items)


async def compose(entries: Sequence[Entry], prepared: Prepared, calculator: CostCalculator) -> Batch:
    """Return the batch of these entries; every entry's workspace is in `prepared`."""
    batch = Batch(entries, prepared)
    for number, entry in enumerate(entries):
        decoded = decode(entry)
        batch.poison += [(number, poison) for poison in decoded.poison]
        composer = _Composer(number, entry, prepared.rules[entry.workspace_id], calculator, batch.keys)
        for call in decoded.calls:
            try:
                batch.items.append(composer.item(call))
            except ENCODING_ERRORS as error:
                body = event_body(entry, call.index)
                batch.poison.append((number, Poison(call.index, "out_of_range", str(error), body)))
            else:
                batch.days.add(call.id_time_us // DAY_US)
        await asyncio.sleep(0)
    batch.items.sort(key=_row)
    batch.sums = Sums(batch.keys, batch.items)
    return batch


def _row(item: Item) -> bytes:
    return item.row


@dataclass(frozen=True, slots=True)
class _Composer:
    """Makes the items of one entry."""

    number: int
    entry: Entry
    rules: WorkspaceRules
    calculator: CostCalculator
    keys: Keys

    def item(self, call: Call) -> Item:
        event, entry = call.event, self.entry
        provider = get_provider(event.provider)
        used = normalise(event, provider)
        priced = price(self.calculator, entry.workspace_id, provider.id, call, used)
        tokens = used.tokens if isinstance(used, Measured) else None
        row = encode_row(
            entry,
            call,
            provider=provider.id,
            api=canonical_api(event.api),
            tokens=tokens,
            priced=priced,
        )
        key = (
            entry.workspace_id,
            call.at_us // QUARTER_US,
            provider.id,
            event.model,
            entry.api_key_id,
            event.environment or "",
            priced.status,
            event.billing or "metered",
        )
        group = self.keys.known.get(key) or self.keys.add(key, self.rules.day_of(key[1]))
        own = (event.feature, event.customer, event.user, event.team, event.project, event.release)
        tags = _NO_TAGS
        if self.rules.tags and event.tags:
            tags = tuple((name, value) for name in self.rules.tags if (value := event.tags.get(name)))
        measures = _measures(event.status == "error", priced.cost or 0, tokens)
        return Item(row, group, measures, own, tags, self.number, call.index, call.timeless)


def _measures(error: bool, cost: int, tokens: TokenUsage | None) -> int:
    if tokens is None:
        return pack_basics(error, cost, 0, 0)
    parts = (
        tokens.cache_read,
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        tokens.input_audio,
        tokens.cache_audio_read,
        tokens.input_image,
        tokens.output_audio,
        tokens.output_image,
        tokens.reasoning,
    )
    return pack_basics(error, cost, tokens.input_tokens, tokens.output_tokens) + pack_parts(parts)
