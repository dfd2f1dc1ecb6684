"""What the dashboard does when the API is away, slow, or answers something else than it should."""

import asyncio
import json
import re
from contextlib import suppress

import httpx
import pytest
from dashboard import Dashboard, Person, Visit
from ledger import entry_of, event
from playwright.async_api import Locator, Page, Route, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

SCREENS = ("Overview", "Explore", "Events", "Budgets", "Recommendations", "Prices", "Settings")
# What each answer is called on a screen.
ANSWERS = {
    403: "That is not allowed",
    404: "There is no such thing here",
    409: "Somebody was faster",
    422: "That cannot be answered",
    429: "Too many requests",
    500: "The server answered 500",
    503: "LLMLab is not ready at the moment",
}
# The browser's own words about a server that does not answer, and about an answer of 500.
AWAY = r"ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE"
FIVE_HUNDRED = r"responded with a status of 500"


def _live(page: Page, word: str) -> Locator:
    return page.get_by_role("status").filter(has_text=re.compile(f"^{word}$"))


async def _to(page: Page, screen: str) -> None:
    """Go to a screen by the ways at the side."""
    ways = page.get_by_role("navigation", name="Screens")
    await ways.get_by_role("link", name=screen, exact=True).click()


def _asks_for_data(url: str) -> bool:
    """Say whether a request is one of a screen's own: not who is signed in, nor the stream."""
    return "/api/" in url and "/api/auth/me" not in url and "/api/costs/live" not in url


async def _answer(route: Route, status: int) -> None:
    body = {
        "type": "about:blank",
        "title": "refused",
        "status": status,
        "code": "made_up",
        "detail": "the test said no",
    }
    await route.fulfill(
        status=status,
        headers={"Retry-After": "1"} if status in (429, 503) else {},
        content_type="application/problem+json",
        body=json.dumps(body),
    )


