"""Where server commands find their database, and where the data lies."""

import os
from pathlib import Path

import pytest
from llmlab_deploy.embedded.state import (
    DataFolder,
    FolderLock,
    RunningStack,
    default_data_folder,
    write_private,
)
from llmlab_deploy.errors import StackError
from llmlab_deploy.settings import database_url, server_settings
from llmlab_shared.errors import ConfigurationError

RUNNING = RunningStack(
    database_url="postgresql://embedded",
    redis_url="redis://embedded",
    secret_key="embedded",
    signup="open",
    url="http://127.0.0.1:8000",
    pids={},
    supervisor=1,
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("LLMLAB_") or name in ("DATABASE_URL", "REDIS_URL", "PORT"):
            monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A data folder whose stack has written where it is reached."""
    folder = DataFolder(tmp_path / "data")
    folder.create()
    write_private(folder.stack_file, RUNNING.as_dict())
    return folder


def test_a_running_stack_is_found(folder: DataFolder) -> None:
    lock = FolderLock(folder)
    try:
        settings = server_settings(folder.path)
    finally:
        lock.release()
    assert (settings.database_url, settings.redis_url) == ("postgresql://embedded", "redis://embedded")
    assert settings.secret_key is not None
    assert settings.secret_key.get_secret_value() == "embedded"
    assert settings.signup == "open"


def test_the_environment_goes_first(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMLAB_REDIS_URL", "redis://outside")
    monkeypatch.setenv("LLMLAB_SIGNUP", "closed")
    lock = FolderLock(folder)
    try:
        settings = server_settings(folder.path)
    finally:
        lock.release()
    assert (settings.database_url, settings.redis_url) == ("postgresql://embedded", "redis://outside")
    assert settings.signup == "closed"


def test_what_a_killed_stack_left_behind_is_not_believed(folder: DataFolder) -> None:
    with pytest.raises(ConfigurationError, match="no `llmlab up` is running"):
        server_settings(folder.path)


def test_a_stack_needs_no_redis_to_migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://plain")
    assert database_url(tmp_path) == "postgresql://plain"
    with pytest.raises(ConfigurationError, match=r"^LLMLAB_REDIS_URL not set"):
        server_settings(tmp_path)


def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMLAB_STREAM_SHARDS", "many")
    with pytest.raises(ConfigurationError, match="stream_shards"):
        server_settings()


def test_the_usual_place_of_the_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_data_folder() == Path("/var/lib/llmlab")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert default_data_folder() == tmp_path / ".local/state/llmlab"
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/to/be/ignored")
    assert default_data_folder() == tmp_path / ".local/state/llmlab"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert default_data_folder() == tmp_path / "state/llmlab"


def test_every_folder_has_secrets_of_its_own_and_keeps_them(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path / "a"), DataFolder(tmp_path / "b")
    first.create()
    second.create()
    assert first.secrets() == first.secrets() != second.secrets()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="choose another --data-dir"):
        DataFolder(tmp_path / "file" / "data").create()
