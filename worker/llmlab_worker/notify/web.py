"""Posting to receivers whose URL a user named: one request to a judged address, and what its answer means."""

import asyncio
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from llmlab_shared.outgoing import NotAllowed, OutgoingRules, Unresolved

from llmlab_worker.notify.verdict import GiveUp, TryLater

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS: Final = 5.0
# Until the status is known; what is said with a failure may take so much longer.
WHOLE_SECONDS: Final = 15.0
_REASON_SECONDS: Final = 2.0
_SHOWN: Final = 200
# The receiver says that this will never do: it is gone, or it wants other credentials or another form.
# Everything else may pass: a busy or broken receiver, a proxy, a rate limit.
_TOO_MANY: Final = 429
_LATER: Final = frozenset((408, 409, 421, 423, 425, _TOO_MANY))
# Names are looked up by threads of their own: a slow name server must not hold those of others.
_RESOLVERS: Final = 16


class WebSender:
    """Posts JSON. One for each worker process; `close` it at the end."""

    def __init__(self, rules: OutgoingRules) -> None:
        self._rules = rules
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._resolvers = ThreadPoolExecutor(_RESOLVERS, "resolve")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Post to a URL. Raises `TryLater` or `GiveUp`."""
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                response = await self._post(url, body, headers or {})
        except TimeoutError:
            raise TryLater(f"no answer within {WHOLE_SECONDS:g} seconds") from None
        try:
            # The status says whether it was taken, whatever becomes of the rest of the answer.
            if not response.is_success:
                raise _refusal(response, await _reason(response))
        finally:
            with suppress(Exception):
                async with asyncio.timeout(1):
                    await response.aclose()

    async def close(self) -> None:
        """Close what is open."""
        if self._client is not None:
            await self._client.aclose()
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> "httpx.Response":
        import httpx

        try:
            destination = self._rules.read(url)
            addresses = await self._rules.resolve(destination, self._resolvers)
        except NotAllowed as error:
            raise GiveUp(f"the URL {error.detail}") from None
        except Unresolved as error:
            # Also when there is "no such name": a name server that is ill says so too.
            raise TryLater(error.detail) from None
        client = await self._opened()
        failure: Exception | None = None
        for address in addresses:
            # The address that was judged, under the name that the certificate must be of.
            request = client.build_request(
                "POST",
                destination.at(address),
                content=body,
                headers={"Content-Type": "application/json", **headers, "Host": destination.authority},
                extensions={"sni_hostname": destination.host},
            )
            try:
                return await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
                continue
            except httpx.HTTPError as error:
                raise TryLater(_said(error)) from None
        raise TryLater(f"cannot connect to {destination.authority}: {_said(failure)}")

    async def _opened(self) -> "httpx.AsyncClient":
        import httpx

        async with self._opening:
            if self._client is None:
                # Reading the certificates takes longer than an event loop should be kept.
                context: ssl.SSLContext = await asyncio.to_thread(httpx.create_ssl_context)
                self._client = httpx.AsyncClient(
                    verify=context,
                    # A proxy would connect to what it resolves itself, and a redirect leads anywhere.
                    trust_env=False,
                    follow_redirects=False,
                    timeout=httpx.Timeout(WHOLE_SECONDS, connect=CONNECT_SECONDS),
                    # A connection is kept by its address, which other names may share.
                    limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
                    # As it comes: what would be unpacked may be much more.
                    headers={
                        "User-Agent": f"LLMLab/{version('llmlab-server')}",
                        "Accept-Encoding": "identity",
                    },
                )
            return self._client


async def _reason(response: "httpx.Response") -> str:
    """Return the status of a failure and the first of what was said with it, if that came."""
    import httpx

    answer = b""
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(_REASON_SECONDS):
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) >= _SHOWN:
                    break
    said = answer[:_SHOWN].decode(errors="replace").strip()
    reason = f"answered {response.status_code} {response.reason_phrase}".rstrip()
    return f"{reason}: {said}" if said else reason


def _refusal(response: "httpx.Response", reason: str) -> TryLater | GiveUp:
    status = response.status_code
    if response.is_redirect:
        return GiveUp(f"{reason}: it redirects, which is not followed; set the URL that it leads to")
    if status >= 500 or status in _LATER:
        wish = retry_after(response.headers.get("retry-after"))
        return TryLater(reason, after=wish, whole_channel=wish is not None or status == _TOO_MANY)
    return GiveUp(reason)


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header: a number, or a date."""
    if value is None:
        return None
    with suppress(ValueError, OverflowError):
        seconds = float(value)
        return seconds if 0 <= seconds < float("inf") else None
    with suppress(ValueError, TypeError):
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    return None


def _said(error: Exception | None) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ") if error is not None else "no address"
