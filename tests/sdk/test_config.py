"""Where the configuration comes from, what wins, and that secrets stay where they belong."""

import json
from pathlib import Path
from typing import Any

import llmlab
import pytest
from llmlab import ConfigurationError, LLMLab
from llmlab._config import resolve

KEY = "llmlab_0123456789abcdefghij"


def write_profiles(home: Path, **profiles: Any) -> Path:
    path = home / ".llmlab" / "config.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"profiles": profiles}))
    return path


def test_the_default_is_this_machine() -> None:
    config = resolve()
    assert (config.base_url, config.api_key, config.token) == ("http://127.0.0.1:8000", None, None)


def test_argument_wins_over_environment_over_profile(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_profiles(home, default={"url": "http://file:1", "api_key": "of-file", "token": "token-of-file"})
    config = resolve()
    assert (config.base_url, config.api_key, config.token) == ("http://file:1", "of-file", "token-of-file")
    monkeypatch.setenv("LLMLAB_API_KEY", "of-environment")
    assert resolve().api_key == "of-environment"
    assert resolve().base_url == "http://file:1"
    monkeypatch.setenv("LLMLAB_URL", "http://environment:2/")
    assert resolve().base_url == "http://environment:2"
    assert resolve("of-argument", "http://argument:3").base_url == "http://argument:3"
    assert resolve("of-argument").api_key == "of-argument"


def test_profiles_are_chosen_by_argument_or_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_profiles(home, default={"api_key": "a"}, work={"api_key": "b"}, private={"api_key": "c"})
    monkeypatch.setenv("LLMLAB_PROFILE", "work")
    assert resolve().api_key == "b"
    assert resolve(profile="private").api_key == "c"
    with pytest.raises(ConfigurationError, match="no profile 'nowhere'") as caught:
        resolve(profile="nowhere")
    assert caught.value.code == "unknown_profile"


def test_the_file_may_say_which_profile_is_in_use(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_profiles(home, default={"api_key": "a"}, work={"api_key": "b"})
    path.write_text(json.dumps({**json.loads(path.read_text()), "profile": "work"}))
    assert (resolve().api_key, resolve().profile) == ("b", "work")
    assert resolve(profile="default").api_key == "a"
    monkeypatch.setenv("LLMLAB_PROFILE", "default")
    assert resolve().api_key == "a"
    monkeypatch.delenv("LLMLAB_PROFILE")
    path.write_text(json.dumps({"profiles": {}, "profile": "gone"}))
    with pytest.raises(ConfigurationError, match="no profile 'gone'"):
        resolve()
    # Whoever was given a key works beside it.
    assert resolve("another").api_key == "another"


def test_a_profiles_secrets_go_to_its_own_server_only(home: Path) -> None:
    write_profiles(home, default={"url": "https://mine.example", "api_key": "k", "token": "t"})
    elsewhere = resolve(base_url="https://other.example")
    assert (elsewhere.api_key, elsewhere.token) == (None, None)
    same = resolve(base_url="https://mine.example/")
    assert (same.api_key, same.token) == ("k", "t")


def test_a_key_given_alone_is_not_mixed_with_the_profiles_user(home: Path) -> None:
    write_profiles(home, default={"api_key": "k", "token": "t"})
    assert resolve("another").token is None


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"profiles": []}', '{"profiles": {"default": 3}}', '{"profiles": {"default": {"url": 3}}}'],
)
def test_a_broken_file_is_named_and_never_quoted(home: Path, content: str) -> None:
    write_profiles(home).write_text(content.replace("3", f'["{KEY}"]'))
    with pytest.raises(ConfigurationError) as caught:
        resolve()
    assert "config.json" in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_broken_file_does_not_hurt_who_needs_nothing_of_it(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_profiles(home).write_text("{")
    assert resolve(KEY).api_key == KEY
    with LLMLab() as client:
        client.track("openai", "gpt-4", 1, 1)
        assert client.flush()
        assert client.stats()["dropped"] == {"bad_configuration": 1}
    assert "config.json" in caplog.text


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://a b", "http://x:99999", "http://x:port"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="not the URL of a server"):
        resolve(base_url=url)


def test_a_host_alone_is_a_url(home: Path) -> None:
    assert resolve(base_url=" llmlab.internal:8000/ ").base_url == "http://llmlab.internal:8000"


@pytest.mark.parametrize("key", [f"{KEY}\nX-Other: 1", f"{KEY} x", f"{KEY}é"])
def test_a_key_that_is_none_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve(key)
    assert KEY not in str(caught.value)


def test_spaces_around_a_key_are_nothing() -> None:
    assert resolve(f" {KEY}\n").api_key == KEY


def test_secrets_are_masked_wherever_a_client_is_shown() -> None:
    for client in (LLMLab(KEY), llmlab.AsyncLLMLab(KEY, token="a-token-of-somebody-long")):
        assert client.base_url == "http://127.0.0.1:8000"
        for shown in (repr(client), str(client), repr(client._configuration())):
            assert KEY not in shown
            assert "a-token" not in shown
        assert "llmlab_0123…" in repr(client)
    assert "not configured yet" in repr(LLMLab(KEY))
