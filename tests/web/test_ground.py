"""What holds on every screen: who gets in, where an address leads, what the page may load."""

import re

from dashboard import Dashboard, Person
from playwright.async_api import expect


async def test_nobody_gets_in_without_signing_in_and_comes_back_to_where_they_were(
    dashboard: Dashboard, owner: Person
) -> None:
    visit = await dashboard.visit()
    page = visit.page
    await page.goto(owner.path("explore?range=7d"))
    await expect(page).to_have_url(re.compile("/signin"))
    await visit.check_access()
    await page.get_by_label("E-mail").fill(owner.email)
    await page.get_by_label("Password", exact=True).fill("correct horse battery")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(re.compile(rf"/w/{owner.workspace}/explore\?range=7d"))
