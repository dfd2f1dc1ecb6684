"""Completion in a real bash at a pseudo-terminal, installed as a person would; the scripts of all shells."""

from pathlib import Path

import pexpect
import pytest
from cli_server import LLMLAB, Home
from in_process import llmlab as run

PROMPT = "ready> "


@pytest.fixture
def bash(home: Home) -> "pexpect.spawn[str]":
    """A bash that read its start file after `llmlab completion --install`, with two profiles saved."""
    home.write_config({"profiles": {"work": {}, "weekend": {}}})
    (home.folder / ".bashrc").write_text(
        f"PS1='{PROMPT}'\nbind 'set bell-style none'\nbind 'set enable-bracketed-paste off'"
    )
    env = home.env(SHELL="/bin/bash", TERM="dumb", PATH=f"{LLMLAB.parent}:/usr/bin:/bin")
    for _ in range(2):
        assert run("completion", "--install", env=env).returncode == 0
    started = (home.folder / ".bashrc").read_text()
    assert started.count("completion.bash") == 2
    child = pexpect.spawn("/bin/bash", ["-i"], env=env, encoding="utf-8", timeout=20, dimensions=(40, 120))
    child.expect(PROMPT)
    return child


def completed(bash: "pexpect.spawn[str]", typed: str, expected: str) -> None:
    """Type, press TAB, see the word complete, and empty the line."""
    bash.send(typed + "\t")
    bash.expect_exact(expected)
    bash.sendcontrol("u")


def test_bash_completes_what_a_person_types(bash: "pexpect.spawn[str]") -> None:
    for typed, expected in (
        ("llmlab sta", "llmlab status"),
        ("llmlab status --gr", "--group-by "),
        ("llmlab status --period last", "last-month "),
        ("llmlab status -g feature,cus", "feature,customer "),
        ("llmlab config use wo", "work "),
        ("llmlab --profile wee", "weekend "),
        ("llmlab status --profile wee", "weekend "),
        ("llmlab keys create x --scope ad", "admin "),
        ("llmlab deadletters re", "replay "),
        ("llmlab config set ap", "api_key "),
    ):
        completed(bash, typed, expected)
    bash.sendline("exit")
    bash.expect(pexpect.EOF)
    bash.close()


def test_each_shell_gets_its_script(home: Home, tmp_path: Path) -> None:
    for shell, told in (("bash", "complete -o nosort"), ("zsh", "compdef"), ("fish", "complete --no-files")):
        done = run("completion", shell, env=home.env())
        assert (done.returncode, done.stderr) == (0, "")
        assert told in done.stdout
        assert run("completion", env=home.env(SHELL=f"/usr/bin/{shell}")).stdout == done.stdout
        assert run("completion", shell, "--install", env=home.env(ZDOTDIR=str(tmp_path))).returncode == 0
    assert (home.folder / ".config/fish/completions/llmlab.fish").exists()
    assert str(home.folder / ".llmlab/completion.zsh") in (tmp_path / ".zshrc").read_text()
    done = run("completion", env=home.env(SHELL="/bin/ksh"))
    assert (done.returncode, "name your shell" in done.stderr) == (2, True)
