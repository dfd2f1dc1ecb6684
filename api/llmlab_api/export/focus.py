"""Events as FOCUS 1.2, the FinOps Foundation's form of cost data: one charge a call.

Decision 16 says what each column holds and why. Whatever is not known of a call is null or has no column;
events without a known cost are not written at all.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
from llmlab_shared.db.adjusted import TOKEN_COLUMNS
from llmlab_shared.domain.money import to_wire
from llmlab_shared.pricing.context import context_of

from llmlab_api.export import cells

Row = Mapping[str, Any]
_SECOND = timedelta(seconds=1)
_units_decoder = msgspec.json.Decoder(dict[str, Decimal])


def _decimal(amount: Decimal | int) -> str:
    """Return a number with a point, always: readers guess from it that the column holds decimals."""
    text = to_wire(Decimal(amount))
    return text if "." in text else f"{text}.0"


def _quantity(row: Row) -> tuple[str, str]:
    """Return how much a call used, and of what: tokens, else its one unit, else the request itself."""
    tokens = (row["input_tokens"] or 0) + (row["output_tokens"] or 0)
    if tokens:
        return _decimal(tokens), "Tokens"
    units = _units_decoder.decode(row["units"]) if row["units"] else {}
    if len(units) == 1:
        ((name, amount),) = units.items()
        if amount:
            return _decimal(amount), name.replace("_", " ").title()
    return _decimal(1), "Requests"


@lru_cache(maxsize=128)
def _month(year: int, month: int) -> tuple[str, str]:
    following = (year + 1, 1) if month == 12 else (year, month + 1)
    return (
        cells.instant(datetime(year, month, 1, tzinfo=UTC)),
        cells.instant(datetime(*following, 1, tzinfo=UTC)),
    )


def _description(row: Row) -> str:
    used = ", ".join(
        f"{row[f'{kind}_tokens']} {kind} tokens"
        for kind in ("input", "output")
        if row[f"{kind}_tokens"] is not None
    )
    return f"{row['model']} of {row['provider']}: {used or 'one call'}"


class _Charge:
    """What several columns of a call are made from."""

    __slots__ = ("billed", "context", "quantity", "row", "second", "sku", "unit")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.quantity, self.unit = _quantity(row)
        # What a subscription or provisioned capacity covers costs nothing by itself.
        self.billed = _decimal(row["cost"] if row["billing"] == "metered" else 0)
        self.second: datetime = row["timestamp"].replace(microsecond=0)
        self.sku = f"{row['provider']}/{row['model']}"
        self.context = context_of(row["service_tier"], row["processing"], row["region"])

    @property
    def adjusted(self) -> bool:
        return bool(self.row["adjusted"])

    @property
    def price(self) -> str:
        return f"{self.sku}/{self.context}" if self.context else self.sku

    @property
    def price_details(self) -> str | None:
        tier, _, region = self.context.partition("@")
        details = {"x_Tier": tier, "x_Region": region}
        return json.dumps({name: value for name, value in details.items() if value}) if self.context else None


Column = Callable[[_Charge], object]


def _of(name: str) -> Column:
    return lambda charge: charge.row[name]


def _text(name: str) -> Column:
    return lambda charge: cells.text(charge.row[name])


def _money(name: str) -> Column:
    def written(charge: _Charge) -> str | None:
        amount = charge.row[name]
        return None if amount is None else _decimal(amount)

    return written


_original_cost = _money("original_cost")


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


_FOCUS: dict[str, Column] = {
    "BilledCost": lambda charge: charge.billed,
    "BillingCurrency": lambda _: "USD",
    "BillingPeriodEnd": lambda charge: _month(charge.second.year, charge.second.month)[1],
    "BillingPeriodStart": lambda charge: _month(charge.second.year, charge.second.month)[0],
    "ChargeCategory": lambda _: "Usage",
    # A corrected event stands here as it holds now, not as a correction beside it.
    "ChargeClass": lambda _: None,
    "ChargeDescription": lambda charge: cells.text(_description(charge.row)),
    "ChargeFrequency": lambda _: "Usage-Based",
    "ChargePeriodEnd": lambda charge: cells.instant(charge.second + _SECOND),
    "ChargePeriodStart": lambda charge: cells.instant(charge.second),
    "ConsumedQuantity": lambda charge: charge.quantity,
    "ConsumedUnit": lambda charge: charge.unit,
    "ContractedCost": lambda charge: charge.billed,
    "EffectiveCost": lambda charge: charge.billed,
    "InvoiceId": lambda _: None,
    "InvoiceIssuerName": _text("provider"),
    "ListCost": _money("cost"),
    "PricingCategory": lambda charge: "Standard" if charge.row["billing"] == "metered" else "Other",
    "PricingQuantity": lambda charge: charge.quantity,
    "PricingUnit": lambda charge: charge.unit,
    "ProviderName": _text("provider"),
    "PublisherName": _text("provider"),
    "RegionId": lambda charge: cells.text(charge.row["region"] or None),
    "RegionName": lambda charge: cells.text(charge.row["region"] or None),
    "ServiceCategory": lambda _: "AI and Machine Learning",
    "ServiceName": _text("model"),
    "ServiceSubcategory": lambda _: "Generative AI",
    "SkuId": lambda charge: cells.text(charge.sku),
    "SkuMeter": lambda charge: f"{charge.unit} used",
    "SkuPriceDetails": lambda charge: charge.price_details,
    "SkuPriceId": lambda charge: cells.text(charge.price),
    "SubAccountId": lambda charge: cells.text(charge.row["project"] or None),
    "SubAccountName": lambda charge: cells.text(charge.row["project"] or None),
    "SubAccountType": lambda charge: "Project" if charge.row["project"] else None,
    "Tags": _of("tags"),
}
_LABELS = ("feature", "customer", "team", "project", "environment", "release")
_OWN: dict[str, Column] = {
    "x_EventId": _of("id"),
    "x_Timestamp": lambda charge: cells.instant(charge.row["timestamp"]),
    "x_ApiKeyId": _of("api_key_id"),
    "x_Api": _text("api"),
    "x_Status": _of("status"),
    "x_Billing": _of("billing"),
    "x_PriceStatus": _of("price_status"),
    "x_PriceId": _of("price_id"),
    "x_PriceRule": _text("price_rule"),
    "x_ComputedCost": _money("computed_cost"),
    "x_ToolCost": _money("tool_cost"),
    "x_ReportedCost": _money("reported_cost"),
    "x_OriginalCost": lambda charge: _original_cost(charge) if charge.adjusted else None,
    "x_OriginalPriceStatus": lambda charge: charge.row["original_price_status"] if charge.adjusted else None,
    "x_User": _text("user_id"),
    **{f"x_{_pascal(name)}": _text(name) for name in _LABELS},
    **{f"x_{_pascal(name)}": _of(name) for name in TOKEN_COLUMNS},
}


class FocusWriter:
    """Writes the charges of one workspace, which is their billing account."""

    def __init__(self, workspace_id: int, workspace: str) -> None:
        account: dict[str, Column] = {
            "BillingAccountId": lambda _: f"workspace-{workspace_id}",
            "BillingAccountName": lambda _: cells.text(workspace.strip() or None),
            "BillingAccountType": lambda _: "Workspace",
        }
        self._columns = {**dict(sorted({**_FOCUS, **account}.items())), **_OWN}

    def head(self) -> bytes:
        """Return the line of column names: FOCUS's own by the alphabet, then ours."""
        return cells.lines([tuple(self._columns)])

    def write(self, rows: Sequence[Row]) -> bytes:
        """Return a line for each event; all of them have a cost."""
        columns = tuple(self._columns.values())
        return cells.lines([column(charge) for column in columns] for charge in map(_Charge, rows))
