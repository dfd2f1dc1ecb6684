"""Single calls, added up by what decides their price: read from a bounded number of events.

Rollups know what models used, and neither how calls were processed nor how long each was. What needs that
is read here, from events as they hold now, each statement by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from llmlab_shared.db.adjusted import TOKEN_COLUMNS
from llmlab_shared.db.repositories.call_source import Calls, CallStatement
from llmlab_shared.db.repositories.costs import COSTED
from llmlab_shared.pricing.context import SERVICE_TIERS, STANDARD

# The classes of tokens that have prices: reasoning is a part of the output.
_CLASSES: Final = TOKEN_COLUMNS[:-1]
_KNOWN: Final = f"billing = 'metered' AND price_status IN {COSTED}"
_OUTPUT_PARTS: Final = [name for name in _CLASSES[2:] if name.startswith("output")]
_INPUT_PARTS: Final = [name for name in _CLASSES[2:] if name not in _OUTPUT_PARTS]
# Which classes a call has tokens of, a bit for each: a model without a price for one of them has none for
# this call, and still has one for others.
_IN_USE: Final = " + ".join(
    f"CASE WHEN {has} THEN {1 << place} ELSE 0 END"
    for place, has in enumerate(
        [f"{name} > 0" for name in (*_INPUT_PARTS, *_OUTPUT_PARTS)]
        + [
            f"{total} > {' + '.join(f'coalesce({name}, 0)' for name in parts)}"
            for total, parts in (("input_tokens", _INPUT_PARTS), ("output_tokens", _OUTPUT_PARTS))
        ]
    )
)
_TOKENS_COST: Final = "cost - coalesce(tool_cost, 0)"

# The context of prices that an event falls under (`context_of`): what its columns say, and of what these do
# not say what the price that it was charged by is for, because tier and region may have come inside the usage
# object, which is not read here. A discount names the price that it stands on in the rule. Regions without a
# price anywhere are left out: they change nothing, and are any client's words.
_STATED_TIER: Final = (
    "CASE WHEN lower(processing) = 'batch' THEN 'batch' ELSE CASE lower(service_tier) "
    + " ".join(f"WHEN '{name}' THEN '{tier}'" for name, tier in SERVICE_TIERS.items() if name and tier)
    + f" ELSE '{STANDARD}' END END"
)
_PRICE_CONTEXT: Final = "coalesce(charged.context, discounted.context, '')"
_TIER: Final = f"coalesce(nullif({_STATED_TIER}, ''), split_part({_PRICE_CONTEXT}, '@', 1))"
_REGION: Final = (
    "coalesce(CASE WHEN lower(btrim(region)) IN (SELECT split_part(context, '@', 2) FROM price_versions "
    "WHERE context LIKE '%@_%' AND workspace_id IN (0, :workspace)) THEN '@' || lower(btrim(region)) END, "
    f"substring({_PRICE_CONTEXT} FROM '@.*'), '')"
)


@dataclass(frozen=True, slots=True)
class MixRow:
    """Calls alike in all that decides their price, added up. `price_status` says whether `cost` is known.

    `context` is that of prices, `size` between which of the asked sizes their inputs lie, `largest` the
    longest of these. `feature` is `''` for calls without one, `(other)` for one that is not told apart.
    """

    provider: str
    model: str
    context: str
    price_status: str
    billing: str
    feature: str
    size: int
    calls: int
    largest: int
    cost: Decimal
    tool_cost: Decimal
    tokens: Mapping[str, int]


async def read_mix(
    connection: AsyncConnection, calls: Calls, sizes: Sequence[int], *, features: Sequence[str] | None = None
) -> list[MixRow]:
    """Return the calls by model, context, price status, billing, size of input and token classes in use.

    `sizes` are in order, and inputs of that size and more are told apart from smaller ones; so are
    `features`, unless they are None.
    """
    statement = CallStatement(calls)
    size = (
        f"width_bucket(coalesce(input_tokens, 0), {statement.bind(list(sizes), 'bigint')})" if sizes else "0"
    )
    keys = [
        "provider",
        "model",
        f"{_TIER} || {_REGION} AS context",
        "price_status",
        "billing",
        f"{statement.feature(features)} AS feature",
        f"{size} AS size",
        f"{_IN_USE} AS in_use",
    ]
    by = ", ".join(str(number) for number in range(1, len(keys) + 1))
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in _CLASSES)
    rows = await statement.rows(
        connection,
        f"SELECT {', '.join(keys)}, count(*) AS calls, coalesce(max(input_tokens), 0) AS largest, "
        f"coalesce(sum(cost), 0) AS cost, coalesce(sum(tool_cost), 0) AS tool_cost, {sums} "
        f"FROM {{priced}} GROUP BY {by} ORDER BY {by}",
    )
    return [
        MixRow(
            **{name: row[name] for name in MixRow.__dataclass_fields__ if name != "tokens"},
            tokens={name: row[name] for name in _CLASSES},
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How calls of one kind come: how many in how many stretches of five minutes, and how alike they are.

    `crowded_*` are of the stretches with many calls, `night_cost` of those of them that lie between 22 and 6
    o'clock. `attended` calls name a user or a session. `standard` is false for calls in batches and of
    other service tiers. Costs are of tokens, without fees.
    """

    provider: str
    model: str
    feature: str
    environment: str
    standard: bool
    calls: int
    days: int
    slots: int
    cost: Decimal
    crowded_calls: int
    crowded_cost: Decimal
    night_cost: Decimal
    attended: int
    least_input: int
    input_tokens: int
    input_squares: float
    cache_read_tokens: int
    cache_write_tokens: int


