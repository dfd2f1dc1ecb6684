"""A local Auth server that speaks as GoTrue does: keys that rotate, people, passwords, codes of providers."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECRET = "the shared secret of a project, of old"
ANON_KEY = "an anon key"
_BUSY = 429, {"code": 429, "error_code": "over_request_rate_limit", "msg": "Request rate limit reached"}
_RSA_KEY = rsa.generate_private_key(65537, 2048)


@dataclass
class Key:
    """A key pair of the issuer's."""

    name: str
    algorithm: str
    private: Any

    def published(self) -> dict[str, Any]:
        made = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.private.public_key(), as_dict=True)
        return {**made, "kid": self.name, "alg": self.algorithm, "use": "sig", "key_ops": ["verify"]}

    def pem(self) -> bytes:
        pem: bytes = self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return pem


def ec_key(name: str) -> Key:
    return Key(name, "ES256", ec.generate_private_key(ec.SECP256R1()))


def rsa_key(name: str) -> Key:
    return Key(name, "RS256", _RSA_KEY)


@dataclass
class Issuer:
    """The server. `away` answers 503, `busy` 429; `asked` counts requests by path."""

    port: int = 0
    keys: list[Key] = field(default_factory=lambda: [ec_key("one")])
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    # Who is at the browser that is sent here by a provider's button, and agrees.
    agreeing: str = ""
    settings: dict[str, Any] = field(default_factory=lambda: {"mailer_autoconfirm": False})
    away: bool = False
    busy: bool = False
    asked: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def person(self, email: str, *, confirmed: bool = True, password: str | None = None) -> str:
        """Make somebody with an account there, and return its id."""
        subject = str(uuid4())
        user = {
            "id": subject,
            "aud": "authenticated",
            "role": "authenticated",
            "email": email,
            "is_anonymous": False,
            # What users write themselves, and must not be believed.
            "user_metadata": {"email": email, "email_verified": True},
        }
        if confirmed:
            user["email_confirmed_at"] = "2026-11-01T10:00:00Z"
        self.users[subject] = user
        if password is not None:
            self.passwords[email] = password
        return subject

    def claims(self, subject: str, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": f"{self.url}/auth/v1",
            "aud": "authenticated",
            "sub": subject,
            "role": "authenticated",
            "email": self.users.get(subject, {}).get("email", ""),
            "user_metadata": {"email_verified": True},
            "session_id": str(uuid4()),
            "is_anonymous": False,
            "iat": now,
            "exp": now + 3600,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, subject: str, key: Key | None = None, **changes: Any) -> str:
        """Return an access token, signed by the newest key unless another one is given."""
        key = key or self.keys[0]
        return jwt.encode(
            self.claims(subject, **changes), key.private, algorithm=key.algorithm, headers={"kid": key.name}
        )

    def old_token(self, subject: str, secret: str = SECRET, **changes: Any) -> str:
        """Return an access token of a project that signs by its shared secret."""
        return jwt.encode(self.claims(subject, **changes), secret, algorithm="HS256")

    def code(self, subject: str, challenge: str) -> str:
        """Return what a provider's sign-in comes back with."""
        code = str(uuid4())
        self.codes[code] = (subject, challenge)
        return code


class _Handler(BaseHTTPRequestHandler):
    issuer: Issuer

    def do_GET(self) -> None:  # as http.server calls it
        if urlsplit(self.path).path == "/auth/v1/authorize":
            self._send_back()
        else:
            self._answer(*self._get())

    def do_POST(self) -> None:  # as http.server calls it
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._answer(*self._post(body))

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _get(self) -> tuple[int, Any]:
        issuer, path = self.issuer, self._path()
        if issuer.away:
            return 503, {"message": "no upstream"}
        if issuer.busy:
            return _BUSY
        if path == "/.well-known/jwks.json":
            return 200, {"keys": [key.published() for key in issuer.keys]}
        if self.headers.get("apikey") != ANON_KEY:
            return 401, {"message": "No API key found in request"}
        if path == "/settings":
            return 200, issuer.settings
        if path == "/user":
            token = self.headers["authorization"].removeprefix("Bearer ")
            subject = jwt.decode(token, options={"verify_signature": False})["sub"]
            user = issuer.users.get(subject)
            return (
                (200, user) if user else (403, {"code": 403, "error_code": "user_not_found", "msg": "none"})
            )
        return 404, {"code": 404, "msg": "no such path"}

    def _post(self, body: dict[str, str]) -> tuple[int, Any]:
        issuer, path = self.issuer, self._path()
        if issuer.away:
            return 503, {"message": "no upstream"}
        if issuer.busy:
            return _BUSY
        if path != "/token" or self.headers.get("apikey") != ANON_KEY:
            return 401, {"message": "No API key found in request"}
        (grant,) = parse_qs(urlsplit(self.path).query)["grant_type"]
        if grant == "password":
            if issuer.passwords.get(body["email"]) != body["password"]:
                return 400, {
                    "code": 400,
                    "error_code": "invalid_credentials",
                    "msg": "Invalid login credentials",
                }
            (subject,) = (each["id"] for each in issuer.users.values() if each["email"] == body["email"])
            return 200, {"access_token": issuer.token(subject), "token_type": "bearer"}
        subject, challenge = issuer.codes.get(body["auth_code"], ("", ""))
        digest = hashlib.sha256(body["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
            return 400, {
                "code": 400,
                "error_code": "bad_code_verifier",
                "msg": "code challenge does not match",
            }
        del issuer.codes[body["auth_code"]]
        return 200, {"access_token": issuer.token(subject), "token_type": "bearer"}

    def _send_back(self) -> None:
        """Answer a browser as if somebody had signed in at the provider and agreed."""
        query = {name: value for name, (value,) in parse_qs(urlsplit(self.path).query).items()}
        code = self.issuer.code(self.issuer.agreeing, query["code_challenge"])
        self.send_response(302)
        self.send_header("location", f"{query['redirect_to']}?{urlencode({'code': code})}")
        self.send_header("content-length", "0")
        self.end_headers()

    def _path(self) -> str:
        path = urlsplit(self.path).path.removeprefix("/auth/v1")
        self.issuer.asked[path] = self.issuer.asked.get(path, 0) + 1
        return path

    def _answer(self, status: int, body: Any) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@contextmanager
def run_issuer() -> Iterator[Issuer]:
    """Run a server on a port of its own until the block ends."""
    issuer = Issuer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"issuer": issuer}))
    server.daemon_threads = True
    issuer.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
