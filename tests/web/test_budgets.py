"""From a budget to its alert: set, passed, told by a real webhook, acknowledged."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from dashboard import Dashboard, Person, shown, until
from ledger import entry_of, event
from llmlab.testing import Receiver, Reply
from playwright.async_api import Locator, Page, expect

HOOK = "/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A service of somebody's that takes webhooks."""
    with Receiver() as started:
        started.answers[f"POST {HOOK}"] = Reply(204)
        yield started


def _told(receiver: Receiver) -> list[dict[str, Any]]:
    return [request.json for request in receiver.requests]


async def _webhook(person: Person, receiver: Receiver, name: str = "Our service") -> int:
    """Make a webhook the only channel."""
    channels = await person.call("GET", "/api/channels")
    for each in channels["channels"]:
        await person.call("DELETE", f"/api/channels/{each['id']}")
    body = {"kind": "webhook", "name": name, "settings": {"url": f"{receiver.url}{HOOK}"}}
    made = await person.call("POST", "/api/channels", body)
    number: int = made["id"]
    return number


async def _last_month(dashboard: Dashboard, person: Person, calls: int) -> None:
    """Store calls of six cents each in the month before this one."""
    first = datetime.now(UTC).replace(day=1, hour=12, minute=0)
    past = [event(timestamp=(first - timedelta(days=8, minutes=each)).isoformat()) for each in range(calls)]
    await dashboard.ledger.process(entry_of(*past, workspace_id=person.workspace))


def _backtest(page: Page) -> Locator:
    return page.get_by_role("region", name="What it would have done")


