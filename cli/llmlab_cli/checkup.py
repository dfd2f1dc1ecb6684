"""The checks of `llmlab doctor`, in the order in which one failing makes the next pointless."""

import os
import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from llmlab import (
    AuthenticationFailed,
    ConnectionFailed,
    LLMLab,
    LLMLabError,
    PermissionDenied,
    ServerUnavailable,
)

from llmlab_cli import config
from llmlab_cli.app import Invocation
from llmlab_cli.errors import CLIError, fact_of, one_line
from llmlab_cli.render import figures
from llmlab_cli.render.doctor import Check
from llmlab_cli.session import connect, profile_name

# Work that waits longer than this has nobody who does it; a busy worker keeps far below.
LATE_SECONDS = 60
SKEW_WARNING = 5
SKEW_WRONG = 120


def examine(invocation: Invocation) -> list[Check]:
    """Return every check that could be made."""
    return list(_examine(invocation))


def _examine(invocation: Invocation) -> Iterator[Check]:
    yield _versions()
    try:
        file = config.load()
    except CLIError as error:
        yield Check("settings", "wrong", str(error), "mend or move the file, then `llmlab init`")
        return
    yield _settings(file, profile_name(invocation, file))
    try:
        client = connect(invocation)
        server = client.base_url
    except (CLIError, LLMLabError) as error:
        yield Check("profile", "wrong", one_line(str(error)), "`llmlab init`")
        return
    with client:
        try:
            state = client.health()
        except LLMLabError as error:
            yield _unusable(error)
            return
        of_version = f", version {state['version']}" if state.get("version") else ""
        yield Check("server", "ok", f"{server} is ready{of_version}")
        yield from map(_weakness, state["warnings"])
        yield _backlog(state["backlog"])
        yield from _prices(state.get("prices"))
        yield from _alerts(client)
        yield from _credentials(client, file.profiles.get(profile_name(invocation, file), {}))


def _versions() -> Check:
    cli, sdk = version("llmlab-cli"), version("llmlab")
    found = f"llmlab-cli {cli}, SDK {sdk}, Python {platform.python_version()}"
    if cli.split(".")[:2] != sdk.split(".")[:2]:
        return Check("versions", "warning", found, "pip install --upgrade 'llmlab[cli]'")
    return Check("versions", "ok", found)


def _settings(file: config.ConfigFile, profile: str) -> Check:
    path = config.shown(file.path)
    if file.old_form:
        return Check("settings", "wrong", f"{path} is of an older form", "`llmlab init` renews it")
    if config.readable_by_others(file.path):
        return Check("settings", "wrong", f"others on this machine may read {path}", f"chmod 600 {path}")
    key_given = bool(os.environ.get("LLMLAB_API_KEY"))
    if not file.path.exists():
        if key_given:
            return Check("settings", "ok", "no file; the key is in LLMLAB_API_KEY")
        return Check("settings", "wrong", f"{path} is not there", "`llmlab init`, or `llmlab signup`")
    saved = file.profiles.get(profile)
    if saved is None and not key_given:
        return Check("settings", "wrong", f"no profile {profile!r} in {path}", "`llmlab init` makes it")
    return Check("settings", "ok", f"{path}, profile {profile}, readable by you alone")


def _unusable(error: LLMLabError) -> Check:
    match error:
        case ConnectionFailed():
            mend = "start it (`llmlab up` runs one here), or name another: `llmlab init --url URL`"
        case ServerUnavailable():
            mend = "mend that on the server, then look again"
        case _:
            mend = "`llmlab init --url URL` names the right one"
    return Check("server", "wrong", fact_of(error), mend)


def _weakness(warning: str) -> Check:
    """Return a warning of the server, which says what to do after its last semicolon."""
    found, _, mend = warning.rpartition("; ")
    return Check("server", "warning", found or warning, mend if found else "")


def _backlog(backlog: Mapping[str, Any]) -> Check:
    entries, oldest = int(backlog["entries"]), float(backlog["oldest_unprocessed_seconds"] or 0)
    if not entries:
        return Check("worker", "ok", "nothing waits to be priced")
    waiting = f"{figures.plural(entries, 'batch', 'batches')} of calls to be priced"
    if oldest >= LATE_SECONDS:
        return Check(
            "worker",
            "wrong",
            f"{waiting}, the oldest for {figures.duration(oldest)}: no worker keeps up",
            "`llmlab workers` shows which run, `llmlab worker` starts one",
        )
    return Check("worker", "ok", f"{waiting}, the oldest for {figures.duration(oldest)}")


