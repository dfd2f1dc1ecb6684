"""The command line against the real API and a real worker: what a newcomer does in the first minutes."""

import json

import llmlab
from cli_server import Home
from live import LiveStack, wait_until


def succeeds(home: Home, *arguments: str, given: str = "") -> str:
    done = home.run(*arguments, given=given)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_minutes(stack: LiveStack, home: Home) -> None:
    signup = ["signup", "--url", stack.url, "--email", "kim@example.com", "--password-stdin"]
    succeeds(home, *signup, given="correct horse battery\n")
    assert "No calls in this time." in succeeds(home, "status")
    assert "Nothing to save" in succeeds(home, "optimize")

    profile = home.read_config()["profiles"]["default"]
    with llmlab.LLMLab(profile["api_key"], profile["url"]) as client:
        for _ in range(60):
            client.track(
                provider="openai", model="gpt-4", input_tokens=1000, output_tokens=500, feature="search"
            )
        client.track(provider="custom", model="of-our-own", input_tokens=10, output_tokens=5)
        assert client.flush()
        wait_until(lambda: client.costs.summary()["counts"]["events"] == 61, "all calls are counted")

    succeeds(home, "budget", "set", "4")
    screen = succeeds(home, "status", "--period", "all")
    for told in ("$3.60", "openai/gpt-4", "unpriced", "1 call of of-our-own has no known price"):
        assert told in screen
    assert "$3.60 of $4.00 this month  90%" in screen
    assert "▲ alert: past 80%" in screen
    (told, *_) = json.loads(succeeds(home, "alerts", "ls", "--open", "--json"))["alerts"]
    partly = home.run("alerts", "ack", str(told["id"]), "999999")
    assert (partly.returncode, partly.stdout) == (1, "✓ Acknowledged 1 alert.\n")
    assert "no alert 999999:" in partly.stderr
    succeeds(home, "alerts", "ack", "--all")
    assert json.loads(succeeds(home, "alerts", "ls", "--open", "--json"))["alerts"] == []
    assert "search" in succeeds(home, "status", "--group-by", "feature")
    assert "60" in succeeds(home, "status", "--where", "feature=search")
    assert json.loads(succeeds(home, "status", "--json"))["total_spend"] == "3.6"

    assert "1  Switch from gpt-4" in succeeds(home, "optimize")
    assert json.loads(succeeds(home, "optimize", "--json"))["recommendations"][0]["kind"] == "switch_model"

    advised = json.loads(succeeds(home, "optimize", "--json"))["recommendations"][0]["id"]
    assert "Accepted: Switch from gpt-4" in succeeds(home, "optimize", "accept", advised)
    assert "not measured yet" in succeeds(home, "optimize")
    # 60 calls of 1,000 in and 500 out at 2.5 and 10 USD a million.
    what_if = succeeds(home, "what-if", "-m", "openai/gpt-4o", "-w", "model=gpt-4", "-w", "feature=search")
    assert "60 calls cost $3.60" in what_if
    assert "$0.45" in what_if

    doctor = json.loads(succeeds(home, "doctor", "--json"))
    assert {check["name"] for check in doctor["checks"] if check["state"] == "ok"} >= {
        "versions", "settings", "server", "worker", "key", "sign-in", "clock"
    }  # fmt: skip

    key = succeeds(home, "keys", "create", "reporter", "--scope", "ingest").strip()
    assert "reporter" in succeeds(home, "keys", "list")
    succeeds(home, "init", "--profile", "reporter", "--url", stack.url, "--api-key", key)
    refused = home.run("status", "--profile", "reporter")
    assert (refused.returncode, "scope `read`" in refused.stderr) == (4, True)
    succeeds(home, "keys", "revoke", "reporter", "--yes")

    token = profile["token"]
    succeeds(home, "logout")
    home.write_config({"profiles": {"default": {"url": stack.url, "token": token}}})
    ended = home.run("status")
    assert (ended.returncode, "llmlab login" in ended.stderr) == (4, True)
    wrong = home.run("login", "--email", "kim@example.com", "--password-stdin", given="wrong horse\n")
    assert wrong.returncode == 4
    succeeds(home, "login", "--email", "kim@example.com", "--password-stdin", given="correct horse battery\n")
    succeeds(home, "status")
