"""What holds of an event: what pricing made of it when it was written, or the last adjustment says."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
from llmlab_shared.db.adjusted import DERIVED, TOKEN_COLUMNS
from llmlab_shared.domain.events import PriceStatus
from llmlab_shared.domain.money import from_pico, to_pico
from llmlab_shared.domain.usage import Measured, TokenUsage, usage_of

from llmlab_worker.pipeline.normalise import Quarantined
from llmlab_worker.pipeline.price import Priced

# The columns of an adjustment that a state fills, in the order of `State.columns`.
STATE_COLUMNS: Final = (*DERIVED, "stated")
_PARTS: Final = TOKEN_COLUMNS[2:]


class State(msgspec.Struct, frozen=True):
    """Everything that pricing says of an event, amounts in pico-USD.

    `stated` says that the tokens were stated by hand.
    """

    status: PriceStatus
    cost: int | None
    computed: int | None
    tool: int | None
    reported: int | None
    reported_by: str | None
    price_id: int | None
    rule: str | None
    reason: str | None
    tokens: TokenUsage | None
    stated: bool = False

    def tells_the_same(self, other: "State") -> bool:
        """Say whether money, status and tokens are the same: another id of the same price is no change."""
        return (
            self.status == other.status
            and self.cost == other.cost
            and self.computed == other.computed
            # A fee of nothing is kept as none.
            and (self.tool or 0) == (other.tool or 0)
            and self.reported == other.reported
            and self.tokens == other.tokens
            and self.stated == other.stated
        )

    def columns(self) -> tuple[Any, ...]:
        """Return the values of STATE_COLUMNS."""
        tokens = self.tokens
        parts: tuple[int | None, ...] = (None,) * (len(_PARTS) + 2)
        if tokens is not None:
            own = (getattr(tokens, name.removesuffix("_tokens")) or None for name in _PARTS)
            parts = (tokens.input_tokens, tokens.output_tokens, *own)
        return (
            self.status,
            _usd(self.cost),
            _usd(self.computed),
            _usd(self.tool),
            _usd(self.reported),
            self.reported_by,
            self.price_id,
            self.rule,
            self.reason,
            *parts,
            self.stated,
        )


def state_in(row: Mapping[str, Any], prefix: str) -> State:
    """Return the state that the columns `<prefix><name>` of a row hold."""
    total_in, total_out = row[f"{prefix}input_tokens"], row[f"{prefix}output_tokens"]
    tokens = None
    if total_in is not None or total_out is not None:
        parts = {name.removesuffix("_tokens"): row[prefix + name] or 0 for name in _PARTS}
        tokens = usage_of(total_in or 0, total_out or 0, **parts)
    return State(
        status=row[f"{prefix}price_status"],
        cost=_pico(row[f"{prefix}cost"]),
        computed=_pico(row[f"{prefix}computed_cost"]),
        tool=_pico(row[f"{prefix}tool_cost"]),
        reported=_pico(row[f"{prefix}reported_cost"]),
        reported_by=row[f"{prefix}reported_by"],
        price_id=row[f"{prefix}price_id"],
        rule=row[f"{prefix}price_rule"],
        reason=row[f"{prefix}quarantine_reason"],
        tokens=tokens,
        stated=row[f"{prefix}stated"],
    )


def state_of(priced: Priced, used: Measured | Quarantined | None, *, stated: bool) -> State:
    """Return the state that pricing an event leaves."""
    return State(
        status=priced.status,
        cost=priced.cost,
        computed=priced.computed,
        tool=priced.tool,
        reported=priced.reported,
        reported_by=priced.reported_by,
        price_id=priced.price_id,
        rule=priced.rule,
        reason=priced.reason,
        tokens=used.tokens if isinstance(used, Measured) else None,
        stated=stated,
    )


def _usd(pico: int | None) -> Decimal | None:
    return None if pico is None else from_pico(pico)


def _pico(amount: Decimal | None) -> int | None:
    return None if amount is None else to_pico(amount)
