"""What is asked of Supabase Auth over HTTP, and what its answers mean. Its paths and fields are GoTrue's."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from llmlab_shared.errors import LLMLabError

from llmlab_api.tokens import IssuerAway

if TYPE_CHECKING:
    import httpx

_TIMEOUT = 5.0
_AWAY = "the sign-in server (Supabase) does not answer as it should ({}); try again soon"


class TooMany(IssuerAway):
    """Supabase takes no more requests now, whatever they ask."""


class Refused(LLMLabError):
    """Supabase said no: to a password, a code or a token. `status` is its answer's."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Person:
    """An account over there. `email` is None unless it was proven to be theirs."""

    subject: str
    email: str | None


class SupabaseIssuer:
    """One project's Auth server. `url` is the project's, `anon_key` what its gateway asks for."""

    def __init__(self, url: str, anon_key: str | None) -> None:
        self.base = f"{url}/auth/v1"
        self._headers = {"apikey": anon_key} if anon_key else {}
        self._client: httpx.AsyncClient | None = None

    async def read_keys(self) -> Mapping[str, Any]:
        """Return the published keys (JWKS). Raises `IssuerAway`."""
        return await self._ask_surely("GET", "/.well-known/jwks.json")

    async def log_in(self, email: str, password: str) -> str:
        """Return the access token for a password. Raises `Refused` and `IssuerAway`."""
        return await self._token("password", {"email": email, "password": password})

    async def exchange(self, code: str, verifier: str) -> str:
        """Return the access token for the code of a provider's sign-in (PKCE). Raises as `log_in`."""
        return await self._token("pkce", {"auth_code": code, "code_verifier": verifier})

    async def read_person(self, token: str) -> Person:
        """Return whose token this is, as the server knows them. Raises `Refused` and `IssuerAway`.

        What the token itself says of an e-mail is not asked: part of it is the user's own to write. And a
        project that takes e-mails without a confirmation has proven none of them.
        """
        user = await self._ask("GET", "/user", headers={"Authorization": f"Bearer {token}"})
        subject, email = user.get("id"), user.get("email")
        if not isinstance(subject, str):
            raise IssuerAway(_AWAY.format("a user without an id"))
        proven = isinstance(email, str) and bool(email) and bool(user.get("email_confirmed_at"))
        if user.get("is_anonymous") is True or (proven and await self._confirms_anything()):
            proven = False
        return Person(subject, str(email) if proven else None)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _token(self, grant: str, body: Mapping[str, str]) -> str:
        try:
            return _token_in(await self._ask("POST", f"/token?grant_type={grant}", json=body))
        except Refused as error:
            # What is wrong with a password or a code is 400, 403 or 404; this is the gateway before it.
            if error.status != HTTPStatus.UNAUTHORIZED:
                raise
            raise IssuerAway(_AWAY.format("it refuses LLMLAB_SUPABASE_ANON_KEY")) from None

    async def _confirms_anything(self) -> bool:
        try:
            settings = await self._ask("GET", "/settings")
        except Refused as error:
            if error.status == 404:
                # Not GoTrue, but something that speaks like it.
                return False
            raise IssuerAway(_AWAY.format(f"its settings: {error.detail}")) from None
        return settings.get("mailer_autoconfirm") is True

    async def _ask_surely(self, method: str, path: str) -> Mapping[str, Any]:
        try:
            return await self._ask(method, path)
        except Refused as error:
            raise IssuerAway(_AWAY.format(f"{path}: {error.status}")) from None

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        import httpx

        if self._client is None:
            # Made when it is first needed: most installations never do.
            self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False)
        try:
            response = await self._client.request(
                method, self.base + path, json=json, headers={**self._headers, **(headers or {})}
            )
            if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                raise TooMany(_AWAY.format("too many requests"))
            answer = response.json()
        except httpx.HTTPError as error:
            raise IssuerAway(_AWAY.format(type(error).__name__)) from None
        except ValueError:
            raise IssuerAway(_AWAY.format(f"{response.status_code}, and no JSON")) from None
        if not isinstance(answer, dict):
            raise IssuerAway(_AWAY.format("no JSON object"))
        if response.is_success:
            return answer
        if response.is_client_error:
            raise Refused(response.status_code, *_reason_in(answer))
        raise IssuerAway(_AWAY.format(response.status_code))


def _token_in(answer: Mapping[str, Any]) -> str:
    token = answer.get("access_token")
    if not isinstance(token, str):
        raise IssuerAway(_AWAY.format("no access token"))
    return token


def _reason_in(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Return code and words of a refusal, of today's GoTrue and of that of some years ago."""
    code = answer.get("error_code") or answer.get("error") or "refused"
    words = answer.get("msg") or answer.get("error_description") or answer.get("message") or "no reason given"
    return str(code)[:64], str(words)[:200]
