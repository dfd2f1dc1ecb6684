"""The command line at a pseudo-terminal: prompts, hidden input, colours, width, Ctrl-C."""

import signal
import threading
import time

import pexpect
from cli_samples import USUAL, USUAL_GROUPS
from cli_server import KEY, AnswersOf, Home
from terminals import COLUMNS, spawn


def ended(child: "pexpect.spawn[str]") -> tuple[str, int | None]:
    output = child.read()
    child.close()
    return output, child.exitstatus


def test_init_asks_for_server_and_key_and_hides_the_key(home: Home, server: AnswersOf) -> None:
    child = spawn(home, "init")
    child.expect(r"Server \[http://127.0.0.1:8000\]: ")
    child.sendline(server.url)
    child.expect(r"API key \(not shown\): ")
    child.sendline(KEY)
    output, code = ended(child)
    assert code == 0
    assert KEY not in output
    assert home.read_config()["profiles"]["default"] == {"url": server.url, "api_key": KEY}


def test_init_again_keeps_the_key_on_enter(connected: Home, server: AnswersOf) -> None:
    before = connected.read_config()
    child = spawn(connected, "init")
    child.expect(r"Server \[.*\]: ")
    child.sendline("")
    child.expect(r"API key \(not shown, Enter keeps llmlab_0123…\): ")
    child.sendline("")
    output, code = ended(child)
    assert code == 0
    assert KEY not in output
    assert connected.read_config() == before


def test_signup_asks_for_the_password_twice_and_hides_it(home: Home, server: AnswersOf) -> None:
    server.answers["POST", "/api/auth/signup"] = (
        201,
        {"token": "t", "api_key": KEY, "user": {"email": "kim@example.com"}},
    )
    child = spawn(home, "signup", "--url", server.url)
    child.expect("E-mail: ")
    child.sendline("kim@example.com")
    for typed in ("correct horse", "korrect horse", "correct horse", "correct horse"):
        child.expect(r"(Password \(not shown\)|Once more): ")
        child.sendline(typed)
    output, code = ended(child)
    assert code == 0
    assert "orrect horse" not in output
    assert server.requests[0].body["password"] == "correct horse"


def test_a_terminal_gets_colours_and_its_width(connected: Home) -> None:
    output, code = ended(spawn(connected, "status"))
    assert code == 0
    assert "\x1b[33m" in output
    plain, code = ended(spawn(connected, "status", NO_COLOR="1"))
    assert code == 0
    assert "\x1b" not in plain
    assert max(map(len, plain.splitlines())) <= COLUMNS
    dumb, _ = ended(spawn(connected, "status", TERM="dumb"))
    assert "\x1b" not in dumb


def test_a_wide_terminal_holds_two_lists_beside_each_other(connected: Home, server: AnswersOf) -> None:
    def answer() -> object:
        by = dict(server.current.query).get("group_by")
        return {**USUAL, "groups": USUAL_GROUPS[by]} if by else USUAL

    server.answers["GET", "/api/costs/summary"] = answer
    output, code = ended(spawn(connected, "status", NO_COLOR="1", columns=130))
    assert code == 0
    (heads,) = [line for line in output.splitlines() if line.startswith("Model ")]
    assert "Feature " in heads
    narrow, _ = ended(spawn(connected, "status", NO_COLOR="1", columns=40))
    assert max(map(len, narrow.splitlines())) <= 40


def test_a_question_before_revoking_and_no_means_no(connected: Home, server: AnswersOf) -> None:
    key = {"id": 7, "name": "ci", "prefix": "llmlab_abcd"}
    server.get("/api/keys", {"keys": [key], "next_cursor": None})
    child = spawn(connected, "keys", "revoke", "ci")
    child.expect(r"Revoke ci \(llmlab_abcd…\)\?")
    child.sendline("n")
    _, code = ended(child)
    assert code == 130
    assert not [r for r in server.requests if r.method == "DELETE"]


def test_ctrl_c_at_a_prompt_ends_quietly(home: Home) -> None:
    child = spawn(home, "init")
    child.expect("Server")
    # Once more, as a person would: between its last look at signals and its wait for a key, readline is deaf.
    for _ in range(10):
        child.sendintr()
        if child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=2) == 0:
            break
    output = child.before or ""
    child.close()
    code = child.exitstatus
    assert code == 130
    assert "Traceback" not in output
    assert not home.config.exists()


def test_ctrl_c_while_waiting_for_the_server_ends_quietly(connected: Home, server: AnswersOf) -> None:
    asked, release = threading.Event(), threading.Event()

    def answer_slowly() -> object:
        asked.set()
        release.wait(20)
        return USUAL

    server.answers["GET", "/api/costs/summary"] = answer_slowly
    child = spawn(connected, "status")
    assert asked.wait(20)
    time.sleep(0.1)
    child.kill(signal.SIGINT)
    output, code = ended(child)
    release.set()
    assert code == 130
    assert "Traceback" not in output