async def test_from_a_budget_to_its_alert(dashboard: Dashboard, receiver: Receiver) -> None:
    person = await dashboard.sign_up("budgets@example.com")
    await _last_month(dashboard, person, 30)
    visit = await dashboard.visit(person)
    page = visit.page

    # A channel, that a test arrives by.
    await page.goto(person.path("budgets/channels"))
    await page.get_by_role("button", name="Add channel").first.click()
    form = page.get_by_role("dialog", name="Add a channel")
    await form.get_by_label("Kind").select_option("Webhook")
    await form.get_by_label("URL").fill("ftp://example.com")
    await form.get_by_role("button", name="Add channel").click()
    await expect(form.get_by_text("A URL that begins with https://.")).to_be_visible()
    await form.get_by_label("URL").fill("http://192.0.2.1/hook")
    await form.get_by_role("button", name="Add channel").click()
    await expect(form.get_by_label("URL")).to_have_attribute("aria-invalid", "true")
    await expect(form.get_by_role("alert")).to_be_visible()
    await form.get_by_label("URL").fill(f"{receiver.url}{HOOK}")
    await form.get_by_label("Name").fill("Our service")
    await form.get_by_role("button", name="Add channel").click()
    secret = page.get_by_role("dialog", name="The webhook's secret")
    await expect(secret).to_contain_text("whsec_")
    await secret.get_by_role("button", name="I have copied it").click()
    await page.get_by_role("button", name="Send test to Our service").click()
    await expect(page.get_by_text("The test arrived.")).to_be_visible()
    (tested,) = receiver.requests
    assert tested.json["type"] == "test"
    assert {"webhook-id", "webhook-signature"} <= {name.lower() for name in tested.headers}

    # A budget, with what it would have done before it is saved.
    await page.get_by_role("link", name="Budgets", exact=True).last.click()
    await page.get_by_role("button", name="Set a monthly budget").click()
    form = page.get_by_role("dialog", name="New budget")
    amount = form.get_by_label("Amount in USD")
    await amount.fill("-5")
    await form.get_by_role("button", name="Set budget").click()
    await expect(form.get_by_text("An amount such as 500 or 0.25, without commas.")).to_be_visible()
    await expect(amount).to_be_focused()
    await amount.fill("0")
    await expect(form.get_by_text("Above 0, and at most a trillion.")).to_be_visible()
    await amount.fill("1")
    asked = {"budget_amount": "1", "thresholds": ["0.5", "0.8", "1"]}
    past = await person.call("POST", "/api/budgets/backtest?days=90", asked)
    assert past["fired"] == 3
    await expect(_backtest(page)).to_contain_text(past["summary"])
    (spent,) = [each["spent"] for each in past["periods"] if Decimal(each["spent"])]
    await expect(_backtest(page).get_by_role("table")).to_contain_text(shown(spent))
    await visit.settle()
    await visit.check_access()
    assert (await person.call("GET", "/api/budgets"))["budgets"] == [], "it is not saved yet"
    await form.get_by_label("Name").fill("Everything")
    await form.get_by_role("button", name="Set budget").click()
    await expect(page.get_by_role("heading", level=1, name="Everything")).to_be_visible()
    await expect(page.get_by_text("No threshold passed so far")).to_be_visible()
    await expect(page.get_by_text(f"{shown('0')} of {shown('1')}")).to_be_visible()

    # Calls that pass the half, then 80 %: seen without a reload.
    await person.report(*(event() for _ in range(9)))
    passed = page.get_by_role("region", name="Passed in this period").get_by_role("listitem")
    await expect(passed).to_have_count(1)
    await expect(passed).to_contain_text(re.compile(r"50 %.*at \$0\.54"))
    await person.report(*(event() for _ in range(5)))
    await expect(passed).to_have_count(2)
    await expect(page.get_by_text("$0.84 of $1.00")).to_be_visible()
    (budget,) = (await person.call("GET", "/api/budgets"))["budgets"]
    assert budget["spent"] == "0.84"

    await page.get_by_role("link", name="Its alerts").click()
    alerts = page.get_by_role("listitem").filter(has=page.get_by_role("heading", level=3))
    listed = (await person.call("GET", f"/api/alerts?budget_id={budget['id']}"))["alerts"]
    assert [each["data"]["threshold"] for each in listed] == ["0.8", "0.5"]
    await expect(alerts).to_have_count(2)
    for row, alert in zip(await alerts.all(), listed, strict=True):
        await expect(row).to_contain_text(alert["title"])
        deliveries = row.get_by_role("list", name="Deliveries").get_by_role("listitem")
        await expect(deliveries.filter(has_text="Our service")).to_contain_text("Sent")
        # The first mail of a sign-up, on a server that cannot send any.
        await expect(deliveries.filter(has_text="E-mail")).to_contain_text("Failed")
    crossed = [each["data"] for each in _told(receiver) if each["type"] == "budget.crossed"]
    assert sorted((each["threshold"], each["spend"]) for each in crossed) == [
        ("0.5", "0.54"),
        ("0.8", "0.84"),
    ]

    await alerts.first.get_by_role("button", name="Acknowledge").click()
    await expect(alerts).to_have_count(1)
    await expect(alerts).to_contain_text("50 %")
    await page.get_by_role("button", name="All", exact=True).click()
    await expect(alerts).to_have_count(2)
    await expect(alerts.first).to_contain_text("acknowledged by you")
    await page.reload()
    await expect(alerts.first).to_contain_text("acknowledged by you")
    await expect(page.get_by_role("button", name="Acknowledge:")).to_have_count(1)
    await visit.settle()
    await visit.check_access()


