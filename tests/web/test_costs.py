"""Overview and explore: what they say is what the API says, and they lead to the calls behind it."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from dashboard import Dashboard, Person
from ledger import entry_of, event
from playwright.async_api import Download, Locator, Page, expect

BATCH = 500
# Names as people who mean harm choose them, and as other people's languages write them.
RTL = "שלום עולם \u202eevil"
LONG = "n" * 256
NAMES = ["<script>alert(1)</script>", RTL, "🦜🦜 parrots", "=1+1", LONG]


async def _store(dashboard: Dashboard, workspace: int, events: Iterable[dict[str, Any]]) -> None:
    every = list(events)
    for start in range(0, len(every), BATCH):
        entry = entry_of(*every[start : start + BATCH], workspace_id=workspace)
        outcome = await dashboard.ledger.process(entry)
        assert outcome.dead == 0


def _at(moment: datetime) -> str:
    return moment.isoformat()


def _card(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


async def _days(days: int = 30) -> dict[str, str]:
    today = datetime.now(UTC).date()
    return {"from": f"{today - timedelta(days=days - 1)}", "to": f"{today + timedelta(days=1)}", "tz": "UTC"}


async def _summary(person: Person, **query: str) -> Any:
    asked = urlencode({**await _days(), **query})
    return await person.call("GET", f"/api/costs/summary?{asked}")


async def _rows(page: Page, caption: str) -> list[list[str]]:
    """Return the cells of a table's rows, its heading and its foot left out."""
    table = page.get_by_role("table", name=re.compile(caption))
    rows = []
    for row in await table.get_by_role("row").all():
        rows.append([text.strip() for text in await row.get_by_role("cell").all_inner_texts()])
    return [cells for cells in rows if cells][:-1]


async def test_the_overview_says_what_the_api_says(dashboard: Dashboard, owner: Person) -> None:
    visit = await dashboard.visit(owner)
    page = visit.page
    await page.goto(owner.path())
    await visit.settle()
    whole = await _summary(owner)
    figures = page.get_by_role("definition")
    await expect(figures.get_by_title(f"${whole['total_spend']}", exact=True)).to_be_visible()
    now = datetime.now(UTC)
    for name, first in (("Today", now.date()), ("This month", now.date().replace(day=1))):
        spent = await _summary(owner, **{"from": str(first)})
        tile = page.get_by_role("group", name=name, exact=True)
        await expect(tile.get_by_title(f"${spent['total_spend']}", exact=True)).to_be_visible()
        await expect(tile).to_contain_text(f"{spent['counts']['events']:,} call")
    for title, dimension in (("Models", "model"), ("Features", "feature"), ("Customers", "customer")):
        groups = (await _summary(owner, group_by=dimension))["groups"]
        lines = _card(page, title).get_by_role("listitem")
        for line, group in zip(await lines.all(), groups[:7], strict=True):
            await expect(line).to_contain_text(group["keys"][dimension] or f"no {dimension}")
            # One model has no price: what it cost is not known, which is not nothing.
            spent = "not known" if group["spend"] == "0" else f"${group['spend']}"
            await expect(line.get_by_title(spent, exact=True)).to_be_visible()
    # The chart and its table are the same figures: what they add up to is the whole.
    over_time = _card(page, "Spend over time")
    await expect(
        over_time.get_by_role("img", name=re.compile("Spend by model, Last 30 days"))
    ).to_be_visible()
    await over_time.get_by_role("button", name="Table").click()
    total = over_time.get_by_role("row", name=re.compile("^Total"))
    await expect(total.get_by_title(f"${whole['total_spend']}", exact=True)).to_be_visible()


async def test_a_reported_call_appears_everywhere_without_a_reload(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("live@example.com")
    await person.report(event(feature="search"))
    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path("?view=table"))
    today = page.get_by_role("group", name="Today", exact=True)
    await expect(today).to_contain_text("1 call")
    await expect(page.get_by_role("status").filter(has_text=re.compile("^Live$"))).to_be_visible()
    models = _card(page, "Models")
    await expect(models.get_by_role("link", name=re.compile("gpt-4 "))).to_be_visible()

    await person.report(event(model="gpt-4o", input_tokens=1_000_000, output_tokens=0, feature="chat"))
    await expect(today).to_contain_text("2 calls")
    await expect(today.get_by_title("$2.56", exact=True)).to_be_visible()
    month = page.get_by_role("group", name="This month", exact=True)
    await expect(month.get_by_title("$2.56", exact=True)).to_be_visible()
    total = _card(page, "Spend over time").get_by_role("row", name=re.compile("^Total"))
    await expect(total.get_by_title("$2.56", exact=True)).to_be_visible()
    await expect(models.get_by_role("listitem").first).to_contain_text("gpt-4o")


