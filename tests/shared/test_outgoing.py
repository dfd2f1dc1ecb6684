"""Where requests of users' URLs may go: no spelling of an address of this network gets through."""

import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

import pytest
from llmlab_shared.config import ServerSettings
from llmlab_shared.mail_server import MailServer
from llmlab_shared.outgoing import NotAllowed, OutgoingRules, Unresolved, is_public
from pydantic import ValidationError

STRICT = OutgoingRules()
RESOLVERS = ThreadPoolExecutor(1)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
def test_no_internal_address_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "140.82.121.4", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "0177.0.0.1",
        "0x7f.1",
        "2130706433",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0",
    ],
)
async def test_no_spelling_leads_home(host: str) -> None:
    destination = STRICT.read(f"https://{host}/hook")
    with pytest.raises(NotAllowed) as refused:
        await STRICT.resolve(destination, RESOLVERS)
    assert refused.value.code == "internal_address"
    assert "LLMLAB_OUTGOING_ALLOW" in refused.value.detail


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "not_https"),
        ("ftp://example.com/", "bad_url"),
        ("https://", "bad_url"),
        ("https:///hook", "bad_url"),
        ("example.com/hook", "bad_url"),
        ("https://user:secret@example.com/", "bad_url"),
        ("https://127.0.0.1@example.com/", "bad_url"),
        ("https://example.com:99999/", "bad_url"),
        ("https://example.com\\@127.0.0.1/", "bad_url"),
        ("https://exa mple.com/", "bad_url"),
        ("https://example.com/\r\nHost: evil", "bad_url"),
        ("https://exämple.com/", "bad_url"),
        ("https://example.com/" + "a" * 3000, "bad_url"),
    ],
)
def test_what_is_no_url_is_refused(url: str, code: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        STRICT.read(url)
    assert refused.value.code == code


def _resolver(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def found(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


async def test_a_name_that_also_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    destination = STRICT.read("https://hooks.example.com/x?y=1")
    _resolver(monkeypatch, "1.1.1.1", "10.0.0.5")
    with pytest.raises(NotAllowed):
        await STRICT.resolve(destination, RESOLVERS)
    _resolver(monkeypatch, *["1.1.1.1"] * 5, "10.0.0.5")
    with pytest.raises(NotAllowed):
        await STRICT.resolve(destination, RESOLVERS)
    _resolver(monkeypatch, "1.1.1.1", "1.0.0.1")
    addresses = await STRICT.resolve(destination, RESOLVERS)
    assert list(map(str, addresses)) == ["1.1.1.1", "1.0.0.1"]
    assert destination.at(addresses[0]) == "https://1.1.1.1:443/x?y=1"
    assert destination.authority == "hooks.example.com"


async def test_a_name_without_an_address_says_whether_that_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    destination = STRICT.read("https://hooks.example.com/")
    for number, final in ((socket.EAI_NONAME, True), (socket.EAI_AGAIN, False)):
        failure = socket.gaierror(number, "as it says")

        def fail(*_: Any, failure: OSError = failure, **__: Any) -> None:
            raise failure

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        with pytest.raises(Unresolved) as unresolved:
            await STRICT.resolve(destination, RESOLVERS)
        assert unresolved.value.final is final


async def test_the_operator_may_allow_more(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = OutgoingRules.of(["10.0.0.0/8", "Hooks.Corp.example.", "fd00::/8", "127.0.0.1"])
    assert rules.read("http://127.0.0.1:8080/x").port == 8080
    assert rules.read("http://hooks.corp.example/x").host == "hooks.corp.example"
    with pytest.raises(NotAllowed):
        rules.read("http://example.com/")
    _resolver(monkeypatch, "192.168.0.9")
    assert await rules.resolve(rules.read("https://hooks.corp.example/"), RESOLVERS)
    with pytest.raises(NotAllowed):
        await rules.resolve(rules.read("https://other.corp.example/"), RESOLVERS)
    _resolver(monkeypatch, "10.9.9.9")
    assert await rules.resolve(rules.read("https://other.corp.example/"), RESOLVERS)


def test_settings_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value, said in (
        ("LLMLAB_OUTGOING_ALLOW", "10.0.0.0/40", "10.0.0.0/40"),
        ("LLMLAB_SMTP_URL", "mail.example.com", "smtp+starttls"),
        ("LLMLAB_SMTP_URL", "smtp://mail.example.com", "LLMLAB_MAIL_FROM"),
        ("LLMLAB_PUBLIC_URL", "llmlab.example.com", "https://"),
    ):
        with monkeypatch.context() as environment:
            environment.setenv(name, value)
            with pytest.raises(ValidationError, match="(?s)" + said.replace("+", r"\+")):
                ServerSettings()


def test_a_mail_server_is_read_from_its_url() -> None:
    server = MailServer.read("smtp+starttls://me%40corp:p%2Fw@mail.example.com")
    assert (server.host, server.port, server.encryption) == ("mail.example.com", 587, "starttls")
    assert (server.username, server.password) == ("me@corp", "p/w")
    assert MailServer.read("smtps://mail.example.com").port == 465
    assert MailServer.read("smtp://[::1]:2525").host == "::1"
