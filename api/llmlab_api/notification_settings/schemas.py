"""The settings on the wire. Channels are ids of the workspace's notification channels."""

from decimal import Decimal
from typing import Annotated, Any, Final

from llmlab_shared.domain.events import MAX_TEXT
from llmlab_shared.domain.money import DECIMALS
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema

from llmlab_api.bodies import read_amount
from llmlab_api.fields import RequestBody, printable
from llmlab_api.openapi import DECIMAL

_MAX_ID = 2**63 - 1
MAX_CHANNELS = 100
MAX_TEAMS = 200
_MOST_USD = 10**12


def _amount(given: object) -> Decimal:
    amount = Decimal(read_amount(given, 0, _MOST_USD, DECIMALS))
    if not amount:
        raise ValueError("must be above 0; switch `anomalies` off to be told of none")
    return amount


Amount = Annotated[Decimal, BeforeValidator(_amount), WithJsonSchema(DECIMAL)]
ChannelId = Annotated[int, Field(strict=True, ge=1, le=_MAX_ID)]
Channels = Annotated[list[ChannelId], Field(max_length=MAX_CHANNELS)]
Team = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT), AfterValidator(printable)]
Switch = Annotated[bool, Field(strict=True)]


class SettingsRequest(RequestBody):
    """What is to change; what is left out stays. Only `report_channels` may be null."""

    forecasts: Switch = True
    anomalies: Switch = True
    anomaly_minimum: Amount = Decimal(10)
    weekly_report: Switch = True
    monthly_report: Switch = True
    team_reports: Switch = True
    report_channels: Channels | None = None
    team_channels: Annotated[dict[Team, Channels], Field(default_factory=dict, max_length=MAX_TEAMS)]


BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": SettingsRequest.model_json_schema(),
            "example": {"anomaly_minimum": "25", "report_channels": [3]},
        }
    },
}


class SettingsAnswer(BaseModel):
    forecasts: bool = Field(description="Tell when a budget will be used up before its period ends.")
    anomalies: bool = Field(description="Tell of days whose spend stands out.")
    anomaly_minimum: str = Field(
        description="USD: what differs by less from what is usual is not told.", examples=["10"]
    )
    weekly_report: bool = Field(description="On Mondays at 08:00 of the workspace's zone.")
    monthly_report: bool = Field(description="On the first of the month, likewise.")
    team_reports: bool = Field(description="Report to each team that had spend, too.")
    report_channels: list[int] | None = Field(
        description="Where reports go; null: wherever reports are wanted; none: shown in the app only."
    )
    team_channels: dict[str, list[int]] = Field(
        description="Where the reports of single teams go instead.", examples=[{"search": [3]}]
    )
