"""The cookie that signs in web pages, and what keeps other sites from using it.

A browser sends the cookie by itself, whoever made the page that asks. So a request that the cookie signs and
that may change something carries `X-LLMLab-Web: 1`: another site's page can only send that after asking by a
CORS preflight, and the answer never allows it. What the browser itself says of where a request comes from
must agree.
"""

from http.cookies import Morsel, SimpleCookie
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import Header, Request
from starlette.requests import cookie_parser

from llmlab_api.errors import Problem

WEB_HEADER = "X-LLMLab-Web"
# Only sent with the page's own word that it is one.
WebHeader = Annotated[
    Literal["1"] | None,
    Header(
        alias=WEB_HEADER,
        description="Of web pages on the same origin: the session comes in a cookie, and `token` is null.",
    ),
]
SESSION = "llmlab_session"
# What a browser keeps while its user signs in elsewhere.
VERIFIER = "llmlab_verifier"
# Browsers take it from a secure page of this very host alone, so that no neighbour can plant one.
_SECURE_START = "__Host-"
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_CREDENTIALS = ("authorization", "x-api-key")


def session_in(request: Request) -> str | None:
    """Return the token in a request's cookie, or None; credentials in headers go before it."""
    if any(name in request.headers for name in _CREDENTIALS):
        return None
    return cookie_in(request, SESSION)


def clear_session(request: Request) -> str:
    """Return the value of the Set-Cookie header that signs a browser out."""
    return set_cookie(request, SESSION, "", 0)


def cookie_in(request: Request, name: str) -> str | None:
    """Return the value of a cookie of ours, or None."""
    header = "; ".join(request.headers.getlist("cookie"))
    return cookie_parser(header).get(_full(request, name)) or None if header else None


def set_cookie(request: Request, name: str, value: str, seconds: int) -> str:
    """Return the value of the Set-Cookie header for a cookie that no script reads; 0 seconds clear it."""
    cookie: SimpleCookie = SimpleCookie()
    full = _full(request, name)
    cookie[full] = value
    morsel: Morsel[Any] = cookie[full]
    morsel["path"] = "/"
    morsel["max-age"] = seconds
    morsel["httponly"] = True
    morsel["samesite"] = "Lax"
    if _is_secure(request):
        morsel["secure"] = True
    return morsel.OutputString()


def refuse_other_sites(request: Request) -> None:
    """Raise the 403 for a request that another site's page may have caused.

    Where a browser says by Sec-Fetch-Site that its page is of the same origin, that decides: no page can
    write this header, and behind a proxy that renames hosts only the browser knows.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        if site.strip().lower() != "same-origin":
            raise _csrf(f"the browser says it comes from elsewhere (Sec-Fetch-Site: {site[:32]})")
    elif origin is not None and not _is_own(request, origin):
        raise _csrf(
            f"the page is of {origin[:128]!r} and this server is not; if it is, set LLMLAB_PUBLIC_URL to it"
        )


def refuse_forged(request: Request) -> None:
    """Raise the 403 for a request, signed by the cookie, that may change something and is not our page's."""
    if request.method in _SAFE:
        return
    if request.headers.get(WEB_HEADER.lower()) != "1":
        raise _csrf(f"a request that is signed by the cookie needs the header `{WEB_HEADER}: 1`")
    refuse_other_sites(request)


def _is_own(request: Request, origin: str) -> bool:
    public_url = request.app.state.services.settings.public_url
    own = [f"{request.url.scheme}://{request.headers.get('host', '')}"]
    if public_url:
        parts = urlsplit(public_url)
        own.append(f"{parts.scheme}://{parts.netloc}")
    return origin.strip().lower() in (each.lower() for each in own)


def _csrf(why: str) -> Problem:
    return Problem(403, "csrf", f"refused, so that no other site can act for you: {why}")


def _full(request: Request, name: str) -> str:
    return f"{_SECURE_START}{name}" if _is_secure(request) else name


def _is_secure(request: Request) -> bool:
    # Behind a proxy this is X-Forwarded-Proto's word, under `--proxy-headers`.
    return request.url.scheme == "https"