def _prices(listed: Mapping[str, Any] | None) -> Iterator[Check]:
    """Tell which price list is in force and how old it is; of an old one the server warns itself."""
    if listed is None or listed["is_old"]:
        return
    looked = figures.instant(listed["looked_at"])
    ago = f", looked at {_ago(looked)}" if looked is not None else ""
    newest = figures.instant(listed["newest_price"])
    of = (
        f", newest price of {figures.day(newest)} ({figures.plural(listed['days'], 'day')} ago)"
        if newest
        else ""
    )
    yield Check("prices", "ok", f"{listed['source']}{of}{ago}")


def _alerts(client: LLMLab) -> Iterator[Check]:
    """Tell whether alerts reach anybody, as far as the key may see it."""
    try:
        channels = client.channels.list()
    except LLMLabError:
        return
    failing = [c for c in channels if (c.get("last_delivery") or {}).get("status") == "failed"]
    unset = [c for c in channels if c.get("problem")]
    if failing:
        named, reason = failing[0]["name"], one_line(failing[0]["last_delivery"]["error"] or "")
        yield Check("alerts", "warning", f"{named}: {reason}", "`llmlab channels test` when it is mended")
    elif unset:
        found, _, mend = unset[0]["problem"].partition(": ")
        yield Check("alerts", "warning", one_line(found), one_line(mend))
    elif all(channel["paused"] for channel in channels):
        yield Check("alerts", "warning", "no channel is told of alerts", "`llmlab channels add` makes one")
    else:
        told = figures.plural(sum(not channel["paused"] for channel in channels), "channel")
        yield Check("alerts", "ok", f"go to {told}")


def _ago(then: datetime) -> str:
    return f"{figures.duration(max((datetime.now(UTC) - then).total_seconds(), 0))} ago"


def _credentials(client: LLMLab, saved: Mapping[str, Any]) -> Iterator[Check]:
    asked = datetime.now(UTC)
    try:
        summary = client.costs.summary(from_="2020-01-01", to="2020-01-02")
    except PermissionDenied as error:
        # Good for reporting calls, which is all that a service needs.
        yield Check("key", "warning", one_line(error.detail), "`llmlab status` needs a key that may read")
        return
    except LLMLabError as error:
        mend = "see the server's log" if error.status and error.status >= 500 else "`llmlab init` takes a key"
        yield Check("key", "wrong", one_line(error.detail), mend)
        return
    answered = datetime.now(UTC)
    yield Check(
        "key", "ok", f"valid{_scopes(client, os.environ.get('LLMLAB_API_KEY') or saved.get('api_key'))}"
    )
    yield _sign_in(client, saved.get("token"))
    there = figures.instant(summary["freshness"]["as_of"])
    if there is not None:
        yield _clock(there, asked, answered)


def _scopes(client: LLMLab, api_key: str | None) -> str:
    """Return what the key may do, as far as the server tells whoever is not allowed to manage keys."""
    try:
        listed = client.keys.list()
    except PermissionDenied as error:
        may = error.detail.partition("it has ")[2].replace("`", "")
        return f", may {one_line(may)}" if may else ""
    except LLMLabError:
        return ""
    ours = [key for key in listed if api_key and api_key.startswith(key["prefix"])]
    return f", may {', '.join(ours[0]['scopes'])} ({ours[0]['name']})" if len(ours) == 1 else ""


def _sign_in(client: LLMLab, token: str | None) -> Check:
    if not token:
        return Check("sign-in", "ok", "not signed in, which only managing keys needs: `llmlab login`")
    try:
        return Check("sign-in", "ok", f"as {client.auth.me()['email']}")
    except AuthenticationFailed:
        return Check("sign-in", "warning", "it has ended", "`llmlab login`")
    except LLMLabError as error:
        return Check("sign-in", "warning", one_line(error.detail), "`llmlab login`")


def _clock(there: datetime, asked: datetime, answered: datetime) -> Check:
    """Compare the server's clock with ours; it read its own somewhere between question and answer."""
    ahead = max((asked - there).total_seconds(), (there - answered).total_seconds(), 0)
    if ahead < SKEW_WARNING:
        return Check("clock", "ok", "agrees with the server's")
    direction = "ahead of" if asked > there else "behind"
    return Check(
        "clock",
        "wrong" if ahead >= SKEW_WRONG else "warning",
        f"{figures.duration(ahead)} {direction} the server's: calls are dated wrongly",
        "set the clock of whichever machine is wrong",
    )
