"""Settings: keys, the account and its sessions, the workspace, dead letters, the log of it all."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from dashboard import PASSWORD, Dashboard, Person, Visit
from ledger import entry_of, event
from playwright.async_api import Page, expect

CLIPBOARD = ["clipboard-read", "clipboard-write"]
OVER = "Your session is over"


async def _until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = 10) -> None:
    """Ask until it is so."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.1)


async def _arrive(dashboard: Dashboard, email: str, screen: str, **signed_up: Any) -> tuple[Person, Visit]:
    """Somebody new, on a screen of their workspace."""
    person = await dashboard.sign_up(email, **signed_up)
    visit = await dashboard.visit(person, permissions=CLIPBOARD)
    await visit.page.goto(person.path(screen))
    return person, visit


async def _answer_to(dashboard: Dashboard, key: str) -> int:
    """Return the status that a call reported with a key is answered with."""
    async with httpx.AsyncClient(base_url=dashboard.url) as client:
        answer = await client.post(
            "/api/events/track", json=event(), headers={"Authorization": f"Bearer {key}"}
        )
    return answer.status_code


async def _new_secret(page: Page) -> str:
    """Copy the secret that a dialog shows this once, and be done with it."""
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Copy API key").click()
    key: str = await page.evaluate("navigator.clipboard.readText()")
    assert key.startswith("llmlab_")
    await expect(dialog.get_by_role("group", name="API key")).to_contain_text(key)
    await dialog.get_by_role("button", name="Done").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text(key)).to_have_count(0)
    return key


async def test_a_key_is_shown_once_used_rotated_and_revoked(dashboard: Dashboard) -> None:
    person, visit = await _arrive(dashboard, "keys@example.com", "settings/keys")
    page = visit.page
    await page.get_by_role("button", name="Create key").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Create key").click()
    await expect(dialog.get_by_label("Name")).to_have_accessible_description(
        "Name it after what will use it."
    )
    await dialog.get_by_label("Name").fill("Search backend")
    await dialog.get_by_role("button", name="Add a label").click()
    await dialog.get_by_label("Value 1").fill("search")
    await visit.check_access()
    await dialog.get_by_role("button", name="Create key").click()
    await expect(page.get_by_role("dialog", name="Your new API key")).to_be_visible()
    # A click beside it does not lose what is told once.
    await page.mouse.click(5, 5)
    first = await _new_secret(page)
    row = page.get_by_role("row").filter(has_text="Search backend")
    await expect(row).to_contain_text("never")
    await expect(row).to_contain_text("Feature")

    # It reports, with its label.
    assert await _answer_to(dashboard, first) == 202

    async def labelled() -> bool:
        told = await person.call("GET", "/api/costs?feature=search")
        return len(told["costs"]) == 1

    async def used() -> bool:
        told = await person.call("GET", "/api/keys")
        return any(each["name"] == "Search backend" and each["last_used_at"] for each in told["keys"])

    await _until(labelled, "the call is stored")

    # A new secret; the old one is good for an hour.
    await row.get_by_role("button", name="Rotate Search backend").click()
    await page.get_by_role("dialog").get_by_label("The old secret ends").select_option("in an hour")
    await page.get_by_role("button", name="Make a new secret").click()
    second = await _new_secret(page)
    assert second != first
    await expect(row).to_contain_text("Old secret good until")
    assert [await _answer_to(dashboard, key) for key in (first, second)] == [202, 202]

    await _until(used, "the key's use is noted", 20)
    await page.reload()
    await expect(row).not_to_contain_text("never")

    # Revoked: both are refused within seconds.
    await row.get_by_role("button", name="Revoke Search backend").click()
    await expect(page.get_by_role("alertdialog")).to_contain_text("refused within 5 seconds")
    await visit.check_access()
    await page.get_by_role("button", name="Revoke key").click()
    await expect(page.get_by_text("Search backend is revoked")).to_be_visible()
    await expect(row).to_have_count(0)

    async def refused() -> bool:
        return [await _answer_to(dashboard, key) for key in (first, second)] == [401, 401]

    await _until(refused, "a revoked key is refused", 6)
    await page.get_by_role("link", name="Audit log").click()
    for deed in ("Created an API key", "Rotated an API key", "Revoked an API key"):
        entry = page.get_by_role("row").filter(has_text=deed)
        await expect(entry.filter(has_text=person.email).first).to_be_visible()


