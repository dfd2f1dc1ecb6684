"""Every screen with a month of calls: readable by everybody, in light and dark, wide and narrow."""

import pytest
from dashboard import Dashboard, Person
from playwright.async_api import expect

# The address below the workspace, and what says that the screen has come.
SCREENS = {
    "": "Overview",
    "explore": "Explore",
    "explore?by=feature&and=customer&compare=1": "Explore",
    "events": "Events",
    "budgets": "Budgets",
    "budgets/alerts": "Budgets",
    "budgets/channels": "Budgets",
    "budgets/reports": "Budgets",
    "recommendations": "Recommendations",
    "recommendations?show=what-if": "Recommendations",
    "prices": "Prices",
    "prices/model?provider=openai&model=gpt-4": "gpt-4",
    "prices/own": "Prices",
    "prices/repricings": "Prices",
    "settings/workspace": "Settings",
    "settings/members": "Settings",
    "settings/keys": "Settings",
    "settings/dead-letters": "Settings",
    "settings/audit": "Settings",
    "settings/account": "Settings",
    "start": "Get started",
    "no-such-screen": "There is no such page",
}


@pytest.mark.parametrize("look", ["light", "dark", "narrow"])
async def test_every_screen_is_for_everybody(dashboard: Dashboard, owner: Person, look: str) -> None:
    visit = await dashboard.visit(owner, narrow=look == "narrow", dark=look == "dark")
    for screen, name in SCREENS.items():
        await visit.page.goto(owner.path(screen))
        main = visit.page.get_by_role("main")
        await expect(main.get_by_text(name, exact=True).first).to_be_visible()
        await visit.settle()
        # What is looked at is the screen, not its failure.
        await expect(main.get_by_role("alert")).to_have_count(0)
        assert "LLMLab" in await visit.page.title()
        await visit.check_access()
        await visit.fits()


async def test_menus_that_are_open_are_for_everybody(dashboard: Dashboard, owner: Person) -> None:
    visit = await dashboard.visit(owner)
    for screen, menu in (("", "account"), ("", "choose another"), ("explore", "Filter")):
        await visit.page.goto(owner.path(screen))
        await visit.settle()
        await visit.page.get_by_role("button", name=menu).first.click()
        await expect(visit.page.get_by_role("menu")).to_be_visible()
        await visit.check_access()


async def test_pages_before_signing_in_are_too(dashboard: Dashboard) -> None:
    for narrow, dark in ((False, False), (True, True)):
        visit = await dashboard.visit(narrow=narrow, dark=dark)
        for path in (
            "/signin",
            "/signup",
            "/join#token=none",
            "/forgot-password",
            "/reset-password#token=none",
        ):
            await visit.page.goto(path)
            await visit.settle()
            await visit.check_access()
            await visit.fits()


async def test_narrow_screens_show_which_part_is_open_and_which_role_somebody_has(
    dashboard: Dashboard,
) -> None:
    owner = await dashboard.sign_up("narrow-owner@example.com")
    link = (await owner.call("POST", "/api/invitations", {"role": "member"}))["link_token"]
    await dashboard.sign_up("narrow-member@example.com", invitation=link)
    visit = await dashboard.visit(owner, narrow=True)
    for part, name in (("account", "Your account"), ("workspace", "Workspace")):
        await visit.page.goto(owner.path(f"settings/{part}"))
        tab = visit.page.get_by_role("navigation", name="Settings").get_by_role("link", name=name)
        await expect(tab).to_be_in_viewport(ratio=0.95)
    await visit.page.goto(owner.path("settings/members"))
    role = visit.page.get_by_label("Role of narrow-member@example.com")
    await expect(role).to_have_value("member")
    box = await role.bounding_box()
    assert box is not None
    assert box["width"] > 80, "its role cannot be read"
