"""Where the server is and who we are: argument > environment > profile in ~/.llmlab/config.json > default.

Which profile: argument > LLMLAB_PROFILE > `profile` at the top of the file (`llmlab config use`) > default.
A profile's secrets are sent only to the profile's own URL: when the URL comes from elsewhere and differs,
the key must come from elsewhere too.
"""

from __future__ import annotations

import os

from llmlab.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_PROFILE = "default"
_VISIBLE = len("llmlab_") + 4


class Config:
    """The resolved configuration of one client. Its repr masks the secrets."""

    __slots__ = ("api_key", "base_url", "profile", "token", "workspace")

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        token: str | None = None,
        workspace: str | None = None,
        profile: str = DEFAULT_PROFILE,
    ) -> None:
        self.base_url = base_url
        self.api_key = api_key
        self.token = token
        self.workspace = workspace
        self.profile = profile

    def __repr__(self) -> str:
        return f"Config(base_url={self.base_url!r}, api_key={masked(self.api_key)}, profile={self.profile!r})"


class Resolver:
    """Calls `resolve` with the arguments of one client, at first use, and keeps what came of it.

    Without a lock: a forked child may come into being while another thread resolves.
    """

    __slots__ = ("_arguments", "_kept")

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments
        self._kept: dict[str, Config] = {}

    @property
    def known(self) -> Config | None:
        """The configuration, if it has been resolved."""
        return self._kept.get("config")

    def __call__(self) -> Config:
        return self._kept.get("config") or self._kept.setdefault("config", resolve(*self._arguments))


def masked(secret: str | None) -> str:
    """Return enough of a secret to recognise it, and no more."""
    if not secret:
        return "none"
    return secret[:_VISIBLE] + "…" if len(secret) >= 2 * _VISIBLE else "…"


def config_path() -> str:
    """Return where the file with the profiles is, whether or not it exists."""
    return os.path.join(os.path.expanduser("~"), ".llmlab", "config.json")


def resolve(
    api_key: str | None = None,
    base_url: str | None = None,
    token: str | None = None,
    profile: str | None = None,
    workspace: str | int | None = None,
) -> Config:
    """Return the configuration that holds now. Raises ConfigurationError with what to mend."""
    environ = os.environ
    asked = profile or environ.get("LLMLAB_PROFILE") or None
    name = asked or DEFAULT_PROFILE
    given_key = api_key or environ.get("LLMLAB_API_KEY") or None
    given_url = base_url or environ.get("LLMLAB_URL") or None
    values: dict[str, Any] = {}
    if not (given_key and given_url and token):
        # A client that was given all it needs works beside a broken file; a profile asked for must be there.
        try:
            name, values = _profile(asked)
        except ConfigurationError:
            if name != DEFAULT_PROFILE or not (given_key or token):
                raise
    url = _clean_url(given_url) if given_url else None
    try:
        profile_url = _clean_url(_text(values, "url", name) or DEFAULT_URL)
    except ConfigurationError:
        if url is None:
            raise
        profile_url = None  # it is not asked, so it need not be mended first
    url = url or profile_url or DEFAULT_URL
    if url == profile_url:
        given_key = given_key or _text(values, "api_key", name)
        # A token given or a key given alone means that caller: the profile's user is somebody else.
        if not token and not api_key:
            token = _text(values, "token", name)
    return Config(
        url,
        _clean_secret(given_key, "API key"),
        _clean_secret(token, "token"),
        None if workspace is None else str(workspace),
        name,
    )


def _profile(asked: str | None) -> tuple[str, dict[str, Any]]:
    """Return name and fields of the profile asked for, else of the one that the file says is in use."""
    import json

    path, name = config_path(), asked or DEFAULT_PROFILE
    try:
        with open(path, encoding="utf-8-sig") as file:
            content = json.load(file)
        profiles = content["profiles"]
        name = asked or content.get("profile") or DEFAULT_PROFILE
        found = profiles.get(name)
        if not isinstance(name, str) or (found is not None and not isinstance(found, dict)):
            raise TypeError
    except (FileNotFoundError, NotADirectoryError):
        found = None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        # Neither the file's text nor the error's message goes out: they may hold a key.
        raise ConfigurationError(
            f"{path} cannot be read as LLMLab's configuration ({type(error).__name__}): "
            "mend it, or move it away and run `llmlab init`",
            code="bad_configuration",
        ) from None
    if found is None and name != DEFAULT_PROFILE:
        raise ConfigurationError(
            f"there is no profile {name!r} in {path}: run `llmlab init --profile {name}`",
            code="unknown_profile",
        )
    return name, found or {}


def _text(values: dict[str, Any], field: str, profile: str) -> str | None:
    value = values.get(field)
    if value is not None and not isinstance(value, str):
        raise ConfigurationError(
            f"`{field}` of profile {profile!r} in {config_path()} is not text", code="bad_configuration"
        )
    return value or None


def _clean_secret(secret: str | None, what: str) -> str | None:
    if secret is None:
        return None
    secret = str(secret).strip()
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise ConfigurationError(
            f"the {what} holds characters that no {what} has: copy it again", code="bad_configuration"
        )
    return secret or None


def _clean_url(url: str) -> str:
    from urllib.parse import urlsplit

    text = str(url).strip()
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid or any(c.isspace() for c in text):
        raise ConfigurationError(
            f"{url!r} is not the URL of a server: write it like {DEFAULT_URL}", code="bad_configuration"
        )
    return text.rstrip("/")