async def test_a_budget_is_set_by_keyboard_alone(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("budgets-keys@example.com")
    page = (await dashboard.visit(person)).page
    await page.goto(person.path("budgets"))
    keys = page.keyboard
    await expect(page.get_by_text("No budget yet")).to_be_visible()

    async def tab_to(target: Locator, key: str = "Tab") -> None:
        for _ in range(60):
            if await target.evaluate("element => element === document.activeElement"):
                return
            await keys.press(key)
        raise AssertionError(f"the Tab key does not come to {target}")

    opener = page.get_by_role("button", name="New budget")
    await tab_to(opener)
    await keys.press("Enter")
    form = page.get_by_role("dialog", name="New budget")
    await expect(form).to_be_visible()
    # Escape leaves, and the focus is where it was.
    await keys.press("Escape")
    await expect(form).to_have_count(0)
    await expect(opener).to_be_focused()
    await keys.press("Enter")
    await tab_to(form.get_by_label("Amount in USD"))
    await keys.type("250.5")
    await tab_to(form.get_by_label("Every", exact=True))
    await keys.type("week")
    await tab_to(form.get_by_role("button", name="Only a part of it"))
    await keys.press("Enter")
    await tab_to(form.get_by_label("Which feature"))
    await keys.type("search")
    await tab_to(form.get_by_role("button", name="Remove 50 %"))
    await keys.press("Space")
    await tab_to(form.get_by_label("Another threshold in percent"))
    await keys.type("nought")
    await keys.press("Enter")
    await expect(form.get_by_text("A number such as 80, with at most 2 decimals.")).to_be_visible()
    await keys.press("Control+a")
    # Out of order: it is sorted in.
    await keys.type("12.5%")
    await keys.press("Enter")
    removers = form.get_by_role("button", name=re.compile("Remove .* %"))
    await expect(removers).to_have_count(3)
    assert [await each.get_attribute("aria-label") for each in await removers.all()] == [
        "Remove 12.5 %",
        "Remove 80 %",
        "Remove 100 %",
    ]
    await tab_to(form.get_by_label("Name"))
    await keys.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("search")
    (budget,) = (await person.call("GET", "/api/budgets"))["budgets"]
    assert (budget["budget_amount"], budget["period"], budget["scope"], budget["thresholds"]) == (
        "250.5",
        "week",
        {"feature": "search"},
        ["0.125", "0.8", "1"],
    )


async def test_a_budget_for_each_is_edited_paused_and_deleted(
    dashboard: Dashboard, receiver: Receiver
) -> None:
    person = await dashboard.sign_up("budgets-each@example.com")
    await _webhook(person, receiver)
    viewer = await person.invite("budgets-viewer@example.com", "viewer")
    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path("budgets"))
    await page.get_by_role("button", name="New budget").click()
    form = page.get_by_role("dialog", name="New budget")
    await form.get_by_label("Amount in USD").fill("0.2")
    await form.get_by_label("For", exact=True).select_option("every customer by itself")
    await form.get_by_label("Name").fill("Customers")
    await form.get_by_role("button", name="Set budget").click()
    await expect(page.get_by_role("heading", level=1, name="Customers")).to_be_visible()

    name = "مرحبا <b>acme</b>"
    await person.report(*(event(customer=name) for _ in range(4)), event(customer="globex"), event())
    each = page.get_by_role("region", name="Customer by customer").get_by_role("listitem")
    await expect(each).to_have_count(2)
    await expect(each.first).to_contain_text(name)
    await expect(each.first).to_contain_text("$0.24 of $0.20")
    await expect(each.first).to_contain_text("120%")
    await expect(each.last).to_contain_text("$0.06 of $0.20")
    await expect(page.get_by_text(shown(await person.spent("customer=globex"))).first).to_be_visible()
    passed = page.get_by_role("region", name="Passed in this period").get_by_role("listitem")
    await expect(passed).to_have_count(3)
    await each.first.get_by_role("button", name="Show course of").click()
    await expect(page.get_by_role("region", name=f"Course of {name}")).to_be_visible()
    await expect(page.get_by_role("img", name=re.compile(r"\$0\.24 of \$0\.20"))).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("region", name=f"Course of {name}")).to_be_visible()
    await visit.settle()
    await visit.check_access()

    # A wrong change says so at its field; a sound one holds at once.
    await page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("dialog", name="Change budget")
    await form.get_by_label("Name").fill("")
    await form.get_by_label("Amount in USD").fill("1,000")
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("A budget has a name.")).to_be_visible()
    await expect(form.get_by_text("An amount such as 500 or 0.25, without commas.")).to_be_visible()
    await form.get_by_label("Name").fill("Each customer")
    await form.get_by_label("Amount in USD").fill("0.48")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0)
    await expect(page.get_by_role("heading", level=1, name="Each customer")).to_be_visible()
    await expect(each.first).to_contain_text("$0.24 of $0.48")
    (budget,) = (await person.call("GET", "/api/budgets"))["budgets"]
    assert (budget["name"], budget["budget_amount"]) == ("Each customer", "0.48")

    # While it is paused it records, and tells nobody.
    await until(lambda: person.call("GET", "/api/alerts"), lambda found: len(found["alerts"]) >= 4)
    # Three by the calls and one by the change: each has arrived before it is counted that none does.
    await until(lambda: person.call("GET", "/api/alerts"), lambda _: len(receiver.requests) >= 4)
    told = len(receiver.requests)
    await page.get_by_role("button", name="Pause").click()
    await expect(
        page.get_by_text("It is paused: what it passes is recorded, and nobody is told.")
    ).to_be_visible()
    before = await passed.count()
    await person.report(*(event(customer="globex") for _ in range(4)))
    await expect(page.get_by_text("$0.30 of $0.48").first).to_be_visible()
    await expect(passed).to_have_count(before + 1)
    assert len(receiver.requests) == told
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()

    # A viewer looks on, and changes nothing.
    looker = (await dashboard.visit(viewer)).page
    await looker.goto(person.path(f"budgets/{budget['id']}"))
    await expect(looker.get_by_text("As a viewer you can look, not change.")).to_be_visible()
    await expect(looker.get_by_text("$0.30 of $0.48").first).to_be_visible()
    await expect(looker.get_by_role("button", name=re.compile("Pause|Edit|Delete"))).to_have_count(0)

    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete budget").click()
    await expect(page.get_by_text("No budget yet")).to_be_visible()
    await looker.reload()
    await expect(looker.get_by_text("There is no such budget")).to_be_visible()


