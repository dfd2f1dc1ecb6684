"""The operator's mail server, as `LLMLAB_SMTP_URL` names it."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

Encryption = Literal["none", "starttls", "tls"]

_SCHEMES: dict[str, tuple[Encryption, int]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}
_EXAMPLE = "smtp+starttls://user:password@mail.example.com:587"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and how: `none` is plain text, the others verify the server's certificate."""

    host: str
    port: int
    encryption: Encryption
    username: str | None = None
    password: str | None = None

    @classmethod
    def read(cls, url: str) -> "MailServer":
        """Read a URL such as `smtp+starttls://user:password@host:587`; raises `ValueError`.

        The schemes are `smtp` (no encryption, 25), `smtp+starttls` (587) and `smtps` (465). What is special
        in a URL is percent-encoded in user and password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError(f"must be a URL such as {_EXAMPLE}") from None
        if parts.scheme not in _SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"must be a URL such as {_EXAMPLE}; its scheme is one of {', '.join(_SCHEMES)}")
        encryption, usual = _SCHEMES[parts.scheme]
        return cls(
            host=parts.hostname,
            port=port or usual,
            encryption=encryption,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )
