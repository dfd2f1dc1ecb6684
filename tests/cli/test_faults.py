"""The command line against a real API and worker where something is wrong, or next to nothing is there."""

import json
from datetime import timedelta
from subprocess import CompletedProcess

import llmlab
from cli_server import Home
from in_process import llmlab as run
from live import SECRET_KEY, LiveStack, wait_until
from llmlab_api.tokens import HmacTokens


def one_line(done: CompletedProcess[str], code: int, *told: str) -> None:
    """Hold that a command ended with this code and one line that helps."""
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done.stderr
    for words in told:
        assert words in done.stderr, done.stderr


def test_what_is_wrong_is_one_line_and_what_is_little_says_something(stack: LiveStack, home: Home) -> None:
    env = home.env()

    def account(name: str) -> llmlab.LLMLab:
        with llmlab.LLMLab(base_url=stack.url) as nobody:
            made = nobody.auth.signup(f"{name}@example.com", "correct horse battery")
        content = home.read_config() if home.config.exists() else {"profiles": {}}
        content["profiles"][name] = {"url": stack.url, "api_key": made["api_key"], "token": made["token"]}
        home.write_config(content)
        return llmlab.LLMLab(made["api_key"], stack.url)

    def status(name: str, *arguments: str) -> str:
        done = run("status", *arguments, "--profile", name, env=env)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    with (
        account("empty"),
        account("one") as one,
        account("unpriced") as unpriced,
        account("missing") as missing,
    ):
        one.track(provider="openai", model="gpt-4", input_tokens=1000, output_tokens=500, customer="Acme")
        unpriced.track(provider="custom", model="of-our-own", input_tokens=10, output_tokens=5, feature="f")
        missing.track(provider="openai", model="gpt-4", feature="f")
        for client in (one, unpriced, missing):
            assert client.flush()
            wait_until(lambda client=client: client.costs.summary()["counts"]["events"], "it is counted")

    assert "No calls in this time." in status("empty")
    assert json.loads(status("empty", "--json"))["total_spend"] == "0"
    assert status("empty", "--csv").startswith("by,name,spend,events,tokens\ntotal,,0,0,0\n")
    screen = status("one")
    for told in ("Spend     $0.06   1 call", "no spend before", "Acme", "100.0%", "nothing is waiting"):
        assert told in screen
    screen = status("unpriced", "--period", "today")
    for told in ("Spend     unknown", "unpriced", "1 call of of-our-own has no known price", "prices set"):
        assert told in screen
    assert "$0.00" not in screen.replace("of $0.00", "")
    # The workspaces are walls: nobody sees another's.
    assert "Acme" not in status("unpriced") + status("empty")
    assert "provider,custom,,1,15" in status("unpriced", "--csv")
    # Whatever the reason is: what is not known is never 0.
    for name in ("unpriced", "missing"):
        assert "$0.00" not in status(name).replace("of $0.00", "")
        lines = [line.split(",") for line in status(name, "-p", "today", "--csv").splitlines()[1:]]
        assert {line[2] for line in lines if line[3] != "0"} == {""}
    assert "f,,1,0" in status("missing", "-g", "feature", "--csv")

    profiles = home.read_config()["profiles"]
    wrong = profiles["one"]["api_key"][:-1] + ("a" if profiles["one"]["api_key"][-1] != "a" else "b")
    one_line(run("status", env={**env, "LLMLAB_URL": stack.url, "LLMLAB_API_KEY": wrong}), 4, "llmlab init")
    expired = HmacTokens(SECRET_KEY, life=timedelta(seconds=-60)).issue(
        user_id=1, workspace_id=1, generation=1
    )
    home.write_config({"profiles": {"default": {"url": stack.url, "token": expired}}})
    one_line(run("status", env=env), 4, "expired", "llmlab login")
    one_line(run("keys", "list", env=env), 4, "expired", "llmlab login")
    home.write_config({"profiles": {"default": {"url": stack.url, "token": "no.token.atall"}}})
    one_line(run("status", env=env), 4, "llmlab login")
    one_line(run("status", env={**env, "LLMLAB_URL": f"{stack.url}/elsewhere", "LLMLAB_API_KEY": wrong}), 1)

    # Then nobody answers at all.
    stack.stop()
    home.write_config({"profiles": {"default": {"url": stack.url, "api_key": profiles["one"]["api_key"]}}})
    for command in (["status"], ["optimize"], ["budget", "list"], ["prices", "list"]):
        one_line(run(*command, env=env), 3, "llmlab up", "llmlab init")
    home.write_config({"api_key": profiles["one"]["api_key"], "url": stack.url})
    one_line(run("status", env=env), 5, "older form", "llmlab init")
