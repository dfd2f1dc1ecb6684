"""`init`, `signup`, `login`, `logout`, `config`: what they ask, keep and refuse."""

from pathlib import Path

import pytest
from cli_server import KEY, AnswersOf, Home, problem

SIGNED_UP = {
    "token": "t-2",
    "api_key": "llmlab_new",
    "user": {"id": 1, "email": "kim@example.com", "workspaces": []},
}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_init_checks_the_key_and_keeps_it_for_this_user_alone(home: Home, server: AnswersOf) -> None:
    done = home.run("init", "--api-key", KEY, "--url", server.url)
    assert done.returncode == 0, done.stderr
    assert server.requests[0].authorization == f"Bearer {KEY}"
    assert home.read_config() == {"profiles": {"default": {"url": server.url, "api_key": KEY}}}
    assert mode(home.config) == 0o600
    assert mode(home.config.parent) == 0o700
    assert "import llmlab" in done.stdout
    assert "llmlab status" in done.stdout
    assert KEY not in done.stdout


def test_init_keeps_what_it_does_not_know(home: Home, server: AnswersOf) -> None:
    before = {
        "profiles": {
            "default": {"url": "http://old", "api_key": "llmlab_old", "colour": "blue"},
            "work": {"api_key": "llmlab_work"},
        },
        "theme": {"dark": True},
    }
    home.write_config(before)
    home.config.chmod(0o644)
    home.config.parent.chmod(0o755)
    assert home.run("init", "--api-key", KEY, "--url", server.url).returncode == 0
    after = home.read_config()
    assert after["theme"] == {"dark": True}
    assert after["profiles"]["work"] == {"api_key": "llmlab_work"}
    assert after["profiles"]["default"] == {"url": server.url, "api_key": KEY, "colour": "blue"}
    assert mode(home.config) == 0o600
    assert mode(home.config.parent) == 0o700


def test_init_under_another_profile_leaves_the_default_alone(connected: Home, server: AnswersOf) -> None:
    assert (
        connected.run("init", "--api-key", "llmlab_w", "--url", server.url, "--profile", "w").returncode == 0
    )
    profiles = connected.read_config()["profiles"]
    assert profiles["w"] == {"url": server.url, "api_key": "llmlab_w"}
    assert profiles["default"]["api_key"] == KEY


def test_the_environment_may_name_a_profile_that_is_yet_to_be_made(home: Home, server: AnswersOf) -> None:
    server.answers["POST", "/api/auth/login"] = {"token": "t-9"}
    server.answers["POST", "/api/auth/signup"] = 201, SIGNED_UP
    where = ["--url", server.url]
    who = ["--email", "kim@example.com", "--password-stdin", *where]
    for name, arguments in (
        ("a", ["init", "--api-key", KEY, *where]),
        ("b", ["login", *who]),
        ("c", ["signup", *who]),
    ):
        done = home.run(*arguments, given="correct horse\n", env={"LLMLAB_PROFILE": name})
        assert done.returncode == 0, done.stderr
    profiles = home.read_config()["profiles"]
    assert profiles["a"] == {"url": server.url, "api_key": KEY}
    assert profiles["b"] == {"url": server.url, "token": "t-9"}
    assert profiles["c"] == {"url": server.url, "api_key": "llmlab_new", "token": "t-2"}


def test_init_mends_a_url_that_is_none(home: Home, server: AnswersOf) -> None:
    home.write_config({"profiles": {"default": {"url": "ftp://x", "api_key": "llmlab_old"}}})
    done = home.run("init", "--api-key", KEY, "--url", server.url)
    assert done.returncode == 0, done.stderr
    assert home.read_config()["profiles"]["default"]["url"] == server.url


def test_init_saves_nothing_when_the_key_is_refused(home: Home, server: AnswersOf) -> None:
    server.get("/api/costs/summary", problem(401, "key_unknown", "this API key is unknown or was revoked"))
    done = home.run("init", "--api-key", KEY, "--url", server.url)
    assert done.returncode == 4
    assert not home.config.exists()
    assert home.run("init", "--api-key", KEY, "--url", server.url, "--no-check").returncode == 0
    assert home.config.exists()