async def test_from_the_overview_to_the_calls_in_three_clicks(dashboard: Dashboard, owner: Person) -> None:
    visit = await dashboard.visit(owner)
    page = visit.page
    await page.goto(owner.path())
    dearest = (await _summary(owner, group_by="model"))["groups"][0]["keys"]["model"]
    await _card(page, "Models").get_by_role("link", name=dearest).first.click()
    await expect(page.get_by_role("button", name=f"Model: {dearest}")).to_be_visible()
    feature = (await _summary(owner, group_by="feature", model=dearest))["groups"][0]
    await page.get_by_role("link", name=f"Calls of {feature['keys']['feature']}", exact=True).click()
    await expect(page.get_by_role("heading", level=1, name="Events")).to_be_visible()
    await expect(page.get_by_text(f"{feature['events']:,} call")).to_be_visible()
    await expect(page.get_by_role("main").get_by_title(f"${feature['spend']}", exact=True)).to_be_visible()
    first = page.get_by_role("table", name="Calls").get_by_role("row").nth(1)
    await expect(first).to_contain_text(dearest)
    await first.get_by_role("link").click()
    await expect(page.get_by_role("dialog")).to_contain_text(dearest)


async def test_explore_keeps_all_that_it_is_set_to_in_its_link(dashboard: Dashboard, owner: Person) -> None:
    visit = await dashboard.visit(owner)
    page = visit.page
    await page.goto(owner.path("explore"))
    await page.get_by_label("Group by").select_option("Feature")
    await page.get_by_label("Then by").select_option("Customer")
    scanned = (await _summary(owner, group_by="feature,customer"))["source"]["events_scanned"]
    await expect(page.get_by_text(f"Counted call by call: {scanned:,} calls looked at")).to_be_visible()

    model = (await _summary(owner, group_by="model"))["groups"][0]["keys"]["model"]
    await page.get_by_role("button", name="Filter", exact=True).click()
    await page.get_by_role("menuitem", name="Model").click()
    await page.get_by_label("Find model").fill(model[:-1])
    await page.get_by_role("checkbox", name=re.compile(f"^{re.escape(model)}")).first.check()
    await page.keyboard.press("Escape")
    # What it is set to goes by way of the address, so that it shows a moment later.
    await page.get_by_label("Compare with the time before").click()
    await expect(page.get_by_label("Compare with the time before")).to_be_checked()
    await page.get_by_role("button", name="Calls", exact=True).click()
    await expect(page.get_by_role("columnheader", name="Calls")).to_have_attribute("aria-sort", "descending")
    await expect(page.get_by_role("columnheader", name="Difference")).to_be_visible()
    await visit.settle()

    found = await _rows(page, "Spend by feature and customer")
    kept = (await _summary(owner, group_by="feature,customer", model=model))["groups"]
    now = [cells for cells in found if cells[7] != "0"]
    assert [int(cells[7].replace(",", "")) for cells in now] == sorted(
        (group["events"] for group in kept), reverse=True
    )
    assert {(cells[0], cells[1]) for cells in now} == {
        (group["keys"]["feature"], group["keys"]["customer"]) for group in kept
    }

    address = page.url
    await page.reload()
    await visit.settle()
    assert await _rows(page, "Spend by feature and customer") == found
    other = await dashboard.visit(owner)
    await other.page.goto(address)
    await other.settle()
    await expect(other.page.get_by_label("Compare with the time before")).to_be_checked()
    assert await _rows(other.page, "Spend by feature and customer") == found


async def test_a_link_with_nonsense_opens_with_defaults_and_says_so(
    dashboard: Dashboard, owner: Person
) -> None:
    visit = await dashboard.visit(owner)
    page = visit.page
    nonsense = "range=yesteryear&tz=Mars&by=colour&and=&compare=perhaps&sort=up&status=fine&api_key=<b>"
    await page.goto(owner.path(f"explore?{nonsense}"))
    said = page.get_by_role("status").filter(has_text="This link is not quite one of ours")
    for name in ("range", "tz", "by", "compare", "sort", "status", "api_key"):
        await expect(said).to_contain_text(name)
    await expect(page.get_by_role("table", name="Spend by model, Last 30 days")).to_be_visible()
    await page.goto(owner.path("?range=1999&stack=<i>&view=3d"))
    await expect(said).to_contain_text("range, stack, view")
    await expect(page.get_by_role("button", name="Time: Last 30 days")).to_be_visible()
    await page.goto(owner.path("events?range=&status=fine&session_id=%00"))
    await expect(said).to_contain_text("status")
    await expect(page.get_by_role("table", name="Calls").get_by_role("row").nth(1)).to_be_visible()