async def _sign_in(page: Page, email: str, password: str) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_a_password_is_changed_and_a_forgotten_one_replaced(dashboard: Dashboard) -> None:
    person, visit = await _arrive(dashboard, "password@example.com", "settings/account")
    page = visit.page
    other = await dashboard.visit(person)
    await other.page.goto(person.path("events"))
    await expect(other.page.get_by_role("heading", level=1, name="Events")).to_be_visible()
    changed, reset = "another horse battery", "a third horse battery"

    await page.get_by_label("Current password", exact=True).fill("not this one")
    await page.get_by_label("New password", exact=True).fill(changed)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_label("Current password", exact=True)).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Current password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("Your password is changed")).to_be_visible()
    await expect(page.get_by_label("New password", exact=True)).to_have_value("")

    # The other browser is out at its next step, and comes in by the new one alone, to where it was going.
    await other.page.get_by_role("link", name="Budgets").click()
    await expect(other.page.get_by_text(OVER)).to_be_visible()
    await _sign_in(other.page, person.email, PASSWORD)
    await expect(other.page.get_by_role("alert")).to_be_visible()
    await _sign_in(other.page, person.email, changed)
    await expect(other.page).to_have_url(re.compile(rf"/w/{person.workspace}/budgets"))

    # Forgotten, without mails: the link stands in the API's log.
    lost = await dashboard.visit()
    await lost.page.goto("/signin")
    await lost.page.get_by_role("link", name="Forgot your password?").click()
    # The page before has a field of the same name.
    await expect(lost.page.get_by_role("heading", level=1, name="Replace your password")).to_be_visible()
    await lost.page.get_by_label("E-mail").fill(person.email)
    await lost.page.get_by_role("button", name="Make a link").click()
    await expect(lost.page.get_by_text(f"llmlab users reset-password {person.email}")).to_be_visible()
    pattern = re.compile(rf"{re.escape(person.email)}.*?(/reset-password#token=[\w-]+)")
    found: list[str] = []

    async def logged() -> bool:
        found.extend(pattern.findall(dashboard.stack.log("api")))
        return bool(found)

    await _until(logged, "the link stands in the log")
    await lost.page.goto(found[-1])
    await lost.check_access()
    await lost.page.get_by_label("New password", exact=True).fill(reset)
    await lost.page.get_by_role("button", name="Set password and sign in").click()
    await expect(lost.page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    await page.get_by_role("link", name="Members").click()
    await expect(page.get_by_text(OVER)).to_be_visible()

    # It was good once.
    again = await dashboard.visit()
    await again.page.goto(found[-1])
    await again.page.get_by_label("New password", exact=True).fill("a fourth horse battery")
    await again.page.get_by_role("button", name="Set password and sign in").click()
    await expect(again.page.get_by_role("alert")).to_contain_text("This link was used")


async def test_a_session_is_ended_from_elsewhere_and_a_logout_is_noticed(dashboard: Dashboard) -> None:
    person, visit = await _arrive(dashboard, "sessions@example.com", "settings/account")
    page = visit.page
    other = await dashboard.visit(person)
    await other.page.goto(person.path("explore?range=7d"))
    await expect(other.page.get_by_role("heading", level=1, name="Explore")).to_be_visible()
    await page.reload()
    sessions = page.get_by_role("list", name="Sessions").get_by_role("listitem")
    # The browsers' two, and the program's that signed up.
    await expect(sessions).to_have_count(3)
    await expect(sessions.first).to_contain_text("This one")
    await sessions.nth(1).get_by_role("button", name=re.compile("^End session: Chrome")).click()
    await expect(page.get_by_text("The session is over")).to_be_visible()
    await expect(sessions).to_have_count(2)
    await other.page.get_by_role("link", name="Prices").click()
    await expect(other.page.get_by_text(OVER)).to_be_visible()
    await page.get_by_role("button", name="End all others").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="End all others").click()
    await expect(sessions).to_have_count(1)
    async with httpx.AsyncClient(base_url=dashboard.url) as client:
        token = {"Authorization": f"Bearer {person.token}"}
        assert (await client.get("/api/auth/me", headers=token)).status_code == 401

    # A second tab of the same browser: the logout in one ends both, each in its words.
    second = await page.context.new_page()
    await second.goto(person.path("budgets"))
    await expect(second.get_by_role("heading", level=1, name="Budgets")).to_be_visible()
    await page.get_by_role("button", name=f"{person.email}: account").click()
    await page.get_by_role("menuitem", name="Log out").click()
    await expect(page.get_by_text("You are logged out.")).to_be_visible()
    await expect(second.get_by_text("You logged out in another tab")).to_be_visible()
    # Nothing of it comes back by its address.
    await page.goto(person.path("settings/account"))
    await expect(page).to_have_url(re.compile("/signin"))
    await expect(page.get_by_text(person.email)).to_have_count(0)
    # Signed in again in the one, the other goes on where it was.
    await _sign_in(page, person.email, PASSWORD)
    await expect(second.get_by_role("heading", level=1, name="Budgets")).to_be_visible()


