"""What the documents show can be typed: commands exist, the example of HTTP works, tables are whole."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import httpx
import pytest
from live import LLMLAB, LiveStack

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "sdk/*.md", "cli/*.md", ".github/**/*.md")
    for path in ROOT.glob(pattern)
)


def test_the_request_of_the_readme_is_accepted(database_url: str, redis_url: str, tmp_path: Path) -> None:
    """As the shell would send it: `curl` itself, which not every machine has, is left out."""
    (block,) = re.findall(r"```sh\n(curl .+?)```", README, re.DOTALL)
    stack = LiveStack(database_url, redis_url, tmp_path)
    try:
        stack.start_api()
        account = {"email": "kim@example.com", "password": "correct horse battery"}
        key = httpx.post(f"{stack.url}/api/auth/signup", json=account).json()["api_key"]
        _, url, *options = shlex.split(block.replace("$LLMLAB_API_KEY", key).replace("\\\n", " "))
        # What curl calls a body of which nothing else is said.
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = ""
        for option, value in zip(options[::2], options[1::2], strict=True):
            if option == "-H":
                name, _, content = value.partition(": ")
                headers[name] = content
            else:
                assert option == "-d"
                body = value
        address = url.replace("http://127.0.0.1:8000", stack.url)
        answer = httpx.post(address, content=body, headers=headers)
    finally:
        stack.stop()
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "rejected": []})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_table_has_its_head(document: Path) -> None:
    """Rows after an empty line are shown as text with bars in it."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    tables = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    assert [table for table in tables if not re.match(r"\|.*\|\n\|(?:\s*:?-+:?\s*\|)+", table)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_every_command_of_the_documents_exists() -> None:
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"(?:^    |`)make ([a-z-]+)", text, re.MULTILINE))
    assert len(targets) > 4
    assert [name for name in sorted(targets) if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COLUMNS": "100"}
    commands = set(re.findall(r"(?:^    |`|\$ )llmlab ([a-z]+(?:-[a-z]+)*)", text, re.MULTILINE))
    assert len(commands) > 8
    listed = subprocess.run(
        [LLMLAB, "--help"], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert [name for name in sorted(commands) if not re.search(rf"^\s+{name}\s", listed, re.MULTILINE)] == []
