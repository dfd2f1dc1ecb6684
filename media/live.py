"""`make media`: the overview moving while calls are reported, above a terminal that follows the same calls.

Everything in it is real: the demo's company, the SDK reporting calls of its kind, `llmlab events tail -f` at
a pseudo-terminal, whose output is drawn in the browser beside the dashboard, and the dashboard itself.
"""

import asyncio
import base64
import io
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pexpect
from llmlab import LLMLab
from llmlab_deploy.demo.calls import month_of_calls
from PIL import Image
from playwright.async_api import Browser, Page, expect
from rich.console import Console
from rich.progress import track
from rich.text import Text

from media.company import LLMLAB, Company, company
from media.screenshots import chromium, settle, sign_in

FILE = Path(__file__).parent.parent / "docs" / "media" / "live.webp"
FONT = Path(__file__).parent.parent / "api" / "llmlab_api" / "web" / "built" / "assets"
MOST_BYTES = 3_000_000
SECONDS, FRAMES_A_SECOND = 13, 5
WIDTH, DASHBOARD, TERMINAL = 1000, 640, 230
# The page is wide enough for its sidebar, and made smaller afterwards.
VIEWPORT = {"width": 1280, "height": round(1280 * DASHBOARD / WIDTH)}
COLUMNS, LINES = 106, 9
_FOLLOWS = ("events", "tail", "-f", "-n", "4")
_PAPER = """<!doctype html><style>
@font-face {{ font-family: mono; src: url(data:font/woff2;base64,{font}) }}
body {{ margin: 0; background: #0d1117; color: #e6edf3 }}
pre {{ margin: 0; padding: 14px 16px; font: 14.5px/22px mono, monospace; font-variant-ligatures: none }}
</style><pre>{code}</pre>"""


@contextmanager
def _reporting(it: Company) -> Iterator[threading.Event]:
    """Report calls through the SDK, one or two a second, once the event is set."""
    begin, stop = threading.Event(), threading.Event()
    dice = random.Random(7)
    calls = [each for each in month_of_calls(datetime.now(UTC)) if each["provider"] != "in-house"][-400:]

    def run() -> None:
        begin.wait()
        with LLMLab(it.api_key, it.url) as client:
            while not stop.is_set():
                call = dict(dice.choice(calls))
                del call["timestamp"]
                call.pop("response_id", None)
                client.track(**call)
                client.flush(1)
                stop.wait(dice.uniform(0.4, 0.9))

    reporter = threading.Thread(target=run)
    reporter.start()
    try:
        yield begin
    finally:
        stop.set()
        begin.set()
        reporter.join()


@contextmanager
def _terminal(it: Company) -> Iterator["pexpect.spawn[str]"]:
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "LLMLAB_URL": it.url,
            "LLMLAB_API_KEY": it.api_key,
        }
        terminal = pexpect.spawn(
            str(LLMLAB), list(_FOLLOWS), env=environment, dimensions=(LINES, COLUMNS), encoding="utf-8"
        )
        try:
            yield terminal
        finally:
            terminal.close(force=True)


def _read(terminal: "pexpect.spawn[str]") -> str:
    """Return what the terminal has been told since it was read last."""
    told = ""
    while True:
        try:
            told += terminal.read_nonblocking(65536, timeout=0)
        except pexpect.TIMEOUT:
            return told


def _drawn(told: str, font: str) -> str:
    """Return the last lines of a terminal as a page."""
    lines = [Text.assemble(("$ ", "bold green"), "llmlab " + " ".join(_FOLLOWS))]
    lines += [Text.from_ansi(each) for each in told.replace("\r", "").split("\n") if each.strip()]
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor")
    for line in lines[:1] + lines[1:][-(LINES - 1) :]:
        console.print(line, no_wrap=True, crop=True)
    code = console.export_html(inline_styles=True, code_format="{code}")
    return _PAPER.format(font=font, code=code)


async def _frame(dashboard: Page, paper: Page) -> Image.Image:
    whole = Image.new("RGB", (WIDTH, DASHBOARD + TERMINAL))
    for page, top, height in ((dashboard, 0, DASHBOARD), (paper, DASHBOARD, TERMINAL)):
        picture = Image.open(io.BytesIO(await page.screenshot(caret="hide")))
        whole.paste(picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS), (0, top))
    return whole


async def _record(browser: Browser, it: Company, console: Console) -> tuple[list[Image.Image], list[int]]:
    font = base64.b64encode(next(FONT.glob("jetbrains-mono-latin-wght-*.woff2")).read_bytes()).decode()
    context = await browser.new_context(base_url=it.url, viewport=VIEWPORT, locale="en-GB")  # type: ignore[arg-type]
    dashboard = await context.new_page()
    await sign_in(dashboard, it)
    await dashboard.goto(f"/w/{it.workspace}/?range=7d")
    await settle(dashboard)
    await expect(dashboard.get_by_role("status").filter(has_text="Live").first).to_be_visible()
    paper = await browser.new_page(viewport={"width": WIDTH, "height": TERMINAL})
    frames, times = [], []
    with _terminal(it) as terminal, _reporting(it) as begin:
        told = ""
        while told.count("\n") < 4:
            await asyncio.sleep(0.1)
            told += _read(terminal)
        started = time.monotonic()
        for number in track(range(SECONDS * FRAMES_A_SECOND), "recording", console=console):
            await asyncio.sleep(max(0.0, started + number / FRAMES_A_SECOND - time.monotonic()))
            if number == FRAMES_A_SECOND:
                begin.set()
            if time.monotonic() - started > SECONDS:
                # A busy machine makes fewer pictures, not a longer recording.
                break
            told += _read(terminal)
            await paper.set_content(_drawn(told, font))
            await paper.evaluate("document.fonts.ready")
            times.append(round((time.monotonic() - started) * 1000))
            frames.append(await _frame(dashboard, paper))
    return frames, times


async def _all(it: Company, console: Console) -> tuple[list[Image.Image], list[int]]:
    async with chromium() as browser:
        return await _record(browser, it, console)


def main() -> int:
    """Make the recording; 1 where it is too large to keep."""
    console = Console()
    FILE.parent.mkdir(parents=True, exist_ok=True)
    console.print("Starting LLMLab with a month of calls …")
    with company() as it:
        frames, times = asyncio.run(_all(it, console))
    # As long as each stood in truth, and the last one a while.
    shown = [after - before for before, after in pairwise(times)] + [2000]
    frames[0].save(
        FILE, save_all=True, append_images=frames[1:], duration=shown, loop=0, quality=70, method=4
    )
    size = FILE.stat().st_size
    console.print(f"docs/media/{FILE.name}: {sum(shown) / 1000:.0f} s, {size / 1e6:.2f} MB")
    return 0 if size <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
