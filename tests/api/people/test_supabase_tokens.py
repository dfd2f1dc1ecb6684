"""Which tokens of Supabase Auth count, by the keys that a local issuer publishes, rotates and withholds."""

import asyncio
import base64
import hmac
import json
import time
from typing import Any
from uuid import uuid4

import jwt
import pytest
from llmlab_api.supabase.signing_keys import FRESH, RETRY, SigningKeys
from llmlab_api.tokens import IssuerAway
from people import is_problem
from pydantic import SecretStr
from supabase_api import enter, linked_api, who_is
from supabase_issuer import SECRET, Issuer, Key, ec_key, rsa_key


def _forged(claims: dict[str, Any], header: dict[str, Any], key: bytes | None) -> str:
    """Sign as no library would let us: by HMAC, with whatever key."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signature = b"" if key is None else hmac.digest(key, b".".join(parts), "sha256")
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


async def test_which_tokens_count(database_url: str, redis_url: str, issuer: Issuer) -> None:
    curve, modulus = ec_key("curve"), rsa_key("modulus")
    issuer.keys = [curve, modulus]
    subject = issuer.person("ada@example.com")
    now = int(time.time())
    claims = issuer.claims(subject)
    good = {
        "ES256": issuer.token(subject, curve),
        "RS256": issuer.token(subject, modulus),
        "a list of audiences": issuer.token(subject, aud=["authenticated", "other"]),
        "no session": issuer.token(subject, session_id=None),
        "just expired": issuer.token(subject, exp=now - 3),
    }
    stranger = Key("curve", "ES256", ec_key("x").private)
    bad = {
        "signed by somebody else": issuer.token(subject, stranger),
        "unknown key": issuer.token(subject, ec_key("unknown")),
        "the name of a key of the other kind": jwt.encode(
            claims, curve.private, algorithm="ES256", headers={"kid": "modulus"}
        ),
        "another algorithm of the same kind": jwt.encode(
            claims, modulus.private, algorithm="RS512", headers={"kid": "modulus"}
        ),
        "no name of a key": jwt.encode(claims, curve.private, algorithm="ES256"),
        "no signature": _forged(claims, {"alg": "none", "kid": "curve"}, None),
        "a public key as the secret": _forged(claims, {"alg": "HS256", "kid": "modulus"}, modulus.pem()),
        "a published key as the secret": _forged(
            claims, {"alg": "HS256", "kid": "curve"}, json.dumps(curve.published()).encode()
        ),
        "a short secret": _forged(claims, {"alg": "HS256"}, b"x"),
        "the secret, where none is set": issuer.old_token(subject),
        "another issuer": issuer.token(subject, iss="https://elsewhere.example/auth/v1"),
        "another project's path": issuer.token(subject, iss=issuer.url),
        "another audience": issuer.token(subject, aud="anon"),
        "no audience": issuer.token(subject, aud=None),
        "expired": issuer.token(subject, exp=now - 60),
        "no end": issuer.token(subject, exp=None),
        "not yet": issuer.token(subject, nbf=now + 60),
        "a machine's": issuer.token(subject, role="service_role"),
        "nobody's": issuer.token(subject, is_anonymous=True),
        "no subject": issuer.token(subject, sub=None),
        "a strange subject": issuer.token("1 OR 1=1"),
        "a strange session": issuer.token(subject, session_id="none"),
        "too long": issuer.token(subject, app="x" * 9000),
        "no token": "a.b.c",
    }
    async with linked_api(database_url, redis_url, issuer) as api:
        for what, token in good.items():
            entered = await enter(api, token)
            assert entered.status_code == 200, (what, entered.text)
            assert (await who_is(api, token)).status_code == 200, what
        for what, token in bad.items():
            for response in (await enter(api, token), await who_is(api, token)):
                assert response.status_code in (401, 422), what
                assert response.json()["code"] in ("token_invalid", "token_expired", "validation_failed"), (
                    what
                )
        ours = (await enter(api, good["ES256"])).json()["token"]
        is_problem(await enter(api, ours), 401, "token_invalid")
    # With the shared secret it alone counts for HS256, and published keys go on to count beside it.
    async with linked_api(database_url, redis_url, issuer, supabase_jwt_secret=SecretStr(SECRET)) as api:
        for token in (issuer.old_token(subject), good["ES256"], good["RS256"]):
            assert (await enter(api, token)).status_code == 200
        wrong = issuer.old_token(subject, "another secret, just as long as it is")
        for token in (wrong, *(bad[what] for what in bad if "secret" in what and "none is set" not in what)):
            is_problem(await enter(api, token), 401, "token_invalid")


async def test_keys_rotate_and_an_issuer_may_be_away(
    database_url: str, redis_url: str, issuer: Issuer
) -> None:
    subject = issuer.person("ada@example.com")
    asked = "/.well-known/jwks.json"
    async with linked_api(database_url, redis_url, issuer) as api:
        issuer.away = True
        is_problem(await enter(api, issuer.token(subject)), 503, "issuer_unavailable")
        issuer.away = False
        keys = api.app.state.services.verifiers[f"{issuer.url}/auth/v1"]._keys
        passed = 0.0
        keys._clock = lambda: time.monotonic() + passed
        # However many ask, and however often: one request in thirty seconds.
        is_problem(await enter(api, issuer.token(subject)), 503, "issuer_unavailable")
        assert issuer.asked[asked] == 1
        passed += RETRY
        tokens = [issuer.token(subject) for _ in range(20)]
        answers = await asyncio.gather(*(enter(api, token) for token in tokens))
        assert {answer.status_code for answer in answers} == {200}
        assert issuer.asked[asked] == 2
        old, new = issuer.keys[0], ec_key("two")
        issuer.keys = [new, old]
        made_up = [issuer.token(subject, ec_key(str(uuid4()))) for _ in range(10)]
        for token in made_up:
            is_problem(await enter(api, token), 401, "token_invalid")
        assert issuer.asked[asked] == 2
        passed += RETRY
        answers = await asyncio.gather(*(who_is(api, issuer.token(subject, new)) for _ in range(10)))
        assert {answer.status_code for answer in answers} == {200}
        assert issuer.asked[asked] == 3
        # Away for long: what is known holds, what is not is no good.
        issuer.away = True
        passed += 10 * FRESH
        for key in (old, new):
            assert (await who_is(api, issuer.token(subject, key))).status_code == 200
        is_problem(await who_is(api, issuer.token(subject, ec_key("three"))), 401, "token_invalid")
        # Back, without the old key: its tokens end when the list was asked for again.
        issuer.away = False
        issuer.keys = [new]
        passed += FRESH
        await who_is(api, issuer.token(subject, new))
        await keys._asking
        assert (await who_is(api, issuer.token(subject, new))).status_code == 200
        is_problem(await who_is(api, issuer.token(subject, old)), 401, "token_invalid")


async def test_strange_lists_of_keys_bring_nothing_down() -> None:
    good = ec_key("good").published()
    strange: list[Any] = [
        *(
            "text",
            None,
            5,
            {},
            {"kty": "EC", "kid": "a"},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "b", "alg": "HS256"},
        ),
        {**good, "kid": 7},
        {**good, "kid": "c", "use": "enc"},
        {**good, "kid": "d", "x": "!"},
        {**rsa_key("e").published(), "n": "AQAB"},
        good,
    ]
    answers: list[dict[str, Any]] = [{"keys": strange}, {"keys": {"a": 1}}, {}]
    now = 0.0

    async def fetch() -> dict[str, Any]:
        return answers.pop(0)

    keys = SigningKeys(fetch, clock=lambda: now)
    assert (await keys.find("good", "ES256")) is not None
    assert set(keys._keys) == {("good", "ES256")}
    for _ in range(2):
        now += RETRY
        assert await keys.find("never", "ES256") is None
        assert (await keys.find("good", "ES256")) is not None, "a list that is none changes nothing"
    assert answers == []
    none_yet = SigningKeys(_away, clock=lambda: now)
    with pytest.raises(IssuerAway):
        await none_yet.find("good", "ES256")


async def _away() -> dict[str, Any]:
    raise IssuerAway("away")