@pytest.mark.parametrize(("key", "url"), [("llmlab_a b", ""), ("llmlab_\u00e9", ""), (KEY, "ftp://x")])
def test_init_calls_what_cannot_be_a_key_or_a_url_wrong_usage(
    home: Home, server: AnswersOf, key: str, url: str
) -> None:
    done = home.run("init", "--api-key", key, "--url", url or server.url)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert not home.config.exists()
    assert server.requests == []


def test_init_takes_a_key_that_may_only_report(home: Home, server: AnswersOf) -> None:
    server.get(
        "/api/costs/summary", problem(403, "insufficient_scope", "this API key lacks the scope `read`")
    )
    done = home.run("init", "--api-key", KEY, "--url", server.url)
    assert done.returncode == 0
    assert "may not read" in done.stderr


def test_without_a_terminal_init_says_which_option_it_needs(home: Home) -> None:
    done = home.run("init")
    assert done.returncode == 2
    assert "--api-key" in done.stderr


def test_init_renews_a_file_of_the_older_form(home: Home, server: AnswersOf) -> None:
    home.write_config({"api_key": KEY, "url": server.url, "editor": "vi"})
    done = home.run("status")
    assert (done.returncode, "llmlab init" in done.stderr) == (5, True)
    assert home.run("init").returncode == 0
    assert home.read_config() == {
        "profiles": {"default": {"url": server.url, "api_key": KEY}},
        "editor": "vi",
    }
    assert home.run("status").returncode == 0


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"profiles": []}', '{"profiles": {"default": {"api_key": 3}}}', "\xff"]
)
def test_a_broken_file_is_one_line_and_never_overwritten(home: Home, server: AnswersOf, content: str) -> None:
    home.write_config("{}")
    home.config.write_bytes(content.encode("latin-1"))
    for arguments in (["status"], ["init", "--api-key", KEY, "--url", server.url], ["config", "show"]):
        done = home.run(*arguments)
        assert done.returncode == 5, done.stderr
        assert done.stderr.count("\n") == 1
        assert str(home.config) in done.stderr
    assert home.config.read_bytes() == content.encode("latin-1")


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path, server: AnswersOf) -> None:
    # A file where the home should be: that stops root too.
    blocker = tmp_path / "file"
    blocker.write_text("")
    done = Home(blocker / "home").run("init", "--api-key", KEY, "--url", server.url)
    assert done.returncode == 5
    assert done.stderr.count("\n") == 1
    assert "LLMLAB_API_KEY" in done.stderr


