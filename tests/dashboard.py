"""The dashboard as people use it: their accounts, their browsers, and what a page complains of."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, TypeVar

import httpx
from ledger import Ledger
from live import LiveStack
from playwright.async_api import Browser, ConsoleMessage, Page, Request

T = TypeVar("T")
WEB = Path(__file__).parent.parent / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "correct horse battery"
WIDE, NARROW = {"width": 1360, "height": 850}, {"width": 360, "height": 740}
# Axe's own words for what keeps somebody from using a page.
SERIOUS = ("serious", "critical")
# What the browser writes by itself about answers that a screen asked for and words itself.
_ANSWERS = re.compile(r"Failed to load resource: the server responded with a status of (4\d\d|503)")


def shown(amount: str, places: int | None = None, *, signed: bool = False) -> str:
    """Return an amount as screens have it: cents, below a dollar three digits, or so many places."""
    value = Decimal(amount)
    if places is None:
        places = 2 if value == 0 or abs(value) >= 1 else min(max(2, 2 - value.adjusted()), 12)
        cut = f"{abs(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)):,.{places}f}"
        whole, _, fraction = cut.partition(".")
        text = f"{whole}.{fraction[:2]}{fraction[2:].rstrip('0')}"
    else:
        text = f"{abs(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)):,.{places}f}"
    sign = "−" if value < 0 else "" if not signed else "+" if value > 0 else "±"  # as it is shown
    return f"{sign}${text}"


async def until(ask: Callable[[], Awaitable[T]], holds: Callable[[T], object], seconds: float = 30) -> T:
    """Ask until the answer is as it should be, and return it."""
    async with asyncio.timeout(seconds):
        while not holds(answer := await ask()):
            await asyncio.sleep(0.1)
    return answer


@dataclass
class Dashboard:
    """LLMLab with its dashboard, and people who have accounts; passwords are all `PASSWORD`."""

    stack: LiveStack
    ledger: Ledger
    browser: Browser
    _visits: list["Visit"] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.stack.url

    async def sign_up(self, email: str, workspace: str = "Harbour", **body: Any) -> "Person":
        """Make an account over HTTP."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as client:
            answer = await client.post(
                "/api/auth/signup",
                json={"email": email, "password": PASSWORD, "workspace": workspace, **body},
            )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return Person(self, email, made["token"], made["api_key"], made["user"]["workspaces"][0]["id"])

    async def visit(
        self, person: "Person | None" = None, *, narrow: bool = False, dark: bool = False, **context: Any
    ) -> "Visit":
        """Open a browser of its own, signed in as somebody if named."""
        opened = await self.browser.new_context(
            base_url=self.url,
            viewport=NARROW if narrow else WIDE,  # type: ignore[arg-type]  # two numbers
            color_scheme="dark" if dark else "light",
            timezone_id="Europe/Berlin",
            locale="en-GB",
            reduced_motion="reduce",
            **context,
        )
        opened.set_default_timeout(20_000)
        page = await opened.new_page()
        visit = Visit(self, page)
        page.on("console", visit.heard)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("request", visit.asked)
        self._visits.append(visit)
        if person is not None:
            signed_in = await opened.request.post(
                "/api/auth/login",
                data=json.dumps({"email": person.email, "password": PASSWORD}),
                headers={"X-LLMLab-Web": "1", "Content-Type": "application/json"},
            )
            assert signed_in.ok, await signed_in.text()
        return visit

    async def close(self) -> None:
        """Close the browsers; a page that complained fails its test."""
        visits, self._visits = self._visits, []
        for visit in visits:
            await visit.page.context.close()
        for visit in visits:
            assert visit.unexpected() == []


@dataclass(frozen=True)
class Person:
    """Somebody with an account, and the first workspace."""

    dashboard: Dashboard
    email: str
    token: str
    api_key: str
    workspace: int

    def path(self, screen: str = "") -> str:
        """Return the address of a screen of the workspace."""
        return f"/w/{self.workspace}/{screen}"

    async def report(self, *events: dict[str, Any]) -> None:
        """Report calls as an application does."""
        async with httpx.AsyncClient(base_url=self.dashboard.url, timeout=60) as client:
            answer = await client.post(
                "/api/events/track",
                json={"events": list(events)},
                headers={"Authorization": f"Bearer {self.api_key}"},
            )
        assert answer.json()["accepted"] == len(events), answer.text

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API as this person; return the answer's JSON."""
        async with httpx.AsyncClient(base_url=self.dashboard.url, timeout=60) as client:
            answer = await client.request(
                method, path, json=body, headers={"Authorization": f"Bearer {self.token}"}
            )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def spent(self, query: str = "", *, events: int = 0) -> str:
        """Return what was spent in all, or of some calls, when at least so many are counted."""
        path = f"/api/costs/summary?from=2020-01-01&{query}"
        summary = await until(
            lambda: self.call("GET", path), lambda found: found["counts"]["events"] >= events
        )
        total: str = summary["total_spend"]
        return total

    async def invite(self, email: str, role: str) -> "Person":
        """Let somebody new into the workspace."""
        invitation = await self.call("POST", "/api/invitations", {"role": role})
        async with httpx.AsyncClient(base_url=self.dashboard.url, timeout=60) as client:
            answer = await client.post(
                "/api/auth/signup",
                json={"email": email, "password": PASSWORD, "invitation": invitation["link_token"]},
            )
        assert answer.status_code == 201, answer.text
        return Person(self.dashboard, email, answer.json()["token"], "", self.workspace)


@dataclass
class Visit:
    """A page of somebody's, and everything that it complained of."""

    dashboard: Dashboard
    page: Page
    complaints: list[str] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)

    def expects(self, complaint: str) -> None:
        """Let the page complain of what this pattern matches: the test is about it."""
        self._expected.append(complaint)

    def unexpected(self) -> list[str]:
        """Return what the page complained of and no test expects."""
        return [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self._expected)
        ]

    def heard(self, message: ConsoleMessage) -> None:
        """Note what the page writes to its console, the browser's own refusals among them."""
        if message.type in ("error", "warning") and not _ANSWERS.search(message.text):
            self.complaints.append(f"{message.type}: {message.text}")

    def asked(self, request: Request) -> None:
        """Note every request that leaves for another site."""
        if not request.url.startswith((self.dashboard.url, "data:", "blob:")):
            self.complaints.append(f"asked elsewhere: {request.url}")

    async def settle(self) -> None:
        """Wait until nothing on the page is on its way any more."""
        await self.page.wait_for_function(
            "() => document.querySelector('#root')?.childElementCount > 0 "
            "&& !document.querySelector('[aria-busy=true], [data-skeleton]')"
        )

    async def check_access(self) -> None:
        """Let axe look for what would keep somebody from using the page."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        serious = [
            f"{each['id']}: {each['help']} at {[node['target'] for node in each['nodes']][:5]}"
            for each in found["violations"]
            if each["impact"] in SERIOUS
        ]
        assert serious == [], f"{self.page.url}: {serious}"

    async def fits(self) -> None:
        """Check that the page does not scroll sideways."""
        width = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{self.page.url} is {width} pixels too wide"
