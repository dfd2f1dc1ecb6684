"""The `status` screen, line by line, against kept snapshots: 80 columns, a pipe, colours, edge cases.

`LLMLAB_UPDATE_SNAPSHOTS=1 pytest tests/cli` writes them anew; read the difference before keeping it.
"""

from typing import Any

import pytest
from cli_samples import (
    DAYS,
    LONG_NAME,
    UNPRICED,
    USUAL,
    USUAL_BEFORE,
    USUAL_BUDGET,
    USUAL_GROUPS,
    USUAL_UNPRICED_GROUPS,
    budget,
    model,
    summary,
)
from llmlab_cli.render.status import status
from llmlab_cli.report import Report
from llmlab_cli.screen import Screen, text_of
from snapshots import check

TERMINAL = Screen(80)
PIPE = Screen(None)
COLOUR = Screen(80, colour=True)
UNPRICED_MODELS = summary([model(LONG_NAME, "0", 38, 1_200_000)])


def report(answer: dict[str, Any], budgets: list[dict[str, Any]] | None = None, **fields: Any) -> Report:
    return Report("last 30 days", answer, budgets or [], **fields)


def whole(answer: dict[str, Any], budgets: list[dict[str, Any]]) -> Report:
    """Return a report of everything that a team of some size sees."""
    return report(
        answer,
        budgets,
        previous=USUAL_BEFORE,
        unpriced=UNPRICED_MODELS,
        groups=USUAL_GROUPS,
        unknown_groups=USUAL_UNPRICED_GROUPS,
    )


MANY = summary([model(f"openai/model-{i:03}", f"{200 - i}.5", i + 1, 1000 * i) for i in range(200)], DAYS)
RICH = summary(
    [model("openai/gpt-4", "1000000000", 10**12, 10**12), model("openai/x", "0.000000000001", 1, 1)]
)
TINY = summary(
    [model("openai/gpt-5-nano", "0.000012", 3, 36), model("openai/gpt-4.1-nano", "0.00000345", 1, 9)]
)
TINIER = summary([model("openai/gpt-5-nano", "0.0000005", 1, 2)])
HOURS = summary(
    [model("openai/gpt-4", "3.5", 7, 700)],
    {f"2026-11-23T{h:02}:00:00+01:00": str(h % 5) for h in range(24)},
    start="2026-11-23T00:00:00+01:00",
)
YEARS = summary(
    [model("openai/gpt-4", "3.5", 7, 700)],
    {f"{y}-{m:02}-{d:02}": "1" for y in (2025, 2026) for m in range(1, 12) for d in range(1, 28)},
    start="2020-01-01T00:00:00+01:00",
)
FEATURES = summary(
    [model("openai/gpt-4", "6.21", 7, 700)],
    groups=[
        {"keys": {"feature": "search", "customer": "ACME"}, "spend": "4.2", "events": 4, "tokens": 500},
        {"keys": {"feature": "", "customer": "ACME"}, "spend": "2.01", "events": 3, "tokens": 200},
    ],
)
BY_DAY = summary(
    [model("openai/gpt-4", "6.21", 7, 700)],
    groups=[
        {"keys": {"day": "2026-11-22"}, "spend": "2.01", "events": 3, "tokens": 200},
        {"keys": {"day": "2026-11-23"}, "spend": "4.2", "events": 4, "tokens": 500},
    ],
)
REPORTED = summary(
    [model("openrouter/gpt-4", "3.5", 7, 700), model("openai/o3", "1.5", 3, 500)],
    reported="3.5",
    estimated="0.2",
)
SEVERAL_UNPRICED = summary(
    [model(f"custom/model {i}; $(x)", "0", i, 1000) for i in range(1, 5)],
    counts={"unpriced": 10},
    doubted={"unpriced": 4000},
)
DEPLOYED = summary(
    [model("azure/our-prod", "0", 3, 1000)], counts={"unpriced": 3}, doubted={"unpriced": 1000}
)
HOSTILE = summary([model("custom/\x1b[31m[red]evil[/red]\n\u202emodel", "1", 1, 1)])
LATE = summary([model("openai/gpt-4", "1.905300", 7, 700)], backlog=12, oldest=250.0)
BLIND = summary([model("openai/gpt-4", "1.905300", 7, 700)], backlog=None, oldest=None)
OVER = budget("500", "512.1", alerts=dict.fromkeys(("0.5", "0.8", "1"), "2026-11-21T10:00:00Z"))
SCOPED = [
    budget("500", "100"),
    budget("50", "49", scope={"feature": "search"}, alerts={"0.8": "2026-11-21T10:00:00Z"}),
    budget("70", "10", each="user", period="week"),
    budget("80", "10", scope={"team": "x"}),
    budget("90", "10", month="2026-10", in_force=False),
    budget("9000000000", "1234567.891", name="Everything of the quarter", period="quarter"),
    budget(
        "20",
        # Of all of them together: what counts is the most that one has spent.
        "430",
        name="Heavy users",
        each="user",
        period="day",
        values=[{"value": "kim", "spent": "19"}, {"value": "lee", "spent": "3"}],
        alerts={"0.8": "2026-11-21T10:00:00Z"},
    ),
    budget(
        "5",
        "0",
        name="Weekly budget of tag.tier gold, each customer",
        scope={"tag": {"tier": "gold"}},
        each="customer",
        period="week",
        values=[],
    ),
]

