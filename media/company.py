"""The demo's company in a stack of its own, with what a team sets up around its calls.

The month is that of `llmlab demo`: the thirty days before now, so that pictures of another day show other
dates and figures. There is no clock to set for a whole stack: API, worker and database tell the time alone.
"""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from notified import MAIL_FROM, MailBox
from servers import free_port

LLMLAB = Path(sys.executable).parent / "llmlab"
_PATIENCE = 120.0
_KEY = re.compile(r"API key\s+(\S+)")
_PERSON = re.compile(r"Sign in\s+(\S+)\s+(\S+)")


@dataclass(frozen=True)
class Company:
    """A running stack with the month in it, and its owner."""

    url: str
    api_key: str
    email: str
    password: str
    client: httpx.Client

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API as the owner; return the answer's JSON."""
        answer = self.client.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    @property
    def workspace(self) -> int:
        """The number of the owner's workspace."""
        return int(self.ask("GET", "/api/auth/me")["workspaces"][0]["id"])


@contextmanager
def company() -> Iterator[Company]:
    """Run `llmlab demo` until it says how to sign in; stop it at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory() as folder, _hook() as hook, MailBox() as mail:
        log = Path(folder) / "log"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            # Alerts go to receivers on this machine.
            "LLMLAB_OUTGOING_ALLOW": "127.0.0.1",
            "LLMLAB_SMTP_URL": f"smtp://127.0.0.1:{mail.server.port}",
            "LLMLAB_MAIL_FROM": MAIL_FROM,
        }
        with log.open("wb") as output:
            demo = subprocess.Popen(
                [LLMLAB, "demo", "--port", str(port)], env=environment, stdout=output, stderr=output
            )
        try:
            said = _wait(lambda: _said(demo, log), "the demo runs")
            person, key = _PERSON.search(said), _KEY.search(said)
            assert person is not None
            assert key is not None
            with httpx.Client(base_url=url, timeout=60) as client:
                it = Company(url, key[1], person[1], person[2], client)
                login = {"email": it.email, "password": it.password}
                token = it.ask("POST", "/api/auth/login", login)["token"]
                client.headers["Authorization"] = f"Bearer {token}"
                _set_up(it, hook)
                yield it
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)


def _said(demo: subprocess.Popen[bytes], log: Path) -> str | None:
    said = log.read_text()
    if demo.poll() is not None:
        raise RuntimeError(f"`llmlab demo` ended: {said}")
    return said if _PERSON.search(said) else None


def _wait(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + _PATIENCE
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"gave up waiting until {what}")
        time.sleep(0.2)
    return found


class _Received(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # the name that the library calls
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _hook() -> Iterator[str]:
    """Take whatever alerts are posted."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Received)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/alerts"
    finally:
        server.shutdown()
        server.server_close()


def _set_up(it: Company, hook: str) -> None:
    it.ask("PATCH", "/api/workspace", {"name": "Harbour"})
    _invite(it)
    it.ask("POST", "/api/keys", {"name": "Support backend"})
    it.ask("POST", "/api/keys", {"name": "Newsroom batch"})
    it.ask("POST", "/api/channels", {"kind": "webhook", "name": "On call", "settings": {"url": hook}})
    _alert(it)
    _prices(it)
    advice = it.ask("GET", "/api/recommendations")["recommendations"]
    if len(advice) > 2:
        it.ask("POST", f"/api/recommendations/{advice[-1]['id']}/accept", {"note": "From next sprint on"})


def _invite(it: Company) -> None:
    for email, role in (
        ("noor@harbour.example", "admin"),
        ("tomas@harbour.example", "member"),
        ("finance@harbour.example", "viewer"),
    ):
        link = it.ask("POST", "/api/invitations", {"role": role, "email": email})
        if role == "viewer":
            continue
        token = link["link_token"]
        body = {"email": email, "password": it.password, "invitation": token}
        answer = httpx.post(f"{it.url}/api/auth/signup", json=body, timeout=30)
        assert answer.is_success, answer.text


def _alert(it: Company) -> None:
    """Have calls cross a budget, and wait until the alert has arrived."""
    budget = {
        "name": "Contract review, each day",
        "budget_amount": "1.20",
        "period": "day",
        "scope": {"feature": "contract-review"},
    }
    it.ask("POST", "/api/budgets", budget)
    dice = random.Random(1)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    passed = datetime.now(UTC) - midnight
    calls = [
        {
            "provider": "openai",
            "model": "gpt-4",
            "feature": "contract-review",
            "customer": customer,
            "team": "legal-tech",
            "user": f"user-{dice.randint(1, 60)}",
            "input_tokens": dice.randint(2000, 3400),
            "output_tokens": dice.randint(400, 800),
            "latency_ms": dice.randint(900, 4000),
            "timestamp": (midnight + passed * dice.uniform(0.6, 0.999)).isoformat(),
        }
        for customer in ("Alder Clinic", "Granite Legal", "Elm Street Bank", "Northwind Books") * 2
    ]
    report(it, *calls)
    _wait(
        lambda: any(each["status"] == "sent" for each in it.ask("GET", "/api/deliveries")["deliveries"]),
        "the alert has arrived",
    )


def _prices(it: Company) -> None:
    """Agree on a discount, and reprice the last days by it."""
    today = datetime.now(UTC).date()
    since = (today - timedelta(days=10)).isoformat()
    own = {
        "provider": "openai",
        "model": "gpt-4o",
        "discount_percent": "15",
        "valid_from": since,
        "note": "Volume agreement of this year",
    }
    it.ask("PUT", "/api/prices", own)
    span = {"from": since, "to": (today + timedelta(days=1)).isoformat(), "model": "gpt-4o"}
    for extra in ({"dry_run": True}, {"dry_run": False, "reason": "Volume agreement of this year"}):
        queued = it.ask("POST", "/api/prices/reprice", span | extra)
        path = f"/api/prices/repricings/{queued['id']}"
        _wait(lambda path=path: it.ask("GET", path)["status"] == "done", "the repricing is done")


def report(it: Company, *events: dict[str, Any]) -> None:
    """Report calls as an application does."""
    answer = httpx.post(
        f"{it.url}/api/events/track",
        json={"events": list(events)},
        headers={"Authorization": f"Bearer {it.api_key}"},
        timeout=30,
    )
    assert answer.is_success, answer.text
