"""FOCUS 1.2: the columns and rules of the specification, held against charges of every kind.

Written from the text of the specification; `make focus-check` asks the FinOps Foundation's validator.
"""

import csv
import io
import json
import re
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from focus_calls import WITHOUT_COST, focus_calls
from world import World

MANDATORY = {
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
    "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd",
    "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost",
    "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
}  # fmt: skip
RECOMMENDED = {"ChargeFrequency", "InvoiceId", "ServiceSubcategory"}
CONDITIONAL = {
    "BillingAccountType", "ConsumedQuantity", "ConsumedUnit", "PricingCategory", "RegionId", "RegionName",
    "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType",
    "Tags",
}  # fmt: skip
NULLABLE = {
    "BillingAccountName", "ChargeClass", "InvoiceId", "RegionId", "RegionName", "SkuPriceDetails",
    "SubAccountId", "SubAccountName", "SubAccountType", "Tags",
}  # fmt: skip
COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
TOGETHER = (("RegionId", "RegionName"), ("SubAccountId", "SubAccountName", "SubAccountType"))
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
NUMBER = re.compile(r"-?\d+\.\d+")
SPAN = {"from": "2026-09-01", "to": "2026-12-01"}


@pytest.fixture
async def charges(world: World) -> list[dict[str, str]]:
    await world.store(*focus_calls())
    response = await world.get("/api/costs/export", format="focus", **SPAN)
    assert response.headers["x-llmlab-rows-without-cost"] == str(WITHOUT_COST)
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert len(rows) == len(list(focus_calls())) - WITHOUT_COST == int(response.headers["x-llmlab-rows"])
    return rows


async def test_the_columns_are_those_of_the_specification(charges: list[dict[str, str]]) -> None:
    columns = list(charges[0])
    ours = [name for name in columns if name.startswith("x_")]
    theirs = columns[: len(columns) - len(ours)]
    assert columns == theirs + ours
    assert set(theirs) == MANDATORY | RECOMMENDED | CONDITIONAL
    assert len(columns) == len(set(columns))
    assert all(re.fullmatch(r"(x_)?[A-Z][A-Za-z0-9]{0,47}", name) for name in columns)


async def test_every_charge_keeps_the_rules(charges: list[dict[str, str]]) -> None:
    price_of: dict[str, set[str]] = defaultdict(set)
    for charge in charges:
        for name in (MANDATORY | RECOMMENDED | CONDITIONAL) - NULLABLE:
            assert charge[name].strip(), (name, charge)
        assert charge["BillingCurrency"] == "USD"
        assert (charge["ChargeCategory"], charge["ChargeClass"], charge["ChargeFrequency"]) == (
            "Usage", "", "Usage-Based"
        )  # fmt: skip
        assert charge["ServiceCategory"] == "AI and Machine Learning"
        assert charge["ServiceSubcategory"] == "Generative AI"
        assert charge["PricingCategory"] in ("Standard", "Other")
        assert charge["InvoiceId"] == ""
        for name in (*COSTS, "PricingQuantity", "ConsumedQuantity"):
            assert NUMBER.fullmatch(charge[name]), (name, charge[name])
            assert Decimal(charge[name]) >= 0
        assert (charge["ConsumedQuantity"], charge["ConsumedUnit"]) == (
            charge["PricingQuantity"], charge["PricingUnit"]
        )  # fmt: skip
        assert Decimal(charge["PricingQuantity"]) > 0
        assert charge["PricingUnit"] in ("Tokens", "Requests", "Images")
        instants = {}
        for kind in ("BillingPeriod", "ChargePeriod"):
            for edge in ("Start", "End"):
                assert INSTANT.fullmatch(charge[kind + edge])
                instants[kind + edge] = datetime.fromisoformat(charge[kind + edge])
        assert instants["ChargePeriodStart"] < instants["ChargePeriodEnd"]
        assert instants["BillingPeriodStart"] <= instants["ChargePeriodStart"]
        assert instants["ChargePeriodEnd"] <= instants["BillingPeriodEnd"]
        assert charge["BillingPeriodStart"][8:] == charge["BillingPeriodEnd"][8:] == "01T00:00:00Z"
        for names in TOGETHER:
            assert len({bool(charge[name]) for name in names}) == 1
        for name in ("Tags", "SkuPriceDetails"):
            values = json.loads(charge[name] or "{}").values()
            assert all(isinstance(value, str) for value in values)
        assert all(key.startswith("x_") for key in json.loads(charge["SkuPriceDetails"] or "{}"))
        price_of[charge["SkuPriceId"]].add(charge["SkuId"])
    # A price has one and only one SKU.
    assert all(len(skus) == 1 for skus in price_of.values())


async def test_what_a_charge_costs(charges: list[dict[str, str]], world: World) -> None:
    def some(**wanted: str) -> list[tuple[Any, ...]]:
        names = (*COSTS, "PricingQuantity", "PricingUnit", "PricingCategory")
        return [
            tuple(charge[name] for name in names)
            for charge in charges
            if all(charge[name] == value for name, value in wanted.items())
        ]

    known = "0.06"
    assert set(some(x_Billing="metered", SkuPriceId="openai/gpt-4", x_PriceStatus="priced")) == {
        (known, known, known, known, "1500.0", "Tokens", "Standard")
    }
    # What a subscription covers costs nothing by itself, and would by the list.
    for billing in ("subscription", "provisioned"):
        assert set(some(x_Billing=billing)) == {("0.0", "0.0", known, "0.0", "1500.0", "Tokens", "Other")}
    assert some(x_Status="error") == [("0.0",) * 4 + ("1.0", "Requests", "Standard")]
    assert some(ServiceName="'@image") == [("0.08",) * 4 + ("2.0", "Images", "Standard")]
    assert some(BilledCost="12.0") == [("12.0",) * 4 + ("1500.0", "Tokens", "Standard")]
    assert {charge["x_Feature"] for charge in charges} == {"", "search", "'=1+1"}
    summary = await world.summary(**SPAN)
    assert sum(Decimal(charge["BilledCost"]) for charge in charges) == Decimal(summary["total_spend"])
