"""What a workspace has spent today and this month, as the stream's `spend` tells it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from llmlab_shared import clock
from llmlab_shared.db.repositories.costs import read_calendar, read_snapshot
from llmlab_shared.db.repositories.live_read import Share, read_shares
from llmlab_shared.domain.money import to_wire
from llmlab_shared.domain.zones import local_day

from llmlab_api.costs.service import STATUSES, queue_state
from llmlab_api.live.frames import TIMEOUT_MS
from llmlab_api.services import Services

# Of today's models; the summary has all of them.
MOST_MODELS = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """`figures` change with the spend, `moment` with every look."""

    figures: dict[str, Any]
    moment: dict[str, Any]


async def read_standing(services: Services, workspace_id: int) -> Standing:
    """Return the totals of the workspace's day and month, read from the rollups in one snapshot."""
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        calendar = await read_calendar(connection, workspace_id)
        today = local_day(clock.now(), calendar.zone)
        shares = await read_shares(connection, workspace_id, calendar, today)
    backlog, oldest = await queue_state(services)
    as_of = calendar.as_of.isoformat().replace("+00:00", "Z")
    todays = [share for share in shares if share.today]
    figures = {
        "currency": "USD",
        "tz": calendar.zone.key,
        "today": {"day": today.isoformat(), **_totals(todays), "by_model": _by_model(todays)},
        "month": {"month": today.isoformat()[:7], **_totals(shares)},
    }
    freshness = {"as_of": as_of, "oldest_unprocessed_seconds": oldest, "backlog": backlog}
    return Standing(figures, {"as_of": as_of, "freshness": freshness})


def _totals(shares: Iterable[Share]) -> dict[str, Any]:
    counts = dict.fromkeys(STATUSES, 0)
    spend, events, tokens, errors = Decimal(0), 0, 0, 0
    for share in shares:
        spend += share.spend
        events += share.events
        tokens += share.tokens
        errors += share.errors
        counts[share.price_status] += share.events
    return {
        "spend": to_wire(spend),
        "events": events,
        "tokens": tokens,
        "counts": {"events": events, **counts, "errors": errors},
    }


def _by_model(shares: Iterable[Share]) -> list[dict[str, Any]]:
    models: dict[tuple[str, str], tuple[Decimal, int, int, int]] = {}
    for share in shares:
        spend, events, tokens, unpriced = models.get((share.provider, share.model), (Decimal(0), 0, 0, 0))
        models[share.provider, share.model] = (
            spend + share.spend,
            events + share.events,
            tokens + share.tokens,
            unpriced + (share.events if share.price_status == "unpriced" else 0),
        )
    dearest = sorted(models.items(), key=lambda one: (-one[1][0], -one[1][1], one[0]))
    return [
        {
            "provider": provider,
            "model": model,
            "spend": to_wire(spend),
            "events": events,
            "tokens": tokens,
            "unpriced": unpriced,
        }
        for (provider, model), (spend, events, tokens, unpriced) in dearest[:MOST_MODELS]
    ]