async def test_an_api_that_is_killed_leaves_what_was_there_and_comes_back(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("away@example.com")
    await person.report(*[event(customer=f"before-{n}") for n in range(3)])
    visit = await dashboard.visit(person)
    visit.expects(AWAY)
    visit.expects("dynamically imported module")
    page = visit.page
    calls = page.get_by_role("table", name="Calls")
    overview = await page.context.new_page()
    overview.on("console", visit.heard)
    await page.goto(person.path("explore"))
    await expect(page.get_by_role("table", name=re.compile("Spend by model"))).to_be_visible()
    await _to(page, "Events")
    await overview.goto(person.path())
    today = overview.get_by_role("group", name="Today", exact=True)
    await expect(calls.get_by_role("row")).to_have_count(4)
    # Left alone all the while.
    tail = await page.context.new_page()
    tail.on("console", visit.heard)
    await tail.goto(person.path("events"))
    followed = tail.get_by_role("table", name="Calls")
    await expect(followed.get_by_role("row")).to_have_count(4)
    await expect(_live(tail, "Live")).to_be_visible()
    await expect(today).to_contain_text("3 calls")
    await expect(_live(page, "Live")).to_be_visible()

    api = dashboard.stack.api
    assert api is not None
    api.kill()
    api.wait()
    try:
        await expect(_live(page, "Not live")).to_be_visible()
        await expect(page.get_by_text("Not live at the moment")).to_be_visible()
        await expect(calls.get_by_role("row")).to_have_count(4)
        said = overview.get_by_role("alert").filter(has_text="The server cannot be reached")
        await expect(said.first).to_be_visible()
        await expect(today).to_contain_text("$0.18")
        # A screen that was read before has its figures; one that was not says what keeps it from coming.
        await _to(page, "Explore")
        await expect(page.get_by_role("table", name=re.compile("Spend by model"))).to_be_visible()
        await _to(page, "Recommendations")
        await expect(page.get_by_text("or the connection broke")).to_be_visible()
        # Stored while nobody could tell of it.
        entry = entry_of(event(customer="meanwhile"), workspace_id=person.workspace)
        assert (await dashboard.ledger.process(entry)).stored == 1
    finally:
        await asyncio.to_thread(dashboard.stack.start_api)
    await person.report(event(customer="after"))
    await _to(page, "Events")
    await expect(_live(page, "Live")).to_be_visible(timeout=30_000)
    await expect(_live(tail, "Live")).to_be_visible(timeout=30_000)
    for shown in (calls, followed):
        for customer in ("before-0", "before-1", "before-2", "meanwhile", "after"):
            await expect(shown.get_by_title(customer, exact=True)).to_have_count(1)
        await expect(shown.get_by_role("row")).to_have_count(6)
    await expect(today).to_contain_text("5 calls")
    await expect(_live(overview, "Live")).to_be_visible()
    # What no call moves is asked for again at its own time, or by whoever presses the button.
    await _try_until_gone(overview.get_by_role("main").get_by_role("button", name="Try again"))
    await expect(overview.get_by_role("alert")).to_have_count(0)


async def test_a_call_that_came_before_the_stream_stood_is_counted(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("late-stream@example.com")
    await person.report(event(model="gpt-4o", feature="search"))
    page = (await dashboard.visit(person)).page
    stands = asyncio.Event()

    async def late(route: Route) -> None:
        await stands.wait()
        await route.continue_()

    await page.route("**/api/costs/live", late)
    await page.goto(person.path("?view=table"))
    models = page.get_by_role("region", name="Models", exact=True)
    await expect(models.get_by_role("listitem")).to_have_count(1)
    await person.report(event(model="gpt-4", feature="search"))
    await person.spent(events=2)
    await expect(models.get_by_role("listitem")).to_have_count(1)
    stands.set()
    await expect(_live(page, "Live")).to_be_visible()
    await expect(models.get_by_role("listitem")).to_have_count(2)
    today = page.get_by_role("group", name="Today", exact=True)
    await expect(today).to_contain_text("2 calls")


async def _try_until_gone(again: Locator) -> None:
    """Press every "Try again", as long as there is one: what is asked anew by itself takes its own away."""
    while await again.count():
        with suppress(PlaywrightTimeout):
            await again.first.click(timeout=2_000)


async def _all_say(visit: Visit, person: Person, status: int) -> None:
    page = visit.page
    visit.expects(FIVE_HUNDRED)
    answered = True

    async def refuse(route: Route) -> None:
        if answered and _asks_for_data(route.request.url):
            await _answer(route, status)
        else:
            await route.continue_()

    await page.route("**/api/**", refuse)
    await page.goto(person.path())
    for screen in SCREENS:
        await _to(page, screen)
        await expect(page.get_by_role("heading", level=1, name=screen)).to_be_visible()
        said = page.get_by_role("main").get_by_role("alert").filter(has_text=ANSWERS[status])
        await expect(said.first).to_be_visible()
        await expect(said.first).to_contain_text("The test said no.")
        await visit.settle()
        again = page.get_by_role("main").get_by_role("button", name="Try again")
        await expect(again.first).to_be_visible()
        if screen == "Explore":
            answered = False
            await _try_until_gone(again)
            await expect(page.get_by_role("table", name=re.compile("Spend by model"))).to_be_visible()
            answered = True


@pytest.mark.parametrize("some", [(403, 404, 409), (422, 429), (500, 503)])
async def test_every_screen_words_what_it_is_answered(
    dashboard: Dashboard, owner: Person, some: tuple[int, ...]
) -> None:
    # Side by side: most of the time they wait to ask again. Signed in once: logins are limited.
    signed_in = await (await dashboard.visit(owner)).page.context.storage_state()
    visits = [await dashboard.visit(storage_state=signed_in) for _ in some]
    await asyncio.gather(*(_all_say(*each) for each in zip(visits, [owner] * len(some), some, strict=True)))


async def test_a_page_from_something_in_between_is_no_answer(dashboard: Dashboard, owner: Person) -> None:
    visit = await dashboard.visit(owner)
    page = visit.page
    proxy = "<html><script>alert(1)</script><h1>Sign in to the hotel's network</h1></html>"

    async def hotel(route: Route) -> None:
        if _asks_for_data(route.request.url):
            await route.fulfill(status=200, content_type="text/html", body=proxy)
        else:
            await route.continue_()

    await page.route("**/api/**", hotel)
    await page.goto(owner.path())
    for screen in SCREENS:
        await _to(page, screen)
        said = page.get_by_role("main").get_by_role("alert").filter(has_text="did not come from LLMLab")
        await expect(said.first).to_be_visible()
        await visit.settle()
        await expect(page.get_by_text("hotel")).to_have_count(0)


async def test_a_session_that_is_over_leads_to_signing_in_and_back(dashboard: Dashboard) -> None:
    person = await dashboard.sign_up("over@example.com")
    await person.report(event())
    visit = await dashboard.visit(person)
    page = visit.page
    await page.goto(person.path("explore?by=provider"))
    await expect(page.get_by_role("table", name=re.compile("Spend by provider"))).to_be_visible()
    await page.context.clear_cookies()
    await page.get_by_label("Group by").select_option("Model")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.get_by_text(re.compile("session .*over|signed out", re.IGNORECASE))).to_be_visible()
    await page.get_by_label("E-mail").fill(person.email)
    await page.get_by_label("Password", exact=True).fill("correct horse battery")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("table", name=re.compile("Spend by model"))).to_be_visible()


