"""Prices as OpenAPI shows them. Amounts are decimal strings, never floats."""

from datetime import date, datetime
from typing import Any, Literal

from llmlab_shared.domain.usage import TOKEN_CLASSES
from pydantic import BaseModel, Field

from llmlab_api.openapi import DECIMAL
from llmlab_api.prices.price_request import MAX_NOTE, MAX_TIERS, MAX_WINDOWS

Layer = Literal["catalogue", "override", "custom"]
_RATES_SHOWN = {"tokens": {"input": "2.5", "cache_read": "1.25", "output": "10"}}


class Price(BaseModel):
    """One version of a price. A custom one wins over an override, and that over the catalogue."""

    id: int
    layer: Layer
    provider: str
    model: str
    context: str = Field(
        description="Empty for standard; `batch`, `flex`, `priority`, `fast`; each may have an `@region`."
    )
    valid_from: datetime | None = Field(description="Null: always.")
    valid_until: datetime | None = Field(
        description="Exclusive: its own end, or where a later version begins; null while there is neither."
    )
    stated_until: datetime | None = Field(
        description="The end that it was given itself; null: it holds until a later version begins."
    )
    rates: dict[str, Any] = Field(
        description="USD a million tokens by class, `tiers` by size of the input, `units` beside tokens, "
        "`windows` of the UTC day; or a `factor` of what would hold without it.",
        examples=[_RATES_SHOWN],
    )
    source: str = Field(description="Where it is from; of a custom price, its note.")
    recorded_at: datetime
    effective: bool = Field(description="It is in force, and no version of the same key wins over it.")


class PastPrice(Price):
    replaced: bool = Field(description="Its beginning was recorded anew later.")
    withdrawn: bool = Field(
        description="It is not a price but the end of one; of a custom price: it never was."
    )


class CatalogueState(BaseModel):
    """The price list that everyone's prices come from."""

    source: str
    synced_at: datetime = Field(description="When it was brought in.")
    looked_at: datetime = Field(description="When a sync last looked whether there is another one.")
    age_days: int = Field(description="Its age at most: counted from its newest price.")
    newest_price: date | None = Field(description="Since when the newest price in it holds.")


class PriceList(BaseModel):
    prices: list[Price]
    at: datetime
    catalogue: CatalogueState | None = Field(description="Null before the first sync.")
    next_cursor: str | None


class OwnPriceList(BaseModel):
    prices: list[Price]
    next_cursor: str | None


class PriceHistory(BaseModel):
    prices: list[PastPrice]
    next_cursor: str | None


_RATE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": dict.fromkeys(TOKEN_CLASSES, DECIMAL),
    "description": "USD a million tokens, with at most 12 decimals.",
}
_TIERS_SCHEMA: dict[str, Any] = {
    "type": ["array", "null"],
    "maxItems": MAX_TIERS,
    "items": {
        "type": "object",
        "required": ["above", "tokens"],
        "additionalProperties": False,
        "properties": {"above": {"type": "integer", "minimum": 0}, "tokens": _RATE_SCHEMA},
    },
}
_TIME_OF_DAY = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 256}
_OPTIONAL_TEXT = {"type": ["string", "null"]}
_INSTANT: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}

PRICE_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["provider", "model"],
                "additionalProperties": False,
                "properties": {
                    "provider": {**_TEXT, "description": "In any spelling."},
                    "model": {**_TEXT, "description": "The exact name; `*` with `discount_percent`: all."},
                    "context": {**_OPTIONAL_TEXT, "description": "Or service_tier, processing, region."},
                    "service_tier": _OPTIONAL_TEXT,
                    "processing": {"enum": ["batch", None]},
                    "region": _OPTIONAL_TEXT,
                    "valid_from": {**_INSTANT, "description": "Inclusive; by default now."},
                    "valid_until": {
                        **_INSTANT,
                        "description": "Exclusive; by default until the next price of the key begins.",
                    },
                    "currency": {"enum": ["USD"]},
                    "tokens": {**_RATE_SCHEMA, "type": ["object", "null"]},
                    "tiers": _TIERS_SCHEMA,
                    "units": {
                        "type": ["object", "null"],
                        "additionalProperties": {
                            "type": "object",
                            "required": ["usd"],
                            "additionalProperties": False,
                            "properties": {"usd": DECIMAL, "per": {"type": "integer", "minimum": 1}},
                        },
                    },
                    "windows": {
                        "type": ["array", "null"],
                        "maxItems": MAX_WINDOWS,
                        "items": {
                            "type": "object",
                            "required": ["from", "until", "tokens"],
                            "additionalProperties": False,
                            "properties": {
                                "from": _TIME_OF_DAY,
                                "until": _TIME_OF_DAY,
                                "days": {
                                    "type": ["array", "null"],
                                    "minItems": 1,
                                    "maxItems": 7,
                                    "items": {"type": "integer", "minimum": 1, "maximum": 7},
                                    "description": "On which it begins: Monday is 1. By default all.",
                                },
                                "tokens": _RATE_SCHEMA,
                                "tiers": _TIERS_SCHEMA,
                            },
                        },
                    },
                    "discount_percent": {
                        "oneOf": [
                            {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,4})?$"},
                            {"type": "number", "minimum": -900, "maximum": 100},
                            {"type": "null"},
                        ],
                        "description": "In place of rates: off what the list says; negative, on top of it.",
                    },
                    "note": {"type": "string", "maxLength": MAX_NOTE},
                },
            },
            "examples": {
                "rates": {
                    "value": {
                        "provider": "azure",
                        "model": "gpt-4o",
                        "valid_from": "2026-11-01T00:00:00Z",
                        "tokens": {"input": "2.2", "cache_read": "1.1", "output": "8.8"},
                        "note": "Contract 4711",
                    }
                },
                "discount": {"value": {"provider": "anthropic", "model": "*", "discount_percent": "12.5"}},
            },
        }
    },
}
