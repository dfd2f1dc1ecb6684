"""`llmlab config`: profiles shown without secrets, chosen, changed and forgotten."""

import json
from pathlib import Path

import llmlab
import pytest
from cli_server import KEY, AnswersOf, Home
from in_process import llmlab as run
from snapshots import check

PROFILES = {
    "profiles": {
        "default": {"url": "http://127.0.0.1:8000", "api_key": KEY, "token": "t-1"},
        "work": {"url": "https://llmlab.example.com", "api_key": "llmlab_work5678901234567890"},
        "new": {},
    }
}


@pytest.fixture
def profiles(home: Home) -> Home:
    """A machine with three profiles."""
    home.write_config(PROFILES)
    return home


def test_it_shows_profiles_and_no_secret(profiles: Home) -> None:
    done = run("config", "show", env=profiles.env(LLMLAB_PROFILE="work", LLMLAB_API_KEY="llmlab_env45678901"))
    check("config_show", done.stdout)
    told = run("config", "show", "--json", env=profiles.env()).stdout
    assert json.loads(told)["profiles"][0] == {
        "name": "default",
        "url": "http://127.0.0.1:8000",
        "api_key": "llmlab_0123…",
        "signed_in": True,
        "in_use": True,
    }
    for secret in (KEY, "t-1", "llmlab_work5", "llmlab_env45"):
        assert secret not in done.stdout + told
    assert run("config", "path", env=profiles.env()).stdout == f"{profiles.config}\n"
    assert run("config", "profiles", env=profiles.env()).stdout == "default\nwork\nnew\n"


def test_the_profile_in_use_holds_for_commands_and_the_sdk(
    connected: Home, server: AnswersOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = connected.read_config()
    content["profiles"]["work"] = {"url": server.url, "api_key": "llmlab_work"}
    connected.write_config(content)
    env = connected.env()
    assert run("config", "use", "work", env=env).returncode == 0
    assert run("keys", "ls", "--json", env=env).returncode == 1
    assert server.requests[-1].authorization == "Bearer llmlab_work"
    monkeypatch.setenv("HOME", str(connected.folder))
    with llmlab.LLMLab() as client:
        assert client.profile == "work"
    with llmlab.LLMLab(profile="default") as client:
        assert client.profile == "default"

    # What is named wins over what is in use.
    for more, key in (
        ({"LLMLAB_PROFILE": "default"}, "t-1"),
        ({"LLMLAB_API_KEY": "llmlab_env"}, "llmlab_env"),
    ):
        run("keys", "ls", env={**env, **more})
        assert server.requests[-1].authorization == f"Bearer {key}"
    assert "still wins" in run("config", "use", "default", env={**env, "LLMLAB_PROFILE": "work"}).stderr
    assert "profile" not in connected.read_config()
    missing = run("config", "use", "nope", env=env)
    assert (missing.returncode, "default, work" in missing.stderr) == (5, True)


def test_a_profile_in_use_that_is_gone_is_one_line(profiles: Home) -> None:
    profiles.write_config({**PROFILES, "profile": "gone"})
    done = run("status", env=profiles.env())
    assert (done.returncode, done.stderr.count("\n"), "'gone'" in done.stderr) == (5, 1, True)
    assert run("config", "use", "work", env=profiles.env()).returncode == 0


def test_a_changed_server_does_not_get_the_old_ones_secrets(profiles: Home) -> None:
    env = profiles.env()
    done = run("config", "set", "url", "https://other.example", env=env)
    assert (done.returncode, "were forgotten" in done.stderr) == (0, True)
    assert profiles.read_config()["profiles"]["default"] == {"url": "https://other.example"}
    moved = ["config", "set", "url", "https://moved.example/", "--keep-secrets", "--profile", "work"]
    assert run(*moved, env=env).returncode == 0
    assert profiles.read_config()["profiles"]["work"] == {
        "url": "https://moved.example",
        "api_key": "llmlab_work5678901234567890",
    }


def test_values_are_checked_and_forgotten(profiles: Home) -> None:
    env = profiles.env()
    before = profiles.read_config()
    for arguments in (["url", "ftp://x"], ["api_key", "llmlab_a b"], ["api_key"], ["colour", "blue"]):
        done = run("config", "set", *arguments, env=env)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    for arguments in ([], ["token", "--all"]):
        assert run("config", "unset", *arguments, env=env).returncode == 2
    assert profiles.read_config() == before
    assert run("config", "set", "api_key", "llmlab_new", "--profile", "new", env=env).returncode == 0
    assert profiles.read_config()["profiles"]["new"] == {"api_key": "llmlab_new"}
    assert run("config", "unset", "token", env=env).returncode == 0
    assert "token" not in profiles.read_config()["profiles"]["default"]
    run("config", "use", "work", env=env)
    assert run("config", "unset", "--all", env=env).returncode == 0
    assert set(profiles.read_config()["profiles"]) == {"default", "new"}
    assert "profile" not in profiles.read_config()
    assert run("config", "unset", "--all", "--profile", "work", env=env).returncode == 5


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    # A file where the home should be: that stops root too.
    blocker = tmp_path / "file"
    blocker.write_text("")
    for arguments in (["config", "set", "api_key", "llmlab_a"], ["completion", "bash", "--install"]):
        done = run(*arguments, env=Home(blocker / "home").env())
        assert (done.returncode, done.stderr.count("\n")) == (5, 1), done.stderr
