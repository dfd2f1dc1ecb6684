"""Prices, their past, repricings, estimates and quarantined calls as they look, against kept snapshots."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cli_price_samples import (
    AZURE_GPT_4O,
    BEATEN,
    CATALOGUE,
    DEEPSEEK,
    DISCOUNT,
    ESTIMATE,
    GEMINI_PRO,
    GPT_4O,
    GPT_4O_BATCH,
    OWN,
    OWN_PRICES,
    PAST,
    QUARANTINED,
    WHISPER,
    difference,
    estimated,
    quarantined,
    repricing,
    tokens,
    version,
)
from llmlab_cli.render.estimate import estimate
from llmlab_cli.render.mappings import mapping_table
from llmlab_cli.render.own_prices import own_price_table
from llmlab_cli.render.price_history import price_history
from llmlab_cli.render.prices import PriceView, price, price_table
from llmlab_cli.render.quarantine import Quarantine, quarantine
from llmlab_cli.render.repricing import job_table, outcome
from llmlab_cli.screen import Screen, text_of
from rich.console import RenderableType
from snapshots import check

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USUAL = Screen(80)
NARROW = Screen(40)
PIPE = Screen(None)
PLAIN = Screen(80, unicode=False)
ALL = [AZURE_GPT_4O, DEEPSEEK, GEMINI_PRO, GPT_4O, GPT_4O_BATCH, WHISPER, DISCOUNT]
AZURE_EU = version(17, "azure/gpt-4o", {"factor": "1.1"}, context="@eu")
HOSTILE = version(1, "custom/\x1b[31m[red]evil\u202e", tokens(input="0.0000375", output="1000"))


def view(*prices: dict[str, Any], context: str = "", **fields: Any) -> PriceView:
    first = prices[0]
    return PriceView(first["provider"], first["model"], context, prices, (), CATALOGUE, **fields)


def seen(*prices: dict[str, Any], context: str = "", **fields: Any) -> Callable[[Screen], RenderableType]:
    shown = replace(view(*prices, context=context), **fields)
    return lambda screen: price(shown, screen)


NOTE = "\x1b]0;x\x07" + "as agreed with the reseller on the phone, to be looked at again in spring " * 2
OURS = [*OWN_PRICES, {**HOSTILE, "id": 7, "layer": "custom", "source": NOTE, "effective": False}]
MANY_DAYS = [difference("2", "1", 10, day=f"2026-{m:02}-{d:02}") for m in (9, 10) for d in range(1, 29)]
MANY_MODELS = [difference("2", f"1.{i}", 10, provider="openai", model=f"model-{i}") for i in range(20)]
RUNNING = repricing(13, status="running", changed=40, progress={"seen": 1700, "expected": 5000})
JOBS = [
    RUNNING,
    repricing(),
    repricing(11, dry_run=True, reason=None),
    repricing(10, kind="undo", undoes=9, status="failed", error="the database was away", difference="0"),
    repricing(8, status="queued", progress={"seen": 0, "expected": None}, reason="x" * 100),
]
MAPPINGS = [
    {"provider": "azure", "name": "our-gpt", "model": "gpt-4o", "target_provider": "openai"},
    {"provider": "azure", "name": "y" * 50, "model": "gpt-4", "target_provider": None},
]
SAME = {**ESTIMATE, "calls": 1, "estimates": [estimated("a/x", "0.06", "0.06", "0") for _ in range(2)]}
ONE = {**ESTIMATE, "calls": 1, "estimates": [estimated("openai/gpt-4", "0.06", "0.06", None)]}
MISSING = [quarantined(1, "openai/gpt-4o", None, "2026-11-21T10:00:00Z")]

CASES: dict[str, tuple[Callable[[Screen], RenderableType], Screen]] = {
    "price_usual": (seen(GPT_4O, GPT_4O_BATCH, elsewhere=["azure"]), USUAL),
    "price_discounted": (seen(GPT_4O, discounts=[DISCOUNT]), USUAL),
    "price_batch_discounted": (seen(GPT_4O, GPT_4O_BATCH, context="batch", discounts=[DISCOUNT]), USUAL),
    "price_of_no_such_context": (seen(GPT_4O, context="flex@eu"), USUAL),
    "price_own": (seen(BEATEN, OWN, discounts=[DISCOUNT], everything=True), USUAL),
    "price_tiers": (seen(GEMINI_PRO), USUAL),
    "price_tiers_40": (seen(GEMINI_PRO), NARROW),
    "price_times_of_day": (seen(DEEPSEEK), USUAL),
    "price_by_use": (seen(WHISPER, discounts=[DISCOUNT]), USUAL),
    "price_none_in_force": (seen(GPT_4O_BATCH), USUAL),
    "price_of_another_list": (seen(AZURE_EU, fallback=[GPT_4O], rule="openai:exact", context="@eu"), USUAL),
    "price_old_list": (seen(GPT_4O, catalogue={**CATALOGUE, "age_days": 60}), USUAL),
    "price_hostile": (seen(HOSTILE), Screen(80, colour=True)),
    "prices_80": (lambda screen: price_table(ALL, screen), USUAL),
    "prices_40": (lambda screen: price_table(ALL, screen), NARROW),
    "prices_pipe": (lambda screen: price_table([*ALL, HOSTILE], screen), PIPE),
    "own_prices_80": (lambda screen: own_price_table(OURS, NOW, screen), USUAL),
    "own_prices_40": (lambda screen: own_price_table(OURS, NOW, screen), NARROW),
    "own_prices_pipe": (lambda screen: own_price_table(OURS, NOW, screen), PIPE),
    "own_prices_colour": (lambda screen: own_price_table(OURS, NOW, screen), Screen(100, colour=True)),
    "own_prices_none": (lambda screen: own_price_table([], NOW, screen), NARROW),
    "price_history": (lambda screen: price_history("openai/gpt-4o", PAST, NOW, screen), USUAL),
    "price_history_40": (lambda screen: price_history("openai/gpt-4o", PAST, NOW, screen), NARROW),
    "price_history_ascii": (lambda screen: price_history("openai/gpt-4o", PAST, NOW, screen), PLAIN),
    "price_history_one": (lambda screen: price_history("openai/gpt-4o", [GPT_4O], NOW, screen), USUAL),
    "repricing_preview": (lambda screen: outcome(repricing(dry_run=True, skipped=1), screen), USUAL),
    "repricing_done": (lambda screen: outcome(repricing(), screen), USUAL),
    "repricing_40": (lambda screen: outcome(repricing(dry_run=True), screen), NARROW),
    "repricing_nothing": (
        lambda screen: outcome(
            repricing(dry_run=True, changed=0, by_model=[], by_day=[], by_status=[], difference="0"), screen
        ),
        USUAL,
    ),
    "repricing_much": (
        lambda screen: outcome(repricing(by_model=MANY_MODELS, by_day=MANY_DAYS, difference="-1"), screen),
        USUAL,
    ),
    "jobs_80": (lambda screen: job_table(JOBS, screen), USUAL),
    "jobs_40": (lambda screen: job_table(JOBS, screen), NARROW),
    "jobs_none": (lambda screen: job_table([], screen), USUAL),
    "mappings": (lambda screen: mapping_table(MAPPINGS, screen), USUAL),
    "mappings_none": (lambda screen: mapping_table([], screen), USUAL),
    "estimate_80": (lambda screen: estimate(ESTIMATE, screen), USUAL),
    "estimate_40": (lambda screen: estimate(ESTIMATE, screen), NARROW),
    "estimate_colour": (lambda screen: estimate(ESTIMATE, screen), Screen(80, colour=True)),
    "estimate_same": (lambda screen: estimate(SAME, screen), USUAL),
    "estimate_one": (lambda screen: estimate(ONE, screen), USUAL),
    "quarantine_80": (
        lambda screen: quarantine(
            Quarantine(QUARANTINED, "quarantined", "the last 30 days", more=True), screen
        ),
        USUAL,
    ),
    "quarantine_40": (
        lambda screen: quarantine(Quarantine(QUARANTINED, "quarantined", "the last 30 days"), screen),
        NARROW,
    ),
    "quarantine_missing": (
        lambda screen: quarantine(Quarantine(MISSING, "missing", "2026-11-01 to now"), screen),
        USUAL,
    ),
    "quarantine_none": (
        lambda screen: quarantine(Quarantine([], "quarantined", "the last 30 days"), screen),
        USUAL,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_looks_like_its_snapshot(name: str) -> None:
    render, screen = CASES[name]
    text = text_of(render(screen), screen)
    if screen.width:
        plain = text_of(render(screen), Screen(screen.width))
        assert max(map(len, plain.splitlines())) <= screen.width
    check(name, text)


def test_a_pipe_gets_lines_as_long_as_their_content() -> None:
    names = [letter * 600 for letter in "ab"]
    mapping = {"provider": "azure", "name": names[0], "model": names[1], "target_provider": None}
    _, line = text_of(mapping_table([mapping], PIPE), PIPE).splitlines()
    assert all(name in line for name in names)