async def _download(page: Page, name: str) -> Download:
    await page.get_by_role("button", name="Download").click()
    async with page.expect_download() as download:
        await page.get_by_role("menuitem", name=name).click()
    return await download.value


async def _lines(download: Download) -> list[list[str]]:
    text = (await download.path()).read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


async def test_names_that_mean_harm_are_harmless_and_files_are_too(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("names@example.com")
    now = datetime.now(UTC)
    await _store(
        dashboard,
        person.workspace,
        (
            event(feature=name, customer=name, user=name, timestamp=_at(now - timedelta(minutes=n)))
            for n, name in enumerate(NAMES)
        ),
    )
    visit = await dashboard.visit(person)
    page = visit.page
    page.on("dialog", lambda dialog: visit.complaints.append(f"a name ran: {dialog.message}"))
    await page.goto(person.path("?stack=customer"))
    await visit.settle()
    for name in NAMES:
        await expect(_card(page, "Customers").get_by_title(name, exact=True)).to_be_visible()
    await visit.fits()

    await page.goto(person.path("explore?by=customer"))
    table = page.get_by_role("table", name=re.compile("Spend by customer"))
    for name in NAMES:
        await expect(table.get_by_title(name, exact=True)).to_be_visible()
    await visit.fits()
    lines = await _lines(await _download(page, "This table (CSV)"))
    assert lines[0][:3] == ["Customer", "Spend (USD)", "Calls"]
    assert {(line[0], line[1], line[2]) for line in lines[1:]} == {
        ("'=1+1" if name == "=1+1" else name, "0.06", "1") for name in NAMES
    }
    every = await _lines(await _download(page, "Every call (CSV)"))
    customer = every[0].index("customer")
    assert "'=1+1" in {line[customer] for line in every[1:]}
    assert not [cell for line in every for cell in line if cell.startswith(("=", "+", "@"))]

    await page.get_by_role("button", name="Filter", exact=True).click()
    await page.get_by_role("menuitem", name="Customer").click()
    await page.get_by_label("Find customer").fill("<script>")
    await page.get_by_role("dialog").get_by_role("checkbox", name=re.compile("^<script>")).check()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name=f"Customer: {NAMES[0]}")).to_be_visible()
    await expect(table.get_by_role("row")).to_have_count(3)

    await page.goto(person.path(f"events?{urlencode({'customer': NAMES}, doseq=True)}"))
    calls = page.get_by_role("table", name="Calls")
    for name in NAMES:
        await expect(calls.get_by_title(name, exact=True).first).to_be_visible()
    await calls.get_by_role("row").nth(1).get_by_role("link").click()
    await expect(page.get_by_role("dialog")).to_contain_text(NAMES[0])
    await visit.fits()


