"""The made-up company: who its customers are, what it uses which model for, and when."""

from dataclasses import dataclass
from typing import Final

DAYS: Final = 30
# By name: how often it calls, and which plan it pays for.
CUSTOMERS: Final = {
    "Northwind Books": (22, "pro"), "Alder Clinic": (17, "enterprise"), "Brightside Energy": (14, "pro"),
    "Casa Verde": (11, "free"), "Delta Freight": (9, "pro"), "Elm Street Bank": (8, "enterprise"),
    "Fjord Outdoor": (6, "free"), "Granite Legal": (5, "pro"), "Harbor Foods": (4, "free"),
    "Iris Optics": (3, "free"), "Juniper Travel": (1, "free"),
}  # fmt: skip
# The tag by which plans are told, which the workspace counts by.
PLAN_TAG: Final = "tier"
# How busy each hour of the day is.
HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 14, 11, 13, 15, 14, 12, 9, 6, 4, 3, 2, 2, 1)
NIGHT: Final = (8, 10, 10, 8, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 6)
# Parts of all calls: those that failed, of these those that were billed all the same; those whose reader
# left; and those that two places told of.
FAILED, FAILED_BILLED, ABORTED, TOLD_TWICE = 0.012, 0.5, 0.008, 0.001


@dataclass(frozen=True, slots=True)
class Workload:
    """One use of one model: how often on a working day, and how many tokens a call."""

    feature: str
    project: str
    team: str
    provider: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    # Part of the input that the provider had cached, once the first call of a session wrote it there.
    cached: float = 0.0
    # Calls of one conversation, and calls of one run of an agent; one: neither.
    session: int = 1
    trace: int = 1
    batch: bool = False


WORKLOADS: Final = (
    Workload("contract-review", "atlas", "legal-tech", "openai", "gpt-4", 7, 2600, 620, trace=3),
    Workload("support-chat", "helpdesk", "support", "openai", "gpt-4o", 30, 1400, 320, cached=0.4, session=5),
    Workload("support-chat", "helpdesk", "support", "openai", "gpt-4o-mini", 34, 900, 180, 0.3, session=4),
    Workload(
        "summaries", "newsroom", "content", "anthropic", "claude-sonnet-4-5", 12, 3800, 540, 0.5, session=3
    ),
    Workload("digests", "newsroom", "content", "anthropic", "claude-sonnet-4-5", 6, 5200, 700, batch=True),
    Workload("search", "atlas", "platform", "anthropic", "claude-haiku-4-5", 26, 1100, 150, trace=2),
    Workload("search", "atlas", "platform", "google", "gemini-2.5-flash", 20, 1500, 210, trace=2),
    Workload("moderation", "helpdesk", "platform", "in-house", "harbour-7b", 6, 400, 20),
)