async def read_rhythms(
    connection: AsyncConnection, calls: Calls, *, crowd: int, features: Sequence[str]
) -> list[Rhythm]:
    """Return the rhythm of the metered calls whose cost is known, by model, feature and environment.

    A stretch is crowded by `crowd` calls. Features and environments that are absent are `''`, and features
    that are not named `(other)`.
    """
    statement = CallStatement(calls)
    least = statement.bind(crowd, "bigint")
    night = "extract(hour FROM slot AT TIME ZONE :zone) NOT BETWEEN 6 AND 21"
    rows = await statement.rows(
        connection,
        "SELECT provider, model, feature, environment, standard, sum(n)::bigint AS calls, "
        f"{statement.days_of('slot')} AS days, count(*) AS slots, sum(cost) AS cost, "
        f"coalesce(sum(n) FILTER (WHERE n >= {least}), 0)::bigint AS crowded_calls, "
        f"coalesce(sum(cost) FILTER (WHERE n >= {least}), 0) AS crowded_cost, "
        f"coalesce(sum(cost) FILTER (WHERE n >= {least} AND {night}), 0) AS night_cost, "
        "sum(attended)::bigint AS attended, min(least) AS least_input, "
        "sum(input)::bigint AS input_tokens, sum(squares) AS input_squares, "
        "sum(cache_read)::bigint AS cache_read_tokens, sum(cache_write)::bigint AS cache_write_tokens "
        f"FROM (SELECT provider, model, {statement.feature(features)} AS feature, "
        f"coalesce(environment, '') AS environment, {_TIER} = '{STANDARD}' AS standard, "
        "date_bin('5 minutes', timestamp, '2020-01-01Z') AS slot, "
        f"count(*) AS n, sum({_TOKENS_COST}) AS cost, "
        "count(*) FILTER (WHERE session_id IS NOT NULL OR user_id IS NOT NULL) AS attended, "
        "min(coalesce(input_tokens, 0)) AS least, sum(coalesce(input_tokens, 0)) AS input, "
        "sum(coalesce(input_tokens, 0)::float8 ^ 2) AS squares, "
        "sum(coalesce(cache_read_tokens, 0)) AS cache_read, "
        "sum(coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)) AS cache_write "
        f"FROM {{priced}} AND {_KNOWN} GROUP BY 1, 2, 3, 4, 5, 6) stretches "
        "GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5",
    )
    return [Rhythm(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Sessions of several calls that follow each other within five minutes on average, added up.

    `least_repeated` is what every later call repeats if it repeats no more than the shortest call of its
    session, `most_repeated` if each repeats all of the one before it. The cost is of tokens, without fees.
    """

    provider: str
    model: str
    feature: str
    sessions: int
    calls: int
    days: int
    cost: Decimal
    input_tokens: int
    cache_read_tokens: int
    least_repeated: int
    most_repeated: int


async def read_conversations(
    connection: AsyncConnection, calls: Calls, *, features: Sequence[str]
) -> list[Conversation]:
    """Return the sessions of three calls and more, of metered calls whose cost is known."""
    statement = CallStatement(calls)
    rows = await statement.rows(
        connection,
        "SELECT provider, model, feature, count(*) AS sessions, sum(n)::bigint AS calls, "
        f"{statement.days_of('first')} AS days, sum(cost) AS cost, sum(input)::bigint AS input_tokens, "
        "sum(cache_read)::bigint AS cache_read_tokens, "
        "sum((n - 1) * least)::bigint AS least_repeated, sum(input - most)::bigint AS most_repeated "
        f"FROM (SELECT provider, model, {statement.feature(features)} AS feature, session_id, count(*) AS n, "
        f"sum({_TOKENS_COST}) AS cost, min(timestamp) AS first, sum(coalesce(input_tokens, 0)) AS input, "
        "min(coalesce(input_tokens, 0)) AS least, max(coalesce(input_tokens, 0)) AS most, "
        "sum(coalesce(cache_read_tokens, 0)) AS cache_read, "
        "extract(epoch FROM max(timestamp) - min(timestamp)) AS seconds "
        f"FROM {{events}} AND {_KNOWN} AND session_id IS NOT NULL GROUP BY 1, 2, 3, 4) sessions "
        "WHERE n >= 3 AND seconds <= 300 * (n - 1) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    return [Conversation(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Failures:
    """What calls that gave no answer cost, and how many of them were made again within a minute.

    Made again is a call of the same model, feature, user, session and size of input.
    """

    provider: str
    model: str
    feature: str
    errors: int
    error_cost: Decimal
    retried: int
    retried_cost: Decimal
    aborted: int
    aborted_cost: Decimal
    days: int


async def read_failures(
    connection: AsyncConnection, calls: Calls, *, features: Sequence[str]
) -> list[Failures]:
    """Return what metered calls that failed or were broken off cost, where any of them cost anything."""
    statement = CallStatement(calls)
    same = "provider, model, feature, user_id, session_id, input_tokens"
    rows = await statement.rows(
        connection,
        f"WITH recent AS MATERIALIZED (SELECT {same}, status, cost, timestamp FROM {{events}} "
        "AND billing = 'metered'), "
        "failed AS (SELECT DISTINCT provider, model, input_tokens FROM recent "
        "WHERE status IN ('error', 'aborted') AND cost > 0) "
        f"SELECT provider, model, {statement.feature(features)} AS feature, "
        "count(*) FILTER (WHERE status = 'error') AS errors, "
        "coalesce(sum(cost) FILTER (WHERE status = 'error'), 0) AS error_cost, "
        "count(*) FILTER (WHERE status = 'error' AND again) AS retried, "
        "coalesce(sum(cost) FILTER (WHERE status = 'error' AND again), 0) AS retried_cost, "
        "count(*) FILTER (WHERE status = 'aborted') AS aborted, "
        "coalesce(sum(cost) FILTER (WHERE status = 'aborted'), 0) AS aborted_cost, "
        f"{statement.days_of('timestamp')} AS days "
        f"FROM (SELECT {same}, status, cost, timestamp, lead(timestamp) OVER (PARTITION BY {same} "
        "ORDER BY timestamp) - timestamp <= interval '60 s' AS again "
        # Only where something failed is it worth sorting who called again.
        "FROM recent JOIN failed USING (provider, model, input_tokens)) attempts "
        "WHERE status IN ('error', 'aborted') AND cost > 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    return [Failures(**row) for row in rows]
