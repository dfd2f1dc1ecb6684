"""What people are told of, and by which kinds of channels."""

from typing import Final, Literal

MessageKind = Literal["budget_crossing", "budget_forecast", "spend_anomaly", "report", "test"]
# What is listed as an alert and can be acknowledged.
AlertKind = Literal["budget_crossing", "budget_forecast", "spend_anomaly"]
# What a channel can want; a test goes to the channel that is tested, whatever it wants.
WantedKind = Literal["budget_crossing", "budget_forecast", "spend_anomaly", "report"]
ChannelKind = Literal["email", "slack", "teams", "discord", "pagerduty", "webhook"]
DeliveryStatus = Literal["waiting", "sent", "failed"]

ALERT_KINDS: Final[tuple[AlertKind, ...]] = ("budget_crossing", "budget_forecast", "spend_anomaly")
WANTED_KINDS: Final[tuple[WantedKind, ...]] = (*ALERT_KINDS, "report")
TEST: Final = "test"

# The jobs that carry messages out; whoever commits one may ask for it at once.
FAN_OUT: Final = "fan_out"
DELIVER: Final = "deliver"
SWEEP_DELIVERIES: Final = "sweep_deliveries"

PAGERDUTY_URL: Final = "https://events.pagerduty.com/v2/enqueue"
# So long a message is tried, or waits for a paused channel.
KEEP_TRYING_HOURS: Final = 24