def test_a_linked_file_stays_a_link(home: Home, server: AnswersOf, tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    home.config.parent.mkdir()
    home.config.symlink_to(dotfiles / "llmlab.json")
    assert home.run("init", "--api-key", KEY, "--url", server.url).returncode == 0
    assert home.config.is_symlink()
    assert KEY in (dotfiles / "llmlab.json").read_text()


def test_signup_keeps_key_and_token(home: Home, server: AnswersOf) -> None:
    server.answers["POST", "/api/auth/signup"] = (201, SIGNED_UP)
    arguments = ["--email", "kim@example.com", "--password-stdin", "--workspace", "Acme"]
    done = home.run("signup", *arguments, "--url", server.url, given="correct horse\n")
    assert done.returncode == 0, done.stderr
    body = {"email": "kim@example.com", "password": "correct horse", "workspace": "Acme"}
    assert server.requests[0].body == body
    assert server.requests[0].authorization is None
    saved = home.read_config()["profiles"]["default"]
    assert saved == {"url": server.url, "api_key": "llmlab_new", "token": "t-2"}
    assert "llmlab_new" in done.stdout
    assert "correct horse" not in done.stdout + done.stderr


def test_signup_does_not_lose_a_key_that_is_there(connected: Home, server: AnswersOf) -> None:
    server.answers["POST", "/api/auth/signup"] = (201, SIGNED_UP)
    arguments = ["signup", "--email", "kim@example.com", "--password-stdin"]
    done = connected.run(*arguments, given="correct horse\n")
    assert done.returncode == 1
    assert "--replace" in done.stderr
    assert not server.requests
    assert connected.run(*arguments, "--replace", given="correct horse\n").returncode == 0
    assert connected.read_config()["profiles"]["default"]["api_key"] == "llmlab_new"


def test_signup_says_why_not(home: Home, server: AnswersOf) -> None:
    server.answers["POST", "/api/auth/signup"] = problem(
        409, "email_taken", "this e-mail has an account: log in"
    )
    done = home.run(
        "signup", "--email", "a@b.c", "--password-stdin", "--url", server.url, given="long enough\n"
    )
    assert (done.returncode, done.stderr) == (1, "llmlab: this e-mail has an account: log in\n")
    done = home.run("signup", "--email", "a@b.c", "--password-stdin", "--url", server.url)
    assert (done.returncode, "standard input" in done.stderr) == (2, True)


def test_where_nobody_may_sign_up_no_sign_in_is_advised(home: Home, server: AnswersOf) -> None:
    said = "this installation takes no sign-ups; ask its owner for an invitation"
    server.answers["POST", "/api/auth/signup"] = problem(403, "signup_closed", said)
    arguments = ["signup", "--email", "a@b.c", "--password-stdin", "--url", server.url]
    done = home.run(*arguments, given="long enough\n")
    assert (done.returncode, done.stderr) == (4, f"llmlab: {said}\n")


def test_login_and_logout(connected: Home, server: AnswersOf) -> None:
    server.answers["POST", "/api/auth/login"] = {"token": "t-3"}
    done = connected.run("login", "--email", "kim@example.com", "--password-stdin", given="correct horse\n")
    assert done.returncode == 0, done.stderr
    assert connected.read_config()["profiles"]["default"]["token"] == "t-3"

    server.answers["POST", "/api/auth/logout"] = (204, None)
    assert connected.run("logout").returncode == 0
    assert server.requests[-1].authorization == "Bearer t-3"
    assert connected.read_config()["profiles"]["default"] == {"url": server.url, "api_key": KEY}
    assert "not signed in" in connected.run("logout").stdout


def test_logout_forgets_a_token_that_is_dead_but_not_one_it_could_not_end(
    connected: Home, server: AnswersOf
) -> None:
    server.answers["POST", "/api/auth/logout"] = problem(503, "database_away", "the database is away")
    done = connected.run("logout")
    assert done.returncode == 3
    assert connected.read_config()["profiles"]["default"]["token"] == "t-1"
    server.answers["POST", "/api/auth/logout"] = problem(401, "token_expired", "this token has expired")
    assert connected.run("logout").returncode == 0
    assert "token" not in connected.read_config()["profiles"]["default"]


def test_a_login_elsewhere_drops_the_key_of_the_old_server(connected: Home, server: AnswersOf) -> None:
    content = connected.read_config()
    content["profiles"]["default"]["url"] = "http://elsewhere.example"
    connected.write_config(content)
    server.answers["POST", "/api/auth/login"] = {"token": "t-3"}
    arguments = ["login", "--email", "kim@example.com", "--password-stdin", "--url", server.url]
    done = connected.run(*arguments, given="correct horse\n")
    assert done.returncode == 0
    assert "removed" in done.stderr
    assert connected.read_config()["profiles"]["default"] == {"url": server.url, "token": "t-3"}


def test_a_key_of_another_server_ends_the_sign_in_at_the_old_one(connected: Home, server: AnswersOf) -> None:
    content = connected.read_config()
    content["profiles"]["default"]["url"] = "http://elsewhere.example"
    connected.write_config(content)
    done = connected.run("init", "--api-key", "llmlab_new", "--url", server.url)
    assert done.returncode == 0
    assert "the sign-in at http://elsewhere.example was forgotten" in done.stderr
    assert connected.read_config()["profiles"]["default"] == {"url": server.url, "api_key": "llmlab_new"}


def test_another_key_of_the_same_server_leaves_the_sign_in(connected: Home, server: AnswersOf) -> None:
    done = connected.run("init", "--api-key", "llmlab_new", "--url", server.url)
    assert (done.returncode, done.stderr) == (
        0,
        "llmlab: the key llmlab_0123… of profile 'default' was replaced\n",
    )
    assert connected.read_config()["profiles"]["default"]["token"] == "t-1"


def test_init_again_checks_what_is_kept_and_sends_it_nowhere_else(connected: Home, server: AnswersOf) -> None:
    before = connected.read_config()
    done = connected.run("init")
    assert (done.returncode, done.stderr) == (0, "")
    assert server.requests[0].authorization == f"Bearer {KEY}"
    assert connected.read_config() == before
    server.requests.clear()
    done = connected.run("init", "--url", "http://127.0.0.1:1")
    assert (done.returncode, "--api-key" in done.stderr) == (2, True)
    assert connected.read_config() == before