async def test_a_workspace_is_renamed_counted_anew_and_grouped_by_a_tag(dashboard: Dashboard) -> None:
    person, visit = await _arrive(dashboard, "zone@example.com", "settings/workspace", workspace="Pier")
    page = visit.page
    # Late in UTC's evening it is the next day in Auckland.
    evening = (datetime.now(UTC) - timedelta(days=3)).replace(hour=20, minute=0)
    days = [evening - timedelta(days=each) for each in range(3)]
    calls = [event(timestamp=each.isoformat(), tags={"plan": "gold"}) for each in days]
    await dashboard.ledger.process(entry_of(*calls, workspace_id=person.workspace))
    await page.get_by_label("Name").fill("Quay 🚢")
    await page.get_by_role("button", name="Save changes").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Workspace Quay 🚢: choose another")).to_be_visible()

    zone = page.get_by_role("combobox", name="Time zone")
    await zone.fill("auckl")
    await page.get_by_role("option", name="Pacific/Auckland").click()
    await page.get_by_label("Declared tags").fill("plan")
    await page.get_by_label("Declared tags").press("Enter")
    await expect(page.get_by_role("list", name="Declared tags")).to_contain_text("plan")
    await page.get_by_role("button", name="Save changes").click()
    confirm = page.get_by_role("alertdialog", name="Count the past anew?")
    await expect(confirm).to_contain_text("Pacific/Auckland")
    await visit.check_access()
    await confirm.get_by_role("button", name="Save and count anew").click()
    # It shows until it is done, and goes by itself.
    progress = page.get_by_role("region", name="Counting anew")
    await expect(progress.get_by_role("meter", name="Counted anew")).to_be_visible()
    await expect(progress).to_be_hidden()
    await expect(page.get_by_role("combobox", name="Time zone")).to_have_value("Pacific/Auckland")
    asked = f"/api/costs/summary?from={evening:%Y-%m-%d}&to={evening + timedelta(days=2):%Y-%m-%d}"
    told = await person.call("GET", f"{asked}&group_by=day,tag.plan")
    next_day = f"{evening + timedelta(days=1):%Y-%m-%d}"
    assert {"day": next_day, "tag.plan": "gold"} in [each["keys"] for each in told["groups"]]

    # The tag is offered wherever one filters, with its values.
    await page.get_by_role("link", name="Explore").click()
    await page.get_by_role("button", name="Filter").click()
    await page.get_by_role("menuitem", name=re.compile("plan")).click()
    await page.get_by_role("checkbox", name=re.compile("gold")).check()
    await expect(page).to_have_url(re.compile("tag.plan=gold"))
    await page.keyboard.press("Escape")
    await page.goto(person.path("settings/audit"))
    entry = page.get_by_role("row").filter(has_text="Changed the workspace").first
    await expect(entry).to_contain_text(person.email)
    await expect(entry).to_contain_text("Pacific/Auckland")


