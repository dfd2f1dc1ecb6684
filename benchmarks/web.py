"""The dashboard in a real Chromium: how large it is, and how soon the overview of a million events is there.

The API and one worker run as processes on the machine that the browser paints on, so that they share its
cores. What the page took is what it tells itself: the time from the navigation to the first figure of spend
that was painted, with nothing in the browser's cache and with everything, the largest paint, long tasks,
layout shifts, requests and bytes. Then calls are reported one by one, each timed until the figure moves.
"""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

BUILT = Path(__file__).parent.parent / "api" / "llmlab_api" / "web" / "built"
LOADS, CALLS = 15, 40
_SCREENS = ("overview", "explore", "events", "budgets", "recommendations", "prices", "settings", "onboarding")
_PASSWORD = "correct horse battery"
_PATIENCE_MS = 30_000
# Before the page's own scripts: when a figure of spend was first painted, when it moved, what took long.
_WATCH = """
window.seen = { first: null, figure: null, moved: [], long: [], shifts: 0, largest: 0, painted: null };
const tile = () => document.querySelector('[role=group][aria-label=Today]')?.textContent ?? '';
new MutationObserver(() => {
  const text = tile();
  if (!text.includes('$') || text === seen.figure) return;
  const changed = seen.figure !== null;
  seen.figure = text;
  requestAnimationFrame(() => setTimeout(() => {
    const at = performance.now();
    if (seen.first === null) seen.first = at;
    if (changed) seen.moved.push([performance.timeOrigin + at, text]);
  }));
}).observe(document, { subtree: true, childList: true, characterData: true });
const observe = (type, heard) =>
  new PerformanceObserver((list) => list.getEntries().forEach(heard)).observe({ type, buffered: true });
observe('longtask', ({ duration }) => seen.long.push(duration));
observe('layout-shift', ({ value, hadRecentInput }) => { if (!hadRecentInput) seen.shifts += value; });
observe('largest-contentful-paint', ({ startTime }) => { seen.largest = startTime; });
observe('paint', ({ name, startTime }) => {
  if (name === 'first-contentful-paint') seen.painted = startTime;
});
"""
_TOLD = """() => {
  const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const bytes = all.reduce((sum, { transferSize }) => sum + transferSize, 0);
  return { ...seen, requests: all.length, bytes };
}"""


def _sizes() -> list[dict[str, Any]]:
    """Return what must be loaded before anything is shown, from the build's manifest."""
    manifest = json.loads((BUILT / ".vite" / "manifest.json").read_text())

    def with_imports(name: str, found: set[str]) -> set[str]:
        if name not in found:
            found.add(name)
            for each in manifest[name].get("imports", []):
                with_imports(each, found)
        return found

    def size(names: set[str]) -> float:
        return sum((BUILT / f"{manifest[name]['file']}.gz").stat().st_size for name in names) / 1000

    page = with_imports("index.html", set())
    rows = [_row("web: JavaScript of every page, gzipped", size(page), "kB")]
    for screen in _SCREENS:
        both = page | with_imports(f"src/features/{screen}/screen.tsx", set())
        if screen == "overview":
            rows.append(_row("web: JavaScript of the page and the overview, gzipped", size(both), "kB", 250))
        else:
            rows.append(_row(f"web: what {screen} adds to the page, gzipped", size(both - page), "kB"))
    return rows


def _row(name: str, ours: float, unit: str, most: float | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": name,
        "ours": ours,
        "yardstick": None,
        "ratio": None,
        "target": "" if most is None else f"≤ {most:g} {unit}",
        "unit": unit,
    }
    return row if most is None else row | {"met": ours <= most}


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[18]


async def _fill(database_url: str, workspace: int) -> None:
    from benchmarks import screens

    connection = await asyncpg.connect(database_url)
    try:
        await screens.fill(connection, workspace)
    finally:
        await connection.close()


async def _context(browser: Browser, url: str, account: dict[str, str]) -> BrowserContext:
    context = await browser.new_context(base_url=url, viewport={"width": 1360, "height": 850}, locale="en-GB")
    await context.add_init_script(_WATCH)
    signed_in = await context.request.post(
        "/api/auth/login",
        data=json.dumps(account),
        headers={"X-LLMLab-Web": "1", "Content-Type": "application/json"},
    )
    assert signed_in.ok, await signed_in.text()
    return context


