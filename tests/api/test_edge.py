"""What every response carries, and that every failure is a problem that gives nothing away."""

import gzip
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from api_client import Api, api_settings, run_api, signup
from fastapi import Request
from pydantic import BaseModel

ORIGIN = "https://app.example.com"


class Thing(BaseModel):
    name: str
    size: int


@pytest.fixture
async def api(database_url: str, redis_url: str) -> AsyncIterator[Api]:
    async with run_api(api_settings(database_url, redis_url, cors_origins=ORIGIN)) as running:

        @running.app.post("/test/things")
        async def make(thing: Thing, count: int = 1) -> Thing:
            return thing

        @running.app.get("/test/crash")
        async def crash() -> None:
            raise RuntimeError("a secret of the inside")

        @running.app.post("/test/raw")
        async def raw(request: Request) -> int:
            return len(await request.body())

        yield running


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) - {"errors"} == {"type", "title", "status", "code", "detail"}
    assert body["status"] == response.status_code
    return response.status_code, body["code"]


async def test_unknown_paths_and_methods(api: Api) -> None:
    assert problem(await api.client.get("/api/nothing")) == (404, "not_found")
    response = await api.client.delete("/health")
    assert problem(response) == (405, "method_not_allowed")
    assert "GET" in response.headers["allow"]


async def test_a_slash_too_many_is_no_redirect(api: Api) -> None:
    for path in ("/api/costs/", "/api/budgets/", "/api/events/track/", "//api/costs"):
        assert problem(await api.client.get(path)) == (404, "not_found")


async def test_whoever_asks_for_the_head_gets_what_a_get_would_begin_with(api: Api) -> None:
    for path in ("/", "/health", "/health/ready", "/api/openapi.json", "/nothing", "/api/costs"):
        got, head = await api.client.get(path), await api.client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        alike = [dict(response.headers) | {"x-request-id": ""} for response in (head, got)]
        assert alike[0] == alike[1]
        assert int(head.headers["content-length"]) > 0
    account = await signup(api.client)
    for path in ("/api/costs", "/api/costs/summary", "/api/budgets", "/api/keys", "/api/auth/me"):
        head = await api.client.head(path, headers=account.auth)
        assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/health", "GET, HEAD"),
        ("/api/docs", "GET, HEAD"),
        ("/api/docs/assets/swagger-ui.css", "GET, HEAD"),
        ("/api/events/track", "POST"),
        ("/api/budgets", "GET, HEAD, POST"),
        ("/api/keys", "GET, HEAD, POST"),
        ("/api/keys/1", "DELETE"),
        ("/api/keys/1/rotate", "POST"),
        ("/api/auth/me", "GET, HEAD, PATCH"),
        ("/api/auth/login", "POST"),
        ("/api/costs/summary", "GET, HEAD"),
    ],
)
async def test_other_methods_are_refused_and_those_that_are_not_are_named(
    api: Api, path: str, allowed: str
) -> None:
    for method in ("HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"):
        if method in allowed.split(", "):
            continue
        response = await api.client.request(method, path)
        assert (response.status_code, response.headers["allow"]) == (405, allowed), method
        assert response.headers["content-type"] == "application/problem+json"
        if method == "HEAD":
            assert response.content == b""
        else:
            assert problem(response) == (405, "method_not_allowed")
            assert f"{method} is not for {path}; it takes {allowed}" == response.json()["detail"]