async def test_dead_letters_are_seen_replayed_and_dropped(dashboard: Dashboard) -> None:
    person, visit = await _arrive(dashboard, "letters@example.com", "settings/dead-letters")
    page = visit.page
    await expect(page.get_by_text("Every accepted call was written")).to_be_visible()
    pool = dashboard.ledger.pool
    refused = f"CHECK (workspace_id <> {person.workspace} OR feature <> 'cursed')"
    await pool.execute(f"ALTER TABLE cost_events ADD CONSTRAINT no_cursed {refused}")
    try:
        events = [event(feature="cursed"), event(timestamp="never")]
        outcome = await dashboard.ledger.process(entry_of(*events, workspace_id=person.workspace))
        assert outcome.dead == 2
        # They come without a reload.
        reasons = page.get_by_role("table", name="Reasons of dead letters")
        letters = page.get_by_role("table", name="Dead letters", exact=True)
        await expect(letters.get_by_role("row")).to_have_count(3)
        await expect(reasons.get_by_role("row").filter(has_text="no_cursed")).to_be_visible()
        await visit.check_access()
        await reasons.get_by_role("button", name=re.compile("no_cursed")).click()
        await expect(letters.get_by_role("row")).to_have_count(2)
        await letters.get_by_role("button", name="openai/gpt-4").click()
        letter = page.get_by_role("dialog", name="A dead letter")
        await expect(letter).to_contain_text("cursed")
        await visit.check_access()
        await page.keyboard.press("Escape")
        # Replayed before its cause is mended, it comes back.
        await reasons.get_by_role("button", name="Replay all of refused").click()
        await expect(page.get_by_text("Replaying 1 letter; those that fail again come back")).to_be_visible()
    finally:
        await pool.execute("ALTER TABLE cost_events DROP CONSTRAINT no_cursed")
    await reasons.get_by_role("button", name="Replay all of refused").click()
    await expect(reasons.get_by_role("row").filter(has_text="refused")).to_have_count(0)
    await page.get_by_role("radio", name="Replayed").or_(page.get_by_role("button", name="Replayed")).click()
    await expect(letters.get_by_role("row").filter(has_text="openai/gpt-4")).to_be_visible()
    told = await person.call("GET", "/api/costs?feature=cursed")
    assert [each["cost"] for each in told["costs"]] == ["0.06"]

    # What nothing mends is dropped, with a reason that stays in the log.
    await page.get_by_role("radio", name="Waiting").or_(page.get_by_role("button", name="Waiting")).click()
    await reasons.get_by_role("button", name="Drop all of out_of_range").click()
    dialog = page.get_by_role("dialog", name="Drop 1 letter?")
    await dialog.get_by_role("button", name="Drop for good").click()
    await expect(dialog.get_by_label("Why")).to_have_accessible_description(
        re.compile("Say why, for whoever asks later")
    )
    await dialog.get_by_label("Why").fill("a broken clock")
    await dialog.get_by_role("button", name="Drop for good").click()
    await expect(page.get_by_text("Dropped 1 letter")).to_be_visible()
    await expect(page.get_by_text("Every accepted call was written")).to_be_visible()
    await page.get_by_role("link", name="Audit log").click()
    for deed, detail in (("Dropped dead letters", "a broken clock"), ("Replayed dead letters", "refused")):
        entry = page.get_by_role("row").filter(has_text=deed).filter(has_text=detail).first
        await expect(entry).to_contain_text(person.email)


async def test_another_workspace_is_made_and_each_shows_its_own(dashboard: Dashboard) -> None:
    person, visit = await _arrive(dashboard, "two@example.com", "events", workspace="One")
    page = visit.page
    await person.report(event(feature="of-one"))
    await expect(page.get_by_text("of-one").first).to_be_visible()
    await page.get_by_role("button", name="Workspace One: choose another").click()
    await page.get_by_role("menuitem", name="New workspace").click()
    dialog = page.get_by_role("dialog", name="New workspace")
    name = '<script>alert("x")</script> مرحبا'
    await dialog.get_by_label("Name").fill(name)
    await expect(page.get_by_role("menu")).to_have_count(0)
    await visit.check_access()
    await dialog.get_by_role("button", name="Create workspace").click()
    await expect(page).to_have_url(re.compile(r"/w/\d+/start$"))
    await expect(page.get_by_role("button", name=f"Workspace {name}: choose another")).to_be_visible()
    await expect(page.get_by_text("Waiting for your first event…")).to_be_visible()
    await page.get_by_role("link", name="Events").click()
    await expect(page.get_by_role("heading", level=1, name="Events")).to_be_visible()
    await visit.settle()
    await expect(page.get_by_text("of-one")).to_have_count(0)
    await page.get_by_role("button", name=f"Workspace {name}: choose another").click()
    await page.get_by_role("menuitem", name="One", exact=True).click()
    await expect(page.get_by_role("button", name="Workspace One: choose another")).to_be_visible()
    # The next visit begins where the last one was.
    await page.goto("/")
    await expect(page).to_have_url(re.compile(rf"/w/{person.workspace}$"))
