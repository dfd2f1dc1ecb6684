"""Logs: a traceback says where and what, and not what the variables held."""

import subprocess
import sys

import pytest

PROGRAM = """
from llmlab_shared.log import configure, get_logger
configure("info", "{form}")
def fail(password):
    raise ValueError("no way")
try:
    fail("hunter" + "2")
except ValueError:
    get_logger("test").exception("it failed")
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_shows_no_variables(form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("{form}", form)], capture_output=True, text=True, check=True
    )
    assert "no way" in done.stderr
    assert "hunter2" not in done.stderr
