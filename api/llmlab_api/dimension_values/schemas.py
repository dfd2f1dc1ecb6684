"""What `GET /api/costs/values` answers. Money is a decimal string."""

from pydantic import BaseModel, Field

from llmlab_api.costs.schemas import Money


class DimensionValue(BaseModel):
    value: str = Field(description="Empty: of the calls that have none.", examples=["search"])
    spend: Money = Field(description="Metered spend in USD.", examples=["12.4"])
    events: int


class DimensionValues(BaseModel):
    """The dearest values first; `from` and `to` are the edges of the days that were added up."""

    values: list[DimensionValue]
    from_: str = Field(alias="from")
    to: str
    tz: str
