"""What contradicts itself in the installed list, which no file's own checks see before it is read."""

from decimal import Decimal

import pytest
from genai_prices.types import ClauseEquals, ModelInfo, ModelPrice, Tier, TieredPrices
from llmlab_shared.pricing.lists.catalogue_checks import check_model
from llmlab_shared.pricing.price_document import PriceDocumentError


def model(*starts: int) -> ModelInfo:
    tiers = TieredPrices(base=Decimal(1), tiers=[Tier(start=start, price=Decimal(2)) for start in starts])
    return ModelInfo(id="one", match=ClauseEquals("one"), prices=ModelPrice(input_mtok=tiers))


def test_tiers_that_begin_at_the_same_size() -> None:
    check_model("acme/one", model(100, 200))
    with pytest.raises(PriceDocumentError) as refused:
        check_model("acme/one", model(100, 200, 200))
    assert "acme/one, input_mtok: its tiers begin at 200 and then at 200 tokens" in refused.value.detail


def test_a_model_without_prices() -> None:
    with pytest.raises(PriceDocumentError, match="acme/one: it has no prices"):
        check_model("acme/one", ModelInfo(id="one", match=ClauseEquals("one"), prices=[]))
