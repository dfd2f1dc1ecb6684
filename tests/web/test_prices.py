"""The price book and what changes it: prices and names of one's own, calls that are priced again."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from dashboard import Dashboard, Person, shown, until
from ledger import entry_of, event
from playwright.async_api import Locator, Page, expect

# As the API sends them; the second is the zone whose days begin before those of UTC's 2020.
ZONE = "America/New_York"


def _table(page: Page, name: str) -> Locator:
    return page.get_by_role("table", name=name)


def _body(page: Page, name: str) -> Locator:
    """Return the rows of a table without its headings."""
    return _table(page, name).get_by_role("row").filter(has=page.get_by_role("cell"))


async def _store(dashboard: Dashboard, person: Person, *calls: dict[str, Any]) -> None:
    await dashboard.ledger.process(entry_of(*calls, workspace_id=person.workspace))


async def test_the_book_as_of_a_day_and_a_models_history(dashboard: Dashboard, owner: Person) -> None:
    visit = await dashboard.visit(owner)
    page = visit.page
    await page.goto(owner.path("prices"))
    book = page.get_by_role("search", name="Prices")
    await book.get_by_label("Model begins with").fill("gpt-4o")
    await book.get_by_label("Provider").fill("openai")
    for day in ("", "2025-01-15"):
        await book.get_by_label("As of").fill(day)
        at = f"&at={day}" if day else ""
        found = await owner.call("GET", f"/api/prices?provider=openai&model=gpt-4o*&limit=100{at}")
        assert found["prices"]
        await expect(page.get_by_role("status").filter(has_text="in all")).to_have_text(
            f"{len(found['prices'])} prices in all"
        )
        rows = _body(page, "Prices in force, by model")
        await expect(rows).to_have_count(len(found["prices"]))
        for row, price in zip(await rows.all(), found["prices"], strict=True):
            await expect(row).to_contain_text(price["model"])
            # What is a part of another price states none of its own.
            if rate := price["rates"].get("tokens", {}).get("input"):
                await expect(row).to_contain_text(shown(rate))
    await expect(page.get_by_role("heading", name="Prices in force on 15 Jan 2025")).to_be_visible()
    await page.reload()
    await expect(book.get_by_label("As of")).to_have_value("2025-01-15")
    await expect(_body(page, "Prices in force, by model")).to_have_count(len(found["prices"]))

    await book.get_by_label("Model begins with").fill("no-such-model")
    await page.get_by_role("button", name="The whole book").click()
    await expect(book.get_by_label("Model begins with")).to_have_value("")
    await expect(page.get_by_role("status").filter(has_text="there are more")).to_be_visible()

    await book.get_by_label("Model begins with").fill("gpt-4o")
    await book.get_by_label("Provider").fill("openai")
    # What is shown until the filter's answer is there has other providers' too.
    theirs = page.get_by_role("row").filter(has_text="openai")
    await theirs.get_by_role("link", name="gpt-4o", exact=True).first.click()
    await expect(page.get_by_role("heading", level=1, name="gpt-4o")).to_be_visible()
    history = await owner.call("GET", "/api/prices/history?provider=openai&model=gpt-4o&limit=1000")
    standard = [each for each in history["prices"] if each["context"] == ""]
    versions = _body(page, "Every version of the price")
    await expect(versions).to_have_count(len(standard))
    await expect(versions.last).to_contain_text(shown(standard[-1]["rates"]["tokens"]["input"]))
    await expect(page.get_by_role("img", name=re.compile("input", re.I))).to_be_visible()


async def test_a_price_for_a_model_that_nobody_lists_charges_its_calls(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("prices-own@example.com")
    viewer = await person.invite("prices-viewer@example.com", "viewer")
    calls = [
        event(provider="in-house", model="harbour-7b", input_tokens=400 + place, output_tokens=21)
        for place in range(3)
    ]
    await person.report(*calls, event(), event(provider="azure", model="our-deployment"))
    before = await person.spent(events=5)

    looker = (await dashboard.visit(viewer)).page
    await looker.goto(person.path("prices"))
    await expect(looker.get_by_role("heading", name="2 models without a price")).to_be_visible()
    for deed in ("Give it a price", "It is another model", "Set a price"):
        await expect(looker.get_by_role("button", name=deed)).to_have_count(0)
    await looker.goto(person.path("prices/repricings"))
    await expect(looker.get_by_text("Nothing was priced again")).to_be_visible()
    await expect(looker.get_by_role("link", name="Price calls again")).to_have_count(0)
    await looker.goto(person.path("prices/reprice"))
    await expect(looker.get_by_text("An admin can do that")).to_be_visible()

    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path("prices"))
    unpriced = _body(page, "Models without a price, by calls")
    await expect(unpriced).to_have_count(2)
    await expect(unpriced.first).to_contain_text(re.compile("harbour-7b.*3"))
    await unpriced.first.get_by_role("button", name="Give it a price").click()
    form = page.get_by_role("dialog", name="Give it a price")
    await expect(form.get_by_label("Model")).to_have_value("harbour-7b")
    await form.get_by_role("button", name="Set the price").click()
    await expect(form.get_by_text("State at least one rate.")).to_be_visible()
    await form.get_by_label("Input", exact=True).fill("-1")
    await form.get_by_label("Output", exact=True).fill("0.000000123")
    await form.get_by_role("button", name="Set the price").click()
    await expect(form.get_by_text("An amount in USD, such as 2.50.")).to_be_visible()
    await expect(form.get_by_label("Input", exact=True)).to_be_focused()
    await form.get_by_label("Input", exact=True).fill("$0.07")
    await form.get_by_role("button", name="Set the price").click()
    done = page.get_by_role("dialog", name="The price is set")
    await expect(done).to_contain_text("Calls that had no price get one within a minute.")
    await done.get_by_role("button", name="Done").click()

    # The other is another model under a name of one's own.
    await unpriced.filter(has_text="our-deployment").get_by_role("button", name="It is another model").click()
    mapping = page.get_by_role("dialog", name="A name of your own")
    await mapping.get_by_role("button", name="Save the name").click()
    await expect(mapping.get_by_text("It is missing.")).to_be_visible()
    await mapping.get_by_label("Stands for the model").fill("gpt-4")
    await mapping.get_by_label("Of the provider").fill("openai")
    await mapping.get_by_role("button", name="Save the name").click()
    known = page.get_by_role("dialog", name="The name is known now")
    await expect(known).to_contain_text("Calls of this name are priced from now on")
    await known.get_by_role("button", name="Done").click()

    # Both leave the list by themselves, and the totals have them.
    await expect(page.get_by_role("heading", name="without a price")).to_have_count(0, timeout=75_000)
    own = sum(
        ((each["input_tokens"] * Decimal("0.07") + 21 * Decimal("0.000000123")) / 10**6).quantize(
            Decimal("1e-12")
        )
        for each in calls
    )
    after = await until(person.spent, lambda spent: Decimal(spent) >= Decimal(before) + Decimal("0.06"))
    assert Decimal(after) - Decimal(before) - Decimal("0.06") == own
    await page.goto(person.path("events?provider=in-house"))
    own_spend = await person.spent("provider=in-house")
    await expect(page.get_by_text(f"3 calls, together {shown(own_spend)}", exact=True)).to_be_visible()

    # What is one's own is listed, and can be taken back.
    await page.goto(person.path("prices/own"))
    prices = _body(page, "Your prices, by their beginning")
    await expect(prices).to_have_count(1)
    await expect(prices).to_contain_text("input $0.07 · output $0.000000123")

    # Large requests cost more; what is not said of them costs what it costs.
    await prices.get_by_role("button", name="Change").click()
    form = page.get_by_role("dialog", name="A new version of your price")
    await form.get_by_label("Holds from").select_option("The same time as before: a correction")
    await form.get_by_role("button", name="Other rates above a size").click()
    size = form.get_by_role("group", name="Size 1")
    await expect(size.get_by_label("Input tokens above")).to_be_focused()
    await page.keyboard.type("128,000")
    await form.get_by_role("button", name="Set the price").click()
    await expect(size.get_by_text("State at least one rate.")).to_be_visible()
    await size.get_by_label("Input", exact=True).fill("100001")
    await form.get_by_role("button", name="Set the price").click()
    await expect(size.get_by_text("Must lie from 0 to 100000")).to_be_visible()
    await expect(size.get_by_label("Input", exact=True)).to_be_focused()
    await size.get_by_label("Input", exact=True).fill("0.14")
    for number, add, since, end in (
        (1, "Other rates at a time of day", "22:00", "06:00"),
        (2, "Another time of day", "05:00", "07:00"),
    ):
        await form.get_by_role("button", name=add).click()
        time = form.get_by_role("group", name=f"Time {number}")
        await time.get_by_label("From, UTC").fill(since)
        await time.get_by_label("Until, UTC").fill(end)
        await time.get_by_label("Input", exact=True).fill("0.01")
    await form.get_by_role("button", name="Set the price").click()
    await expect(form.get_by_text("Windows of the day overlap")).to_be_visible()
    await visit.check_access()
    for number in (2, 1):
        await form.get_by_role("button", name=f"Remove time {number}").click()
    await form.get_by_role("button", name="Set the price").click()
    await done.get_by_role("button", name="Done").click()
    await expect(prices).to_contain_text("above 128,000 input tokens input $0.14, output $0.000000123")
    await person.report(
        *(
            event(provider="in-house", model="harbour-7b", input_tokens=tokens, output_tokens=1_000_000)
            for tokens in (128_000, 128_001)
        )
    )
    large = Decimal("0.128") * Decimal("0.07") + Decimal("0.128001") * Decimal("0.14")
    after = str(Decimal(after) + large + 2 * Decimal("0.000000123"))
    assert Decimal(await person.spent(events=7)) == Decimal(after)
    names = _body(page, "Names of your own and what they stand for")
    await expect(names).to_contain_text("our-deployment")
    await names.get_by_role("button", name="Remove").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("No name of your own")).to_be_visible()
    await prices.get_by_role("button", name="Take back").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Take back").click()
    await expect(page.get_by_text("No price of your own")).to_be_visible()
    assert Decimal(await person.spent()) == Decimal(after), "what was charged stays"


async def test_the_past_is_priced_again_by_exactly_what_was_shown_and_undone(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("prices-again@example.com")
    await person.call("PATCH", "/api/workspace", {"timezone": ZONE})
    now = datetime.now(UTC)
    await _store(
        dashboard,
        person,
        *(
            event(
                timestamp=(now - timedelta(hours=5 * place, minutes=2)).isoformat(), input_tokens=999 + place
            )
            for place in range(20)
        ),
        event(model="gpt-4o", timestamp=(now - timedelta(minutes=1)).isoformat()),
    )
    before = await person.spent(events=21)
    visit = await dashboard.visit(person)
    page = visit.page

    # A contract that always held, so that the calls of the past are charged wrongly.
    await page.goto(person.path("prices/model?provider=openai&model=gpt-4"))
    await page.get_by_role("button", name="Set your own price").click()
    form = page.get_by_role("dialog", name="Your price of this model")
    await form.get_by_role("button", name="A discount on the list").click()
    await form.get_by_label("Discount in per cent").fill("101")
    await form.get_by_label("Holds from").select_option("The first call that ever was")
    await form.get_by_role("button", name="Set the price").click()
    await expect(form.get_by_text("At most 100.")).to_be_visible()
    await form.get_by_label("Discount in per cent").fill("12.5")
    await form.get_by_role("button", name="Set the price").click()
    await page.get_by_role("link", name="Price them again…").click()
    await expect(page.get_by_role("heading", level=1, name="Price calls again")).to_be_visible()
    await expect(page.get_by_label("Models")).to_have_value("gpt-4")
    await expect(page.get_by_role("textbox", name="Provider")).to_have_value("openai")
    await page.get_by_role("button", name="Show what would change").click()

    state = page.get_by_role("region", name="State")
    await expect(page.get_by_role("heading", level=1, name="Preview: calls priced again")).to_be_visible()
    would = page.get_by_text("20 calls would cost something else")
    await expect(would).to_be_visible()
    number = re.search(r"repricings/(\d+)", page.url)[1]  # type: ignore[index]
    preview = await person.call("GET", f"/api/prices/repricings/{number}")
    difference = preview["difference"]
    share = await person.spent("model=gpt-4")
    assert Decimal(difference) == -Decimal(share) / 8
    await expect(would).to_contain_text(f"spend {shown(difference, signed=True)}.")
    (by_model,) = preview["by_model"]
    await expect(_body(page, "What changes by model")).to_contain_text(
        [re.compile(f"gpt-4.*20.*{re.escape(shown(by_model['difference'], signed=True))}", re.S)]
    )
    await expect(_body(page, "What changes by day")).to_have_count(len(preview["by_day"]))
    assert await person.spent() == before, "a preview changes nothing"

    await page.get_by_role("button", name="Do it…").click()
    why = page.get_by_role("dialog", name="Change these calls")
    await why.get_by_role("button", name="Change them").click()
    await expect(why.get_by_text("Say why: it is kept with the change.")).to_be_visible()
    await why.get_by_label("Reason").fill("Contract 4711")
    await why.get_by_role("button", name="Change them").click()
    await expect(page.get_by_role("heading", level=1, name="Calls priced again", exact=True)).to_be_visible()
    await expect(page.get_by_text("20 calls cost something else")).to_contain_text(
        f"spend {shown(difference, signed=True)}."
    )
    after = await until(person.spent, lambda spent: spent != before)
    assert Decimal(after) == Decimal(before) + Decimal(difference)
    await visit.check_access()
    done = page.url

    await page.goto(person.path("events"))
    await expect(page.get_by_text(f"21 calls, together {shown(after)}", exact=True)).to_be_visible()
    await page.goto(person.path("prices/repricings"))
    await expect(_body(page, "Repricings, newest first")).to_have_count(1)
    await expect(_body(page, "Repricings, newest first")).to_contain_text("Contract 4711")

    await page.goto(done)
    await page.get_by_role("button", name="Undo…").click()
    back = page.get_by_role("dialog", name="Undo this")
    await back.get_by_label("Reason").fill("The contract was another customer's")
    await back.get_by_role("button", name="Undo", exact=True).click()
    await expect(page.get_by_role("heading", level=1, name=re.compile("Repricing .* undone"))).to_be_visible()
    await expect(page.get_by_text("20 calls cost something else")).to_be_visible()
    await expect(state.get_by_text("Done", exact=True)).to_be_visible()
    assert await until(person.spent, lambda spent: spent != after) == before
    await page.goto(person.path("events"))
    await expect(page.get_by_text(f"21 calls, together {shown(before)}", exact=True)).to_be_visible()
    # It cannot be undone twice.
    await page.goto(done)
    await page.get_by_role("button", name="Undo…").click()
    await back.get_by_label("Reason").fill("Once more")
    await back.get_by_role("button", name="Undo", exact=True).click()
    await expect(back.get_by_role("alert")).to_be_visible()