async def test_what_did_not_arrive_says_why_and_is_sent_again(
    dashboard: Dashboard, receiver: Receiver
) -> None:
    person = await dashboard.sign_up("budgets-failed@example.com")
    await _webhook(person, receiver)
    await person.call("POST", "/api/budgets", {"budget_amount": "0.1", "thresholds": ["0.5"]})
    receiver.answers[f"POST {HOOK}"] = Reply(410)
    await person.report(event())
    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path("budgets/alerts"))
    delivery = page.get_by_role("list", name="Deliveries").get_by_role("listitem")
    await expect(delivery).to_contain_text("Failed")
    await expect(delivery).to_contain_text("410")
    (stored,) = (await person.call("GET", "/api/deliveries"))["deliveries"]
    await expect(delivery).to_contain_text(stored["last_error"])
    receiver.answers[f"POST {HOOK}"] = Reply(204)
    await page.get_by_role("button", name="Send again to Our service").click()
    await expect(delivery).to_contain_text("Sent")
    first, second = receiver.requests
    assert first.body == second.body, "a repeat says the same"

    # A paused channel lets alerts wait; a test that fails says why; what is deleted is gone.
    await page.goto(person.path("budgets/channels"))
    more = page.get_by_role("button", name="More for Our service")
    await more.click()
    await page.get_by_role("menuitem", name="Pause").click()
    await expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    await person.call("POST", "/api/budgets", {"budget_amount": "0.1", "thresholds": ["0.6"]})
    (_, waiting) = await until(lambda: _deliveries(person), lambda deliveries: len(deliveries) == 2)
    assert (waiting["status"], len(receiver.requests)) == ("waiting", 2)
    await page.goto(person.path("budgets/alerts"))
    await expect(delivery.filter(has_text="Waits: the channel is paused")).to_have_count(1)
    await page.goto(person.path("budgets/channels"))
    await more.click()
    await page.get_by_role("menuitem", name="Resume").click()
    await expect(page.get_by_text("Paused", exact=True)).to_have_count(0)
    await until(lambda: _deliveries(person), lambda found: all(each["status"] == "sent" for each in found))
    assert len(receiver.requests) == 3

    # A test goes out while the channel is paused.
    await more.click()
    await page.get_by_role("menuitem", name="Pause").click()
    await expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Send test to Our service").click()
    await expect(page.get_by_text("The test arrived.")).to_be_visible()
    receiver.answers[f"POST {HOOK}"] = Reply(403)
    await page.get_by_role("button", name="Send test to Our service").click()
    await expect(page.get_by_text("The test did not arrive:")).to_contain_text("403")
    await visit.settle()
    await visit.check_access()
    await more.click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete channel").click()
    await expect(page.get_by_text("Nobody is told")).to_be_visible()
    assert (await person.call("GET", "/api/channels"))["channels"] == []


async def _deliveries(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.call("GET", "/api/deliveries"))["deliveries"]
    return sorted(found, key=lambda each: each["id"])
