"""The main job, checked: recorded provider calls go in through the SDK, their exact cost comes out."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from llmlab import LLMLab

from llmlab_deploy.errors import StackError
from llmlab_deploy.first_user import FirstUser, first_user
from llmlab_deploy.screen import Screen
from llmlab_deploy.stack import Stack, StackOptions

_PATIENCE = 60.0
_SHOWN_DIFFERENCES = 10
_FUTURE = timedelta(hours=24)  # an event further ahead is refused


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call as a provider answered it: what to report of it, and what it costs exactly."""

    event: dict[str, Any]
    expected_cost: Decimal

    @property
    def response_id(self) -> str:
        return str(self.event["response_id"])


def recorded_calls() -> list[RecordedCall]:
    """Return the calls of the fixture, each at the time it was made."""
    text = (files("llmlab_deploy.demo") / "provider_calls.jsonl").read_text()
    reported = ("provider", "api", "model", "usage", "response_id", "timestamp", "service_tier")
    calls = []
    for line in text.splitlines():
        row = json.loads(line)
        event = {name: row[name] for name in reported if row[name] is not None}
        calls.append(RecordedCall(event, Decimal(row["expected_cost"])))
    return calls


def check_clock(calls: list[RecordedCall], now: datetime) -> None:
    """Raise `StackError` when a clock that says `now` would make recorded calls ones of the future."""
    newest = max(datetime.fromisoformat(call.event["timestamp"]) for call in calls)
    if newest > now + _FUTURE:
        raise StackError(
            f"this machine's clock says {now:%Y-%m-%d %H:%M} UTC, but the newest recorded call was made "
            f"on {newest:%Y-%m-%d}, and calls of the future are refused: set the clock, then try again"
        )


def run_check(*, system_servers: bool = False) -> None:
    """Run the whole system on new data, send the recorded calls through it and compare every cost.

    Raises `StackError` with the reason when a cost or the total differs, `StopRequested` when told to
    stop. Everything is stopped and removed at the end, whatever happened.
    """
    calls = recorded_calls()
    check_clock(calls, datetime.now(UTC))
    place = Path(tempfile.mkdtemp(prefix="llmlab-demo-"))
    screen = Screen()
    try:
        with Stack(
            StackOptions(data_dir=place / "data", port=0, only_embedded=True, system_servers=system_servers),
            screen,
        ) as stack:
            stack.make_passable(place)
            stack.start()
            with screen.timed("a user signed up"):
                user = first_user(stack.folder, stack.url)
            if user is None:
                raise StackError("the demo's own database has an owner already")
            _send_and_compare(stack, screen, user, calls)
            _show_status(stack, user, place)
            begun = time.perf_counter()
        screen.stage("everything stopped", time.perf_counter() - begun)
        screen.summary()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _send_and_compare(stack: Stack, screen: Screen, user: FirstUser, calls: list[RecordedCall]) -> None:
    with LLMLab(user.api_key, stack.url) as client:
        with screen.timed(f"{len(calls)} provider calls sent through the SDK"):
            for call in calls:
                client.track(**call.event)
            deadline = time.monotonic() + _PATIENCE
            while not client.flush(0.2) and time.monotonic() < deadline:
                stack.supervisor.attend(0)
            stats = client.stats()
            if stats["accepted"] != len(calls):
                raise StackError(f"of {len(calls)} events the API took {stats['accepted']}: {stats}")
        with screen.timed("all of them priced"):
            summary = _wait_until_counted(stack, client, len(calls))
        with screen.timed("every cost compared"):
            compare(calls, summary, list(client.costs.iterate(from_="2020-01-01", limit=1000)))
    screen.say(f"  {len(calls)} calls cost exactly {summary['total_spend']} USD, as their fixture says.\n")


def _wait_until_counted(stack: Stack, client: LLMLab, events: int) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE
    while True:
        summary = client.costs.summary(from_="2020-01-01")
        if summary["counts"]["events"] >= events and summary["freshness"]["backlog"] == 0:
            return summary
        if time.monotonic() > deadline:
            raise StackError(f"after {_PATIENCE:.0f} s the worker has counted {summary['counts']}")
        stack.supervisor.attend(0.05)


def compare(calls: list[RecordedCall], summary: dict[str, Any], costs: list[dict[str, Any]]) -> None:
    """Raise `StackError` unless each event and the total cost exactly what the fixture says."""
    by_response = {event["response_id"]: event for event in costs}
    wrong = []
    for call in calls:
        event = by_response.pop(call.response_id, None)
        found = None if event is None or event["cost"] is None else Decimal(event["cost"])
        if found != call.expected_cost:
            status = "not stored" if event is None else f"{found} ({event['price_status']})"
            wrong.append(f"{call.event['model']} {call.response_id}: {status}, not {call.expected_cost}")
    wrong += [f"{event['model']} {response}: nobody sent it" for response, event in by_response.items()]
    expected = sum((call.expected_cost for call in calls), Decimal(0))
    if Decimal(summary["total_spend"]) != expected:
        wrong.append(f"the total is {summary['total_spend']}, not {expected}")
    if summary["counts"]["events"] != len(calls):
        wrong.append(f"{summary['counts']['events']} events are counted, not {len(calls)}")
    if wrong:
        more = f"\n… and {len(wrong) - _SHOWN_DIFFERENCES} more" if len(wrong) > _SHOWN_DIFFERENCES else ""
        raise StackError("the costs are not what they must be", "\n".join(wrong[:_SHOWN_DIFFERENCES]) + more)


def _show_status(stack: Stack, user: FirstUser, home: Path) -> None:
    """Print what a person sees who asks for the status, by the very command."""
    print("$ llmlab status --period all", flush=True)
    environment = os.environ | {
        "LLMLAB_URL": stack.url,
        "LLMLAB_API_KEY": user.api_key,
        "HOME": str(home),
    }
    environment.pop("LLMLAB_PROFILE", None)
    shown = subprocess.run(
        [sys.executable, "-c", "from llmlab_cli.main import main; main()", "status", "--period", "all"],
        env=environment,
        check=False,
    )
    stack.supervisor.attend(0)
    if shown.returncode != 0:
        raise StackError(f"`llmlab status` ended with code {shown.returncode}")