CASES: dict[str, tuple[Report, Screen]] = {
    "usual_80": (whole(USUAL, [USUAL_BUDGET]), TERMINAL),
    "usual_pipe": (whole(USUAL, [USUAL_BUDGET]), PIPE),
    "usual_colour": (whole(USUAL, [USUAL_BUDGET]), COLOUR),
    "usual_40": (whole(USUAL, [USUAL_BUDGET]), Screen(40)),
    "usual_120": (whole(USUAL, [USUAL_BUDGET, *SCOPED[1:]]), Screen(120)),
    "usual_160": (whole(USUAL, [USUAL_BUDGET]), Screen(160)),
    "usual_ascii": (whole(USUAL, [USUAL_BUDGET]), Screen(80, unicode=False)),
    "only_some": (report(USUAL, [USUAL_BUDGET], only=("provider=openai", f"model={LONG_NAME}")), TERMINAL),
    "only_none": (report(summary(), only=("feature=search",)), TERMINAL),
    "nothing_before": (report(USUAL, [USUAL_BUDGET], previous=summary()), TERMINAL),
    "less_than_before": (report(USUAL_BEFORE, [USUAL_BUDGET], previous=USUAL), TERMINAL),
    "empty": (report(summary()), TERMINAL),
    "empty_but_not_before": (report(summary(), previous=USUAL_BEFORE), TERMINAL),
    "empty_with_budget": (report(summary(), [budget("500", "0")]), TERMINAL),
    "one_event": (
        report(summary([model("openai/gpt-4", "0.06", 1, 1500)], {"2026-11-23": "0.06"})),
        TERMINAL,
    ),
    "unpriced_only": (report(UNPRICED, unpriced=UNPRICED_MODELS), TERMINAL),
    "reported_and_estimated": (report(REPORTED), TERMINAL),
    "several_unpriced": (report(SEVERAL_UNPRICED, unpriced=SEVERAL_UNPRICED), TERMINAL),
    "a_deployment_without_a_price": (report(DEPLOYED, unpriced=DEPLOYED), TERMINAL),
    "unpriced_beside_failures": (
        report(
            summary(
                [model("openai/gpt-4", "0.06", 1, 1500), model(LONG_NAME, "0", 41, 1_200_000)],
                counts={"unpriced": 38, "free": 3},
                doubted={"unpriced": 1_100_000},
            ),
            unpriced=UNPRICED_MODELS,
        ),
        TERMINAL,
    ),
    "a_billion_dollars": (report(RICH, [budget("1000000000000", "1000000000")]), TERMINAL),
    "a_billion_dollars_40": (
        report(RICH, [budget("1000000000000", "1000000000")], previous=USUAL_BEFORE),
        Screen(40),
    ),
    "less_than_a_cent": (report(TINY, previous=TINIER), TERMINAL),
    "two_hundred_models": (report(MANY, [budget("30000", "20000")]), TERMINAL),
    "over_budget": (report(LATE, [OVER]), TERMINAL),
    "several_budgets": (report(BLIND, SCOPED), TERMINAL),
    "several_budgets_40": (report(BLIND, SCOPED), Screen(40)),
    "hours": (report(HOURS), TERMINAL),
    "years": (report(YEARS), TERMINAL),
    "by_feature_and_customer": (report(FEATURES, group_by=("feature", "customer")), TERMINAL),
    "by_day": (report(BY_DAY, group_by=("day",)), TERMINAL),
    "hostile_names": (report(HOSTILE), COLOUR),
}


@pytest.mark.parametrize("name", CASES)
def test_status_looks_like_its_snapshot(name: str) -> None:
    what, screen = CASES[name]
    text = text_of(status(what, screen), screen)
    if screen.width:
        plain = text if not screen.colour else text_of(status(what, screen), Screen(screen.width))
        assert max(map(len, plain.splitlines())) <= screen.width
    check(f"status_{name}", text)
