"""Listing a workspace's names of models, and saying what they stand for."""

from typing import Any, Final

from llmlab_shared import clock
from llmlab_shared.db.repositories import accounts, mappings
from llmlab_shared.db.repositories.costs import read_snapshot
from llmlab_shared.db.repositories.mappings import Mapping
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import Quote

from llmlab_api.auth import Principal
from llmlab_api.cursors import read_cursor, write_cursor
from llmlab_api.errors import Problem
from llmlab_api.jobs import ARRIVALS, enqueue
from llmlab_api.mappings.schemas import MappingRequest
from llmlab_api.prices.service import TIMEOUT_MS, changing_prices
from llmlab_api.services import Services

MAX_MAPPINGS: Final = 10_000


async def list_mappings(
    services: Services, workspace_id: int, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """Return a page of a workspace's mappings, by provider and name."""
    after = None if cursor is None else read_cursor(cursor, tuple[str, str])
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        found = await mappings.list_mappings(connection, workspace_id, after=after, limit=limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return {
        "mappings": [mapping._asdict() for mapping in page],
        "next_cursor": write_cursor((page[-1].provider, page[-1].name)) if more else None,
    }


async def put_mapping(
    services: Services, caller: Principal, asked: MappingRequest
) -> tuple[dict[str, Any], bool]:
    """Say what a name stands for; return the mapping, whether it is priced, and whether it is new.

    The same again changes nothing. Raises 422 when there are too many.
    """
    mapping = Mapping(asked.provider, asked.name, asked.model, asked.target_provider or asked.provider)
    async with changing_prices(services) as connection:
        found = await mappings.find_mapping(connection, caller.workspace_id, mapping.provider, mapping.name)
        if found is None and await mappings.count_mappings(connection, caller.workspace_id) >= MAX_MAPPINGS:
            raise Problem(
                422,
                "too_many_mappings",
                f"this workspace has {MAX_MAPPINGS} mappings, the most there can be: remove those that no "
                "call uses any more",
            )
        if found != mapping:
            await mappings.put_mapping(connection, caller.workspace_id, mapping, caller.actor)
            await accounts.write_audit(
                connection,
                workspace_id=caller.workspace_id,
                actor=caller.actor,
                action="price_mapping_set",
                target=f"mapping:{mapping.provider}/{mapping.name}",
                details={**mapping._asdict(), "was": found and found._asdict()},
            )
            await connection.commit()
    if found != mapping:
        await enqueue(services, ARRIVALS)
    quote = await _quote(services, caller.workspace_id, mapping)
    priced = {"priced": quote is not None, "price_rule": quote and quote.rule}
    return {**mapping._asdict(), **priced}, found is None


async def delete_mapping(services: Services, caller: Principal, provider: str, name: str) -> None:
    """Forget what a name stands for; raises 404 when it stands for nothing."""
    async with changing_prices(services) as connection:
        if not await mappings.delete_mapping(connection, caller.workspace_id, provider, name):
            raise Problem(404, "mapping_not_found", f"this workspace has no mapping of {provider}/{name}")
        await accounts.write_audit(
            connection,
            workspace_id=caller.workspace_id,
            actor=caller.actor,
            action="price_mapping_removed",
            target=f"mapping:{provider}/{name}",
        )
        await connection.commit()


async def _quote(services: Services, workspace_id: int, mapping: Mapping) -> Quote | None:
    """Return what a call of nothing costs under a name: something, even 0, if there is a price."""
    async with read_snapshot(services.engine, TIMEOUT_MS) as connection:
        calculator = await services.prices.calculator(connection, workspace_id)
        return calculator.price(
            workspace_id, mapping.provider, mapping.name, TokenUsage(), None, clock.now_us()
        )
