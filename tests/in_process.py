"""The command line run in the test's own process: what it prints and its code, without another Python."""

import io
import os
import subprocess
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout

import pytest
from llmlab_cli.main import run


def llmlab(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `llmlab` without a terminal, with these variables beside those of the test."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
        open(os.devnull) as nothing,
    ):
        patch.setattr("sys.stdin", nothing)
        for name in [name for name in os.environ if name.startswith("LLMLAB_")]:
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        code = run(arguments)
        out.flush()
        err.flush()
    said = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return subprocess.CompletedProcess(arguments, code, *said)
