"""Advice and what-if: the API's figures, the calls they rest on, and what is decided about them."""

import re
from typing import Any

from dashboard import Dashboard, Person, shown
from playwright.async_api import Locator, Page, expect


def _card(page: Page, title: str) -> Locator:
    return page.get_by_role("article", name=title)


async def _report(person: Person, state: str = "open") -> dict[str, Any]:
    report: dict[str, Any] = await person.call("GET", f"/api/recommendations?state={state}")
    return report


async def test_cards_have_the_apis_figures_and_lead_to_their_calls(
    dashboard: Dashboard, owner: Person
) -> None:
    report = await _report(owner)
    advice = report["recommendations"]
    assert len(advice) >= 3, report
    visit = await dashboard.visit(owner)
    page = visit.page
    await page.goto(owner.path("recommendations"))
    cards = page.get_by_role("list", name="Recommendations, the best first").get_by_role("article")
    await expect(cards).to_have_count(len(advice))
    for card, each in zip(await cards.all(), advice, strict=True):
        await expect(card.get_by_role("heading")).to_have_text(each["title"])
        saving = each["saving"]
        await expect(card).to_contain_text(
            f"Likely saving in 30 days{shown(saving['likely'])}"
            f"{shown(saving['low'])} to {shown(saving['high'])}"
        )
        await expect(card).to_contain_text(each["why"])
        await expect(card).to_contain_text(f"{each['sample']['calls']:,} call")
    await expect(page.get_by_text("Based on")).to_contain_text(shown(report["based_on"]["spend"]))
    silent = page.get_by_text(f"What else was looked for ({len(report['silent'])})")
    await silent.click()
    for rule in report["silent"]:
        await expect(page.get_by_text(re.compile(re.escape(rule["reason"][1:]), re.I)).first).to_be_visible()
    for each in await cards.all():
        await each.get_by_text("Evidence", exact=True).click()
    await visit.settle()
    await visit.check_access()
    await visit.fits()

    # Its calls are those of the API's own request, to the call and the cent.
    for each in [one for one in advice if one["evidence"].get("events")][:3]:
        request = each["evidence"]["events"].replace("/api/costs?", "/api/costs/summary?")
        calls = await owner.call("GET", request)
        await page.goto(owner.path("recommendations"))
        await _card(page, each["title"]).get_by_role("link", name="See these calls").click()
        await expect(page.get_by_role("heading", level=1, name="Events")).to_be_visible()
        number, spend = calls["counts"]["events"], calls["total_spend"]
        await expect(page.get_by_text(re.compile("call.*, together"))).to_contain_text(
            re.compile(rf"^{number:,} calls?, together {re.escape(shown(spend))}")
        )
        await expect(page.get_by_text("could not be read")).to_have_count(0)


async def test_advice_is_accepted_snoozed_dismissed_and_opened_again(
    dashboard: Dashboard, owner: Person
) -> None:
    viewer = await owner.invite("advice-viewer@example.com", "viewer")
    first, second, third, *_ = (await _report(owner))["recommendations"]
    page = (await dashboard.visit(owner)).page
    await page.goto(owner.path("recommendations"))

    async def decide(advice: dict[str, Any], deed: str, note: str = "") -> None:
        await _card(page, advice["title"]).get_by_role("button", name=deed).click()
        form = page.get_by_role("dialog", name=f"{deed}: {advice['title']}")
        if deed == "Snooze":
            await form.get_by_label("For").select_option("a week")
        await form.get_by_label("Note (optional)").fill(note)
        await form.get_by_role("button", name=deed, exact=True).click()
        await expect(form).to_have_count(0)
        await expect(_card(page, advice["title"])).to_have_count(0)

    await decide(second, "Snooze")
    await decide(third, "Dismiss", "contract <b>until</b> March")
    await decide(first, "Accept", "from Monday on")
    for advice, tab, state, words in (
        (first, "Accepted", "accepted", "“from Monday on”"),
        (second, "Snoozed", "snoozed", "until"),
        (third, "Dismissed", "dismissed", "“contract <b>until</b> March”"),
    ):
        await page.get_by_role("tab", name=tab).click()
        await expect(_card(page, advice["title"])).to_contain_text(words)
        assert [each["id"] for each in (await _report(owner, state))["recommendations"]] == [advice["id"]]
    await page.get_by_role("tab", name="Accepted").click()
    await expect(page.get_by_role("region", name="Verified saving")).to_contain_text("Not verified yet")

    looker = (await dashboard.visit(viewer)).page
    await looker.goto(owner.path("recommendations?show=dismissed"))
    await expect(_card(looker, third["title"])).to_contain_text("Viewers can look, not decide.")
    await expect(looker.get_by_role("button", name="Open again")).to_have_count(0)

    for tab, advice in (("Accepted", first), ("Snoozed", second), ("Dismissed", third)):
        await page.get_by_role("tab", name=tab).click()
        await _card(page, advice["title"]).get_by_role("button", name="Open again").click()
        await expect(_card(page, advice["title"])).to_have_count(0)
    await page.get_by_role("tab", name="Open", exact=True).click()
    for advice in (first, second, third):
        await expect(_card(page, advice["title"])).to_be_visible()


async def test_what_if_is_the_apis_table(dashboard: Dashboard, owner: Person) -> None:
    visit = await dashboard.visit(owner)
    page = visit.page
    await page.goto(owner.path("recommendations?show=what-if&feature=contract-review"))
    await page.get_by_role("button", name="Add model").click()
    adding = page.get_by_role("dialog", name="Add a model")
    on = ("openai/gpt-4o", "anthropic/claude-sonnet-4-5")
    for name in on:
        await adding.get_by_role("searchbox").fill(name)
        await adding.get_by_label(name, exact=True).click()
        await expect(adding.get_by_label(name, exact=True)).to_be_checked()
    await page.keyboard.press("Escape")
    days = await page.get_by_role("button", name="Time:").inner_text()
    assert days == "Last 30 days"
    answer: dict[str, Any] = {}

    async def compare() -> None:
        async with page.expect_response(re.compile("/api/costs/what-if")) as asked:
            await page.reload()
        query = (await asked.value).url.split("?", 1)[1]
        answer.update(await owner.call("GET", f"/api/costs/what-if?{query}"))
        same = re.sub(r"(^|&)(model|processing)=[^&]*", "", query)
        summary = await owner.call("GET", f"/api/costs/summary?{same.lstrip('&')}")
        assert answer["actual"]["spend"] == summary["total_spend"]
        rows = page.get_by_role("table", name="What these calls would cost on each model").get_by_role("row")
        await expect(rows).to_have_count(len(answer["targets"]) + 1)
        for target in answer["targets"]:
            row = rows.filter(has_text=target["model"])
            await expect(row.get_by_title(f"${target['cost']}", exact=True)).to_be_visible()
            await expect(row.get_by_title(f"${target['difference']}", exact=True)).to_be_visible()
            await expect(row).to_contain_text(f"{target['calls']:,}")
        await expect(page.get_by_text("Really spent").locator("..")).to_contain_text(
            shown(answer["actual"]["spend"])
        )

    await compare()
    standard = [each["cost"] for each in answer["targets"]]
    await page.get_by_role("button", name="All as batches").click()
    await expect(page).to_have_url(re.compile("processing=batch"))
    await compare()
    assert [each["cost"] for each in answer["targets"]] != standard
    await visit.settle()
    await visit.check_access()
