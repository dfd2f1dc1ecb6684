"""The real `llmlab` at a pseudo-terminal."""

import signal

import pexpect
from cli_server import LLMLAB, Home

COLUMNS = 80


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def spawn(home: Home, *arguments: str, columns: int = COLUMNS, **env: str) -> "pexpect.spawn[str]":
    return pexpect.spawn(
        str(LLMLAB),
        list(arguments),
        env={**home.env(TERM="xterm-256color"), **env},
        dimensions=(40, columns),
        encoding="utf-8",
        timeout=20,
        # A run that was started in the background passes an ignored Ctrl-C on to its children.
        preexec_fn=_heed_ctrl_c,
    )
