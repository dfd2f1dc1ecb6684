"""The list of calls and one call in full: what the API has, to the last row and the last digit."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from dashboard import Dashboard, Person, shown
from ledger import entry_of, event
from llmlab_shared.ids import uuid7
from playwright.async_api import Locator, Page, expect

MANY = 430


async def _some(dashboard: Dashboard, person: Person, number: int) -> None:
    """Store calls of two features, half a minute from one to the next, each of another cost."""
    now = datetime.now(UTC)
    calls = [
        event(
            timestamp=(now - timedelta(seconds=30 * (place + 2))).isoformat(),
            input_tokens=1000 + place,
            feature="search" if place % 3 else "chat",
            customer=f"customer-{place % 5}",
        )
        for place in range(number)
    ]
    await dashboard.ledger.process(entry_of(*calls, workspace_id=person.workspace))


async def _all(person: Person, query: str = "") -> list[dict[str, Any]]:
    costs: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await person.call("GET", f"/api/costs?limit=1000{cursor}&{query}")
        costs += page["costs"]
        if page["next_cursor"] is None:
            return costs
        cursor = f"&cursor={page['next_cursor']}"


def _rows(page: Page) -> Locator:
    """Return the rows in sight, without the headings."""
    return page.get_by_role("table", name="Calls").get_by_role("row").filter(has=page.get_by_role("link"))


def _part(page: Page, title: str) -> Locator:
    return page.get_by_role("dialog").get_by_role("region", name=title)


async def test_the_list_has_every_call_of_the_apis_once_and_in_its_order(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("events-all@example.com")
    await _some(dashboard, person, MANY)
    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path("events"))
    await expect(_rows(page).first).to_be_visible()
    await expect(page.get_by_text(f"{MANY} calls, together {shown(await person.spent())}")).to_be_visible()

    found: dict[int, tuple[str, str]] = {}
    end = page.get_by_text(f"That is all of {MANY} calls.")
    await _rows(page).first.hover()
    for _ in range(100):
        for index, link, text in await _rows(page).evaluate_all(
            "rows => rows.map(row => [Number(row.ariaRowIndex ?? row.getAttribute('aria-rowindex')), "
            "row.querySelector('a').href, row.textContent])"
        ):
            was = found.setdefault(index, (link, text))
            assert was == (link, text), "a row became another one while it was read"
        if len(found) == MANY and await end.is_visible():
            break
        await page.mouse.wheel(0, 500)
    await expect(end).to_be_visible()
    expected = await _all(person)
    assert [re.search(r"event=([\w-]+)", found[index][0])[1] for index in sorted(found)] == [  # type: ignore[index]
        each["id"] for each in expected
    ]
    for index, each in zip(sorted(found), expected, strict=True):
        assert shown(each["cost"]) in found[index][1]

    # By keyboard: from the first to the last and into it.
    await page.keyboard.press("Home")
    await _rows(page).last.get_by_role("link").focus()
    await page.keyboard.press("End")
    await expect(_rows(page).last.get_by_role("link")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(_part(page, "Cost").get_by_text(f"${expected[-1]['cost']}").first).to_be_visible()


async def test_filters_and_the_address_choose_calls(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("events-filter@example.com")
    await _some(dashboard, person, 60)
    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path("events"))
    await page.get_by_role("button", name="Filter", exact=True).click()
    await page.get_by_role("menuitem", name="Feature").click()
    await page.get_by_role("dialog", name="Feature: which values").get_by_label("chat").check()
    await page.keyboard.press("Escape")
    spent = await person.spent("feature=chat")
    await expect(page.get_by_text(f"20 calls, together {shown(spent)}")).to_be_visible()
    await expect(_rows(page)).to_have_count(20)
    expected = await _all(person, "feature=chat")
    assert len(expected) == 20
    await expect(_rows(page)).to_contain_text([shown(each["cost"]) for each in expected])
    await page.reload()
    await expect(page.get_by_text(f"20 calls, together {shown(spent)}")).to_be_visible()
    await page.get_by_role("button", name="Remove the filter by feature").click()
    await expect(page.get_by_text("60 calls, together")).to_be_visible()

    # A value that no call has leaves nothing, and the way back.
    await page.goto(person.path("events?feature=none&nonsense=1&range=never"))
    await expect(page.get_by_text("No calls here")).to_be_visible()
    await expect(page.get_by_text("could not be read").or_(page.get_by_text("range")).first).to_be_visible()
    await page.get_by_role("button", name="Without filters").click()
    await expect(page.get_by_text("60 calls, together")).to_be_visible()


async def test_new_calls_come_in_at_the_top_and_wait_while_one_reads_below(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("events-live@example.com")
    await _some(dashboard, person, 150)
    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path("events"))
    await expect(page.get_by_text("New calls come in at the top by themselves.")).to_be_visible()
    await expect(_rows(page).first).to_contain_text("chat")

    await person.report(event(feature="brand-new", input_tokens=7))
    await expect(_rows(page).first).to_contain_text("brand-new")
    (newest,) = await _all(person, "feature=brand-new")
    await expect(_rows(page).first).to_contain_text(shown(newest["cost"]))
    await expect(page.get_by_text(f"151 calls, together {shown(await person.spent())}")).to_be_visible()

    await _rows(page).first.hover()
    await page.mouse.wheel(0, 1500)
    await expect(page.get_by_text("brand-new")).to_have_count(0)
    read = page.locator("[aria-rowindex='45']")
    reading = await read.inner_text()
    await person.report(event(feature="while-reading"), event(feature="while-reading"))
    more = page.get_by_role("button", name="2 new calls")
    await expect(more).to_be_visible()
    assert await read.inner_text() == reading, "the list moved while it was read"
    await expect(page.get_by_text("while-reading")).to_have_count(0)
    await more.click()
    await expect(_rows(page).nth(0)).to_contain_text("while-reading")
    await expect(_rows(page).nth(1)).to_contain_text("while-reading")
    await expect(_rows(page).nth(2)).to_contain_text("brand-new")
    await expect(page.get_by_text(f"153 calls, together {shown(await person.spent())}")).to_be_visible()

    # Calls of another feature stay out of a filtered list.
    await page.goto(person.path("events?feature=brand-new"))
    await expect(page.get_by_text("New calls come in at the top by themselves.")).to_be_visible()
    await person.report(event(feature="other"), event(feature="brand-new"))
    await expect(_rows(page)).to_have_count(2)
    await expect(page.get_by_text("other", exact=True)).to_have_count(0)


async def test_one_call_in_full(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("events-one@example.com")
    key = await person.call("POST", "/api/keys", {"name": "The gateway", "scopes": ["ingest"]})
    gateway = Person(dashboard, person.email, person.token, key["api_key"], person.workspace)
    # Named by the sender, so that the address is known.
    first = str(uuid7())
    full = event(
        id=first,
        model="gpt-4o",
        input_tokens=3001,
        cache_read_tokens=2000,
        output_tokens=77,
        response_id="resp_1",
        session_id="s-1",
        feature="<script>alert(1)</script>",
        tags={"tier": "gold"},
        latency_ms=1234,
    )
    await gateway.report(full)
    await person.report(event(model="gpt-4o", response_id="resp_1", input_tokens=3001, output_tokens=77))
    await person.spent(events=2)
    stored = await person.call("GET", f"/api/costs/{first}")

    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path("events"))
    await _rows(page).filter(has_text="<script>").get_by_role("link").click()
    call = page.get_by_role("dialog", name="Call of gpt-4o")
    table = call.get_by_role("table", name="Tokens by class and what they cost")
    await expect(table.get_by_role("row")).to_have_text(
        [
            re.compile("Tokens.*Count"),
            re.compile(r"^Input\s*1,001"),
            re.compile(r"^Cache read\s*2,000"),
            re.compile(r"^Output\s*77"),
        ]
    )
    costs = [
        text.rsplit("$", 1)[1] for text in await table.get_by_role("row").all_inner_texts() if "$" in text
    ]
    assert sum(Decimal(each) for each in costs) == Decimal(stored["cost"])
    await expect(_part(page, "Cost").get_by_text(f"${stored['cost']}", exact=True)).to_be_visible()
    price = _part(page, "Price")
    await expect(price).to_contain_text("openai / gpt-4o")
    await expect(price).to_contain_text(stored["price_rule"])
    await expect(price).to_contain_text(str(stored["price_id"]))
    await expect(_part(page, "What for")).to_contain_text("<script>alert(1)</script>")
    await expect(_part(page, "The call")).to_contain_text("The gateway")
    await expect(_part(page, "The call")).to_contain_text("1.2 s")
    twice = _part(page, "Reported more than once")
    await expect(twice.get_by_role("listitem")).to_have_count(1)
    await visit.check_access()

    await page.reload()
    await expect(table).to_be_visible()
    await expect(page).to_have_url(re.compile(first))
    # To the other report of the same answer, and from there back to the list by the keyboard.
    await twice.get_by_role("button").click()
    (other,) = stored["same_response"]
    await expect(page).to_have_url(re.compile(other["id"]))
    await expect(_part(page, "Cost").get_by_text(f"${other['cost']}", exact=True)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(call).to_have_count(0)
    await expect(page).not_to_have_url(re.compile("event="))
    await expect(page.get_by_role("link", name="show the call of gpt-4o")).to_have_count(2)

    # Its session leads to the calls of that session.
    await page.goto(person.path(f"events?event={first}"))
    await _part(page, "What for").get_by_role("link", name="s-1").click()
    await expect(page.get_by_text("Session:")).to_be_visible()
    await expect(_rows(page)).to_have_count(1)


async def test_a_call_in_quarantine_is_corrected_and_then_counts(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("events-mend@example.com")
    broken = str(uuid7())
    contradicting = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 99}
    await person.report(
        event(id=broken, input_tokens=None, output_tokens=None, usage=contradicting), event(feature="fine")
    )
    before = await person.spent(events=2)
    viewer = await person.invite("events-viewer@example.com", "viewer")
    visit = await dashboard.visit(viewer)
    await visit.page.goto(person.path(f"events?event={broken}"))
    await expect(_part(visit.page, "What can be done")).to_contain_text("An admin of the workspace")
    await expect(visit.page.get_by_role("button", name="State the counts")).to_have_count(0)

    page = (await dashboard.visit(person)).page
    await page.goto(person.path("events"))
    await expect(
        page.get_by_text(f"2 calls, together {shown(before)}; not in that sum: 1 call in quarantine")
    ).to_be_visible()
    await _rows(page).filter(has_text="Quarantined").get_by_role("link").click()
    await page.get_by_role("button", name="State the counts").click()
    form = page.get_by_role("dialog", name="State the counts")
    await form.get_by_role("button", name="Correct the call").click()
    await expect(form.get_by_text("State at least one of the two totals.")).to_be_visible()
    await expect(form.get_by_text("Say why: it is kept with the change.")).to_be_visible()
    await form.get_by_label("Input tokens in all").fill("1,000")
    await form.get_by_label("Output tokens in all").fill("half")
    await form.get_by_label("Reason", exact=True).fill("By the invoice")
    await form.get_by_role("button", name="Correct the call").click()
    await expect(form.get_by_text("A whole number, such as 1200.")).to_be_visible()
    await form.get_by_label("Output tokens in all").fill("501")
    await form.get_by_role("button", name="Correct the call").click()
    await expect(form).to_have_count(0)
    await expect(_part(page, "What can be done")).to_contain_text(f"spend {shown('0.06006', signed=True)}.")

    now = await person.call("GET", f"/api/costs/{broken}")
    assert now["cost"] == "0.06006"
    await expect(_part(page, "Cost").get_by_text("$0.06006", exact=True)).to_be_visible()
    await expect(_part(page, "Corrections")).to_contain_text("“By the invoice”")
    await page.keyboard.press("Escape")
    after = await person.spent()
    assert Decimal(after) == Decimal(before) + Decimal("0.06006")
    await expect(page.get_by_text(f"2 calls, together {shown(after)}", exact=True)).to_be_visible()
    await expect(_rows(page).filter(has_text="Quarantined")).to_have_count(0)
