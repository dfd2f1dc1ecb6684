"""`make screenshots`: every screen in light, dark and narrow, into `docs/screenshots/`."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from browser import HOW, find_chromium
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright
from rich.console import Console
from rich.progress import track

from media.company import Company, company

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
MOST_BYTES = 6_000_000
# The file's name, and the address below the workspace.
SCREENS = {
    "overview": "",
    "explore": "explore?by=feature&and=customer",
    "events": "events",
    "event": "events",
    "budgets": "budgets",
    "budget": "budgets",
    "alerts": "budgets/alerts",
    "channels": "budgets/channels",
    "recommendations": "recommendations",
    "what-if": "recommendations?show=what-if",
    "prices": "prices",
    "price-history": "prices/model?provider=openai&model=gpt-4o",
    "own-prices": "prices/own",
    "repricings": "prices/repricings",
    "settings": "settings/workspace",
    "members": "settings/members",
    "keys": "settings/keys",
    "audit": "settings/audit",
    "account": "settings/account",
    "start": "start",
}
SIGNED_OUT = {"sign-in": "/signin", "sign-up": "/signup"}
LOOKS = {
    "light": {"viewport": {"width": 1360, "height": 850}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1360, "height": 850}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start the Chromium that the dashboard is tested in."""
    path = find_chromium()
    if path is None:
        sys.exit(HOW)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb", "--lang=en-GB"],
        )
        yield browser
        await browser.close()


async def sign_in(page: Page, it: Company) -> None:
    """Give the page's browser the owner's session."""
    answer = await page.context.request.post(
        "/api/auth/login",
        data=json.dumps({"email": it.email, "password": it.password}),
        headers={"X-LLMLab-Web": "1", "Content-Type": "application/json"},
    )
    assert answer.ok, await answer.text()


async def settle(page: Page) -> None:
    """Wait until nothing is on its way, and what moves has come to rest."""
    await page.wait_for_function(
        "() => document.querySelector('#root')?.childElementCount > 0 "
        "&& !document.querySelector('[aria-busy=true]')"
    )
    await page.evaluate("document.fonts.ready")
    await page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


async def _open(page: Page, name: str) -> None:
    """Open what a screen shows of one thing."""
    if name == "event":
        await page.get_by_role("row").nth(3).click()
        await page.get_by_role("dialog").wait_for()
    elif name == "budget":
        await page.get_by_role("link", name="Everything, each month").first.click()
        await page.get_by_role("heading", level=1, name="Everything, each month").wait_for()


async def _take(browser: Browser, it: Company, progress: Console) -> None:
    base = f"/w/{it.workspace}/"
    for look, options in LOOKS.items():
        context = await browser.new_context(
            base_url=it.url,
            timezone_id="Europe/Berlin",
            locale="en-GB",
            reduced_motion="reduce",
            **options,  # type: ignore[arg-type]  # what the look says
        )
        page = await context.new_page()
        for name, path in SIGNED_OUT.items():
            await page.goto(path)
            await _shoot(page, name, look)
        await sign_in(page, it)
        for name, path in track(SCREENS.items(), f"{look:6}", console=progress):
            await page.goto(base + path)
            await settle(page)
            await _open(page, name)
            await _shoot(page, name, look)
        await context.close()


async def _shoot(page: Page, name: str, look: str) -> None:
    await settle(page)
    file = FOLDER / f"{name}-{look}.png"
    await page.screenshot(path=file, animations="disabled", caret="hide")
    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


async def _all(it: Company, console: Console) -> None:
    async with chromium() as browser:
        await _take(browser, it, console)


def main() -> int:
    """Make the pictures; 1 where they are too large to keep."""
    console = Console()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    console.print("Starting LLMLab with a month of calls …")
    with company() as it:
        asyncio.run(_all(it, console))
    pictures = list(FOLDER.glob("*.png"))
    size = sum(file.stat().st_size for file in pictures)
    console.print(f"{len(pictures)} pictures in docs/screenshots, {size / 1e6:.1f} MB")
    return 0 if size <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