async def test_the_calls_of_another_workspace_than_the_first_are_saved(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("second@example.com")
    second = (await person.call("POST", "/api/workspaces", {"name": "Lagoon"}))["id"]
    await _store(dashboard, person.workspace, [event(customer="of the first")])
    await _store(dashboard, second, [event(customer="of the second"), event(customer="of the second")])
    visit = await dashboard.visit(person)
    await visit.page.goto(f"/w/{second}/explore")
    await visit.settle()
    focus = await _download(visit.page, "Every call (FOCUS, for cost tools)")
    heading, *lines = await _lines(focus)
    place = {name: heading.index(name) for name in ("BillingAccountId", "BilledCost", "x_Customer")}
    assert [[line[n] for n in place.values()] for line in lines] == [
        [f"workspace-{second}", "0.06", "of the second"]
    ] * 2


async def test_days_are_those_of_the_zone_that_is_chosen(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("zones@example.com")
    day = (datetime.now(UTC) - timedelta(days=5)).date()
    late = datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC)
    await _store(dashboard, person.workspace, [event(timestamp=_at(late))])
    next_day = day + timedelta(days=1)
    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path(f"explore?range={next_day}..{next_day}"))
    await expect(page.get_by_text("No calls fit that")).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Time: ")).click()
    await page.get_by_label("Time zone").fill("Asia/Tokyo")
    await page.get_by_label("Time zone").press("Enter")
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile(r"tz=Asia(%2F|/)Tokyo"))
    await expect(page.get_by_role("link", name="gpt-4", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Calls of gpt-4").click()
    await expect(page.get_by_role("table", name="Calls").get_by_role("row").nth(1)).to_contain_text(
        "08:30:00"
    )


async def test_what_an_empty_workspace_and_one_without_prices_say(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("empty@example.com")
    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path())
    await expect(page.get_by_text("No calls yet")).to_be_visible()
    await expect(page.get_by_role("link", name="Send your first call")).to_have_attribute(
        "href", person.path("start")
    )
    await page.goto(person.path("explore"))
    await expect(page.get_by_text("No calls fit that")).to_be_visible()
    await page.goto(person.path("events"))
    await expect(page.get_by_text("No calls here")).to_be_visible()

    await page.goto(person.path())
    await expect(page.get_by_text("No calls yet")).to_be_visible()
    await person.report(event(model="a-model-of-ours", feature="search"))
    # It comes by itself, and nothing claims that it was free.
    await expect(page.get_by_text("1 call without a known price")).to_be_visible()
    await expect(page.get_by_role("link", name="Give them a price")).to_have_attribute(
        "href", person.path("prices")
    )
    models = _card(page, "Models")
    await expect(models).to_contain_text("1 call not priced")
    await expect(models.get_by_title("not known")).to_be_visible()
    await expect(
        page.get_by_text("Nothing was spent in this time, as far as costs are known.")
    ).to_be_visible()
    await page.goto(person.path("explore"))
    table = page.get_by_role("table", name=re.compile("Spend by model"))
    await expect(table.get_by_role("row", name=re.compile("a-model-of-ours"))).to_contain_text("not priced")
    await expect(page.get_by_text("The cost of 1 call is not known, so no sum has it")).to_be_visible()


async def _many(dashboard: Dashboard, person: Person) -> str:
    """Store calls of 10,500 customers at as many models; return what they cost."""
    start = datetime.now(UTC) - timedelta(days=2)
    await _store(
        dashboard,
        person.workspace,
        (
            event(
                model=f"model-{n:05}",
                customer=f"customer-{n:05}",
                reported_cost=f"{n + 1}e-4",
                reported_by="provider",
                timestamp=_at(start + timedelta(seconds=n // 100)),
            )
            for n in range(10_500)
        ),
    )
    return str(sum(range(1, 10_501)) / 10_000)


async def _usable(page: Page, dimension: str, total: str) -> None:
    name = dimension.capitalize()
    caption = re.compile(f"Spend by {dimension}, Last 30 days")
    await page.get_by_label("Group by").select_option(name)
    await expect(page.get_by_role("region", name="In sum").get_by_title(f"${total}")).to_be_visible()
    await expect(page.get_by_text("There are more than 10,000 lines")).to_be_visible()
    region = page.get_by_role("region", name=caption)
    first = region.get_by_role("row").nth(1)
    await expect(first).to_contain_text(f"{dimension}-10499")
    # Only the lines in sight are drawn, and the list can be ordered and read to its end.
    assert await region.get_by_role("row").count() < 100
    await page.get_by_role("button", name=name, exact=True).click()
    await expect(first).to_contain_text(f"{dimension}-09500")
    await region.focus()
    await page.keyboard.press("End")
    await expect(region.get_by_role("link", name=f"{dimension}-10499", exact=True)).to_be_visible()


async def test_ten_thousand_customers_and_models_do_not_freeze_a_list(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("many@example.com")
    total = await _many(dashboard, person)
    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path("?stack=customer"))
    await visit.settle()
    for title, value in (("Models", "model-10499"), ("Customers", "customer-10499")):
        card = _card(page, title)
        await expect(card.get_by_role("listitem").first).to_contain_text(value)
        await expect(card.get_by_role("link", name="More than 10,000 values")).to_be_visible()
    await expect(page.get_by_role("definition").get_by_title(f"${total}", exact=True)).to_be_visible()
    chart = _card(page, "Spend over time")
    await expect(chart.get_by_role("listitem").filter(has_text="customer-10499")).to_be_visible()
    await expect(chart.get_by_role("listitem").filter(has_text="All others")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)

    await page.goto(person.path("explore"))
    await _usable(page, "model", total)
    await page.goto(person.path("explore"))
    await _usable(page, "customer", total)
    await page.get_by_role("button", name="Filter", exact=True).click()
    await page.get_by_role("menuitem", name="Customer").click()
    await page.get_by_label("Find customer").fill("04242")
    await page.get_by_role("checkbox", name=re.compile("customer-04242")).check()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("link", name="customer-04242", exact=True)).to_be_visible()
    await page.get_by_label("Then by").select_option("Model")
    await expect(page.get_by_role("link", name="model-04242", exact=True)).to_be_visible()