async def _load(page: Page, path: str) -> dict[str, Any]:
    await page.goto(path)
    await page.wait_for_function("() => seen.first !== null", timeout=_PATIENCE_MS)
    # What comes after the first figure is counted too: charts, and the lists further down.
    await page.wait_for_function(
        "() => !document.querySelector('[aria-busy=true]')", timeout=_PATIENCE_MS, polling=100
    )
    await page.get_by_role("img").first.wait_for()
    told: dict[str, Any] = await page.evaluate(_TOLD)
    return told


def _loaded(kind: str, loads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first = [each["first"] / 1000 for each in loads]
    name = f"web, overview of 1 M events, {kind} cache:"
    return [
        _row(f"{name} first figure of spend, median of {len(loads)}", statistics.median(first), "s", 1),
        _row(f"{name} first figure of spend, p95", _p95(first), "s", 1),
        _row(f"{name} first paint, median", statistics.median(e["painted"] for e in loads) / 1000, "s"),
        _row(f"{name} largest paint, median", statistics.median(e["largest"] for e in loads) / 1000, "s"),
        _row(
            f"{name} blocked by long tasks, median",
            statistics.median(sum(max(0, t - 50) for t in each["long"]) for each in loads),
            "ms",
        ),
        _row(f"{name} layout shift, most", max(each["shifts"] for each in loads), "score", 0.1),
        _row(f"{name} requests", statistics.median(each["requests"] for each in loads), "requests"),
        _row(f"{name} bytes", statistics.median(each["bytes"] for each in loads) / 1000, "kB"),
    ]


async def _calls(page: Page, client: httpx.AsyncClient) -> list[dict[str, Any]]:
    taken = []
    call = {"provider": "openai", "model": "gpt-4", "input_tokens": 1000, "output_tokens": 500}
    for _ in range(CALLS):
        await asyncio.sleep(random.uniform(0.1, 0.8))
        before = await page.evaluate("seen.moved.length")
        sent = time.time()
        (await client.post("/api/events/track", json=call)).raise_for_status()
        await page.wait_for_function("(n) => seen.moved.length > n", arg=before, timeout=_PATIENCE_MS)
        taken.append(await page.evaluate("(n) => seen.moved[n][0]", before) / 1000 - sent)
    name = "web: call → the overview's figure of today"
    return [
        _row(f"{name}, p50 of {CALLS}", statistics.median(taken), "s"),
        _row(f"{name}, p95 of {CALLS}", _p95(taken), "s", 2),
    ]


async def _measure(url: str, database_url: str, chromium: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        account = {"email": "web@example.com", "password": _PASSWORD}
        made = (await client.post("/api/auth/signup", json=account)).raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {made['api_key']}"
        workspace = made["user"]["workspaces"][0]["id"]
        await _fill(database_url, workspace)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            cold, warm = [], []
            for number in range(LOADS + 1):
                context = await _context(browser, url, account)
                page = await context.new_page()
                path = f"/w/{workspace}/"
                first = await _load(page, path)
                again = await _load(page, path)
                # The first of all finds the servers cold as well.
                if number > 0:
                    cold.append(first)
                    warm.append(again)
                if number == LOADS:
                    moved = await _calls(page, client)
                await context.close()
            await browser.close()
    return [*_loaded("cold", cold), *_loaded("warm", warm), *moved]


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table; takes about two minutes, most of it to make the events."""
    from browser import HOW, find_chromium
    from databases import prepare_database
    from live import LiveStack
    from servers import start_servers

    chromium = find_chromium()
    if chromium is None or not (BUILT / ".vite" / "manifest.json").exists():
        sys.exit(HOW if chromium is None else "The dashboard is not built: `make web`")
    with start_servers() as servers, tempfile.TemporaryDirectory() as folder:
        stack = LiveStack(servers.database_url, servers.redis_url, Path(folder))
        try:
            prepare_database(servers.database_url)
            stack.start_api()
            stack.start_worker()
            return [*_sizes(), *asyncio.run(_measure(stack.url, servers.database_url, chromium))]
        finally:
            stack.stop()