async def test_a_crash_is_a_500_that_tells_only_its_request_id(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    response = await api.client.get("/test/crash", headers={"X-Request-ID": "order-66"})
    assert problem(response) == (500, "internal_error")
    assert "order-66" in response.json()["detail"]
    assert "secret" not in response.text
    logged = capsys.readouterr().out
    assert "order-66" in logged
    assert "a secret of the inside" in logged
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_client_that_hangs_up_is_no_failure(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(_: object) -> None:
        raise AssertionError("nobody waits for an answer")

    scope = {"type": "http", "method": "POST", "path": "/test/raw", "query_string": b"", "headers": []}
    await api.app(scope, receive, send)
    assert "request failed" not in capsys.readouterr().out


async def test_bad_fields_are_listed_by_name(api: Api) -> None:
    response = await api.client.post("/test/things?count=x", json={"size": "much"})
    assert problem(response) == (422, "validation_failed")
    assert {each["field"] for each in response.json()["errors"]} == {"count", "name", "size"}
    assert all(each["message"] for each in response.json()["errors"])


async def test_what_is_wrong_is_said_in_words_of_the_request(api: Api) -> None:
    account = await signup(api.client)

    async def said(method: str, path: str, content: bytes, code: str = "validation_failed") -> list[str]:
        response = await api.client.request(method, path, content=content, headers=account.auth)
        assert problem(response) == (422, code)
        return [f"{each['field']} {each['message']}" for each in response.json()["errors"]]

    assert await said("PATCH", "/api/auth/me", b'{"zone": 1}', "unknown_field") == [
        "zone is not a field here; known are monthly_budget, budget_alert_threshold"
    ]
    assert await said("PATCH", "/api/auth/me", b"[]") == ["body must be a JSON object"]
    assert await said("POST", "/api/keys", b"{}") == ["name is missing"]
    assert (await said("DELETE", "/api/keys/x", b""))[0].startswith("key_id must be a valid integer")


async def test_a_parameter_that_a_route_does_not_know_is_refused_by_name(api: Api) -> None:
    account = await signup(api.client)
    cases = {
        "GET /api/keys?limi=1": "'limi' is not a parameter here; did you mean limit? Known are limit, cursor",
        "GET /api/keys?limit=1&x=1": "'x' is not a parameter here; known are limit, cursor",
        "GET /api/budgets?month=x": "'month' is not a parameter here; known are limit, cursor",
        "POST /api/budgets?month=x": "'month' is not a parameter here; this request takes none",
        "GET /api/recommendations?x": "'x' is not a parameter here; known are limit, state",
        "GET /api/auth/me?=1": "'' is not a parameter here; this request takes none",
        "DELETE /api/keys/1?x=1": "'x' is not a parameter here; this request takes none",
        f"GET /api/auth/me?{'x' * 5000}": f"'{'x' * 64}' is not a parameter here; this request takes none",
    }
    for asked, detail in cases.items():
        method, path = asked.split()
        response = await api.client.request(method, path, headers=account.auth)
        assert (*problem(response), response.json()["detail"]) == (422, "unknown_filter", detail), asked
        # Who asks is asked first.
        assert problem(await api.client.request(method, path)) == (401, "not_authenticated")
    for path in (
        "/api/keys?limit=1&cursor=5",
        "/api/keys?",
        "/api/budgets?limit=5",
        "/api/costs?limit=1&tag.a=b",
    ):
        assert (await api.client.get(path, headers=account.auth)).status_code == 200, path
    page = (await api.client.get("/api/openapi.json")).json()
    assert "422" in page["paths"]["/api/budgets"]["get"]["responses"]


async def test_a_form_is_refused_by_its_type_everywhere(api: Api) -> None:
    account = await signup(api.client)
    for path in ("/api/budgets", "/api/keys", "/api/events/track", "/api/auth/login"):
        response = await api.client.post(path, data={"budget_amount": "1"}, headers=account.auth)
        assert problem(response) == (415, "unsupported_media_type"), path
        assert "application/json" in response.json()["detail"]


async def test_bodies_that_are_no_json(api: Api) -> None:
    async def post(content: bytes, media_type: str = "application/json") -> httpx.Response:
        return await api.client.post("/test/things", content=content, headers={"Content-Type": media_type})

    assert problem(await post(b'{"name": ')) == (400, "malformed_json")
    for unreadable in (b'{"name": "\xff"}', b"[" * 60_000, gzip.compress(b'{"name": "x"}')):
        response = await post(unreadable)
        assert problem(response) == (400, "malformed_json")
        assert "compressed" in response.json()["detail"]
    assert problem(await post(b"name=x", "application/x-www-form-urlencoded")) == (
        415,
        "unsupported_media_type",
    )
    good = b'{"name": "x", "size": 1}'
    assert (await post(good)).status_code == 200
    # curl's -H 'Content-Type:' and many small clients send none.
    request = api.client.build_request("POST", "/test/things", content=good)
    assert "content-type" not in request.headers
    assert (await api.client.send(request)).status_code == 200


async def test_large_bodies_are_refused_declared_or_not(api: Api) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    for path in ("/test/raw", "/test/things", "/api/auth/login"):
        assert problem(await api.client.post(path, content=b" " * ((64 << 10) + 1))) == (
            413,
            "body_too_large",
        )
        response = await api.client.post(path, content=chunks())
        assert problem(response) == (413, "body_too_large")
        assert response.headers["connection"] == "close"
    assert (await api.client.post("/test/raw", content=b" " * (64 << 10))).json() == 64 << 10


async def test_the_page_of_the_api_needs_no_other_site(api: Api) -> None:
    page = await api.client.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    # A page that names no validator sends the description to one.
    assert '"validatorUrl": null' in page.text
    addresses = re.findall(r"""(?:href|src)="([^"]*)"|url: '([^']*)'""", page.text)
    sent = {}
    for address in (first or second for first, second in addresses):
        response = await api.client.get(address)
        assert response.status_code == 200, address
        sent[address.rpartition("/")[2]] = response.headers["content-type"].partition(";")[0]
    assert sent == {
        "swagger-ui-bundle.js": "text/javascript",
        "swagger-ui.css": "text/css",
        "favicon.png": "image/png",
        "openapi.json": "application/json",
    }
    assert "://" not in re.sub(r"<!--.*?-->", "", page.text)
    script = await api.client.get("/api/docs/assets/swagger-ui-bundle.js")
    assert "SwaggerUIBundle" in script.text
    again = {"If-None-Match": script.headers["etag"]}
    response = await api.client.get("/api/docs/assets/swagger-ui-bundle.js", headers=again)
    assert (response.status_code, response.content) == (304, b"")
    assert problem(await api.client.get("/api/docs/assets/redoc.standalone.js")) == (404, "not_found")
    transport = httpx.ASGITransport(api.app, root_path="/costs")
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as behind:
        text = (await behind.get("/costs/api/docs")).text
    assert [text.count(f"{quote}/costs/api/") for quote in "'\""] == [1, 3]


async def test_long_answers_are_compressed_for_who_takes_it(api: Api) -> None:
    packed = await api.client.get("/api/openapi.json")
    plain = await api.client.get("/api/openapi.json", headers={"Accept-Encoding": "identity"})
    assert (packed.headers["content-encoding"], "content-encoding" in plain.headers) == ("gzip", False)
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 4
    assert packed.json() == plain.json()
    for answer in (packed, plain):
        assert "Accept-Encoding" in answer.headers["vary"]
    assert "content-encoding" not in (await api.client.get("/health")).headers


async def test_request_ids(api: Api) -> None:
    async def id_of(path: str, **headers: str) -> str:
        return (await api.client.get(path, headers=headers)).headers["x-request-id"]

    for path in ("/health", "/", "/api/nothing", "/api/events/track"):
        assert await id_of(path) != await id_of(path)
        assert await id_of(path, **{"X-Request-ID": "a-B.c:1"}) == "a-B.c:1"
        for bad in ("x" * 65, "a b", "<script>"):
            assert await id_of(path, **{"X-Request-ID": bad}) != bad


async def test_security_headers_are_on_every_response(api: Api) -> None:
    account = await signup(api.client)
    responses = [
        await api.client.get("/health"),
        await api.client.get("/nothing"),
        await api.client.post("/api/events/track", content=b"{"),
        await api.client.post(
            "/api/events/track", json={"provider": "a", "model": "b"}, headers=account.key_auth
        ),
    ]
    assert [response.status_code for response in responses] == [200, 404, 401, 202]
    for response in responses:
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["referrer-policy"] == "no-referrer"


async def test_only_the_named_origins_may_call_from_a_browser(api: Api) -> None:
    async def preflight(origin: str) -> httpx.Response:
        return await api.client.options(
            "/api/events/track",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-encoding",
            },
        )

    assert (await preflight(ORIGIN)).headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in (await preflight("https://evil.example.com")).headers
    # A refused request must be readable by the page that sent it.
    for path in ("/api/nothing", "/test/crash"):
        response = await api.client.get(path, headers={"Origin": ORIGIN})
        assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in (await api.client.get("/health")).headers


async def test_the_openapi_page_describes_ingest_with_examples_that_are_taken(api: Api) -> None:
    account = await signup(api.client)
    page = (await api.client.get("/api/openapi.json")).json()
    operation = page["paths"]["/api/events/track"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        response = await api.client.post("/api/events/track", json=example["value"], headers=account.key_auth)
        assert (response.status_code, response.json()["rejected"]) == (202, [])
    event = page["components"]["schemas"]["Event"]
    assert event["required"] == ["provider", "model"]
    assert event["properties"]["usage"]["type"] == "object"
    for security in operation["security"]:
        assert set(security) <= set(page["components"]["securitySchemes"])
    assert "/api/auth/signup" in page["paths"]