async def test_old_figures_stay_while_new_ones_are_slow_or_fail(dashboard: Dashboard, owner: Person) -> None:
    visit = await dashboard.visit(owner)
    visit.expects(FIVE_HUNDRED)
    page = visit.page
    await page.goto(owner.path("explore"))
    models = page.get_by_role("table", name=re.compile("Spend by model"))
    await expect(models).to_be_visible()
    await visit.settle()
    held = asyncio.Event()
    failing = False

    async def slowly(route: Route) -> None:
        await held.wait()
        if failing:
            await _answer(route, 500)
        else:
            await route.continue_()

    await page.route("**/api/costs/summary?**", slowly)
    before = await models.get_by_role("row").nth(1).inner_text()
    await page.get_by_label("Group by").select_option("Feature")
    await expect(page).to_have_url(re.compile("by=feature"))
    await expect(page.get_by_role("columnheader", name="Model")).to_be_visible()
    assert await page.get_by_role("region", name="In sum").get_by_role("row").nth(1).inner_text() == before
    held.set()
    features = page.get_by_role("columnheader", name="Feature")
    await expect(features).to_be_visible()
    # A later try that fails: what is there stays, and says that it is from before.
    failing = True
    await page.get_by_role("button", name=re.compile("^Time: ")).click()
    await page.get_by_role("button", name="Last 7 days").click()
    stale = page.get_by_role("alert").filter(has_text="The server answered 500")
    await expect(stale.first).to_be_visible()
    await expect(stale.first.get_by_role("button", name="Try again")).to_be_visible()
    failing = False
    await _try_until_gone(stale.get_by_role("button", name="Try again"))
    await expect(page.get_by_role("table", name="Spend by feature, Last 7 days")).to_be_visible()


async def test_a_part_that_an_update_took_away_says_reload(dashboard: Dashboard, owner: Person) -> None:
    async with httpx.AsyncClient(base_url=dashboard.url) as client:
        gone = await client.get("/assets/screen-of-yesterday.js")
    assert gone.status_code == 404
    visit = await dashboard.visit(owner)
    visit.expects("dynamically imported module")
    page = visit.page
    await page.goto(owner.path())
    await visit.settle()
    await page.route("**/assets/*.js", lambda route: route.fulfill(status=404, body="gone"))
    await _to(page, "Recommendations")
    await expect(page.get_by_text("This part of the page could not be loaded")).to_be_visible()
    await expect(page.get_by_text("Reloading brings the new version")).to_be_visible()
    # The ways to the other screens stay; the one that was there works still.
    await expect(page.get_by_role("navigation", name="Screens")).to_be_visible()
    await page.unroute("**/assets/*.js")
    await page.get_by_role("button", name="Reload").click()
    await expect(page.get_by_role("heading", level=1, name="Recommendations")).to_be_visible()
