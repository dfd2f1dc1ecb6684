"""The built files of the dashboard, as they lie in the package; compressed where they were when built."""

import mimetypes
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from starlette.responses import FileResponse, Response

PAGE = "index.html"
_BUILT = Path(__file__).with_name("built")
# What the build leaves beside a file, the smallest first.
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}

# No script, style, font, image or request but from here; nobody frames the page. Vercel sends the same
# (web/vercel.json).
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def _built() -> Mapping[str, Path]:
    """Return every built file by its name: nothing else can be asked for."""
    try:
        return _listed((_BUILT / PAGE).stat().st_mtime_ns)
    except FileNotFoundError:
        return {}


@lru_cache(maxsize=1)
def _listed(_built_at: int) -> Mapping[str, Path]:
    files = (file for file in _BUILT.rglob("*") if file.is_file() and ".vite" not in file.parts)
    return {file.relative_to(_BUILT).as_posix(): file for file in files}


def is_built() -> bool:
    """Say whether there is a dashboard to send."""
    return PAGE in _built()


def send_file(name: str, asked: Mapping[str, str], *, lasting: bool) -> Response | None:
    """Return the answer that is a file, or says that the browser has it already; None when there is none.

    A `lasting` file never changes under its name.
    """
    file = _built().get(name)
    if file is None:
        return None
    encoding, chosen = _smallest(name, file, asked.get("accept-encoding", ""))
    media_type = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
        "Vary": "Accept, Accept-Encoding",
    }
    if encoding:
        headers["Content-Encoding"] = encoding
    if file.suffix == ".html":
        headers |= PAGE_HEADERS
    response = FileResponse(chosen, media_type=media_type, headers=headers, stat_result=chosen.stat())
    if asked.get("if-none-match") == response.headers["etag"]:
        kept = {name: response.headers[name] for name in ("etag", "cache-control", "vary")}
        return Response(status_code=304, headers=kept)
    return response


def _smallest(name: str, file: Path, accepted: str) -> tuple[str, Path]:
    taken = {part.partition(";")[0].strip() for part in accepted.split(",")}
    for encoding, suffix in _ENCODINGS:
        packed = _built().get(name + suffix)
        if encoding in taken and packed is not None:
            return encoding, packed
    return "", file
