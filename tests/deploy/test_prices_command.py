"""`llmlab prices sync`: what it says, and that it does it once."""

import asyncio
import json

import asyncpg
import pytest
from click.testing import CliRunner
from llmlab_deploy.commands.prices import command


def _run(url: str, *arguments: str) -> str:
    result = CliRunner().invoke(command, ["sync", *arguments], env={"LLMLAB_DATABASE_URL": url})
    assert result.exit_code == 0, result.output
    return result.output


def _count(url: str) -> int:
    async def count() -> int:
        connection = await asyncpg.connect(url)
        try:
            return int(await connection.fetchval("SELECT count(*) FROM price_versions"))
        finally:
            await connection.close()

    return asyncio.run(count())


def _forget(url: str, where: str) -> None:
    async def forget() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(f"DELETE FROM price_versions WHERE {where}")
        finally:
            await connection.close()

    asyncio.run(forget())


def test_nothing_to_change(database_url: str) -> None:
    before = _count(database_url)
    assert "nothing to change" in _run(database_url)
    assert _count(database_url) == before


def test_what_is_missing_is_shown_and_added_once(database_url: str) -> None:
    whole = _count(database_url)
    _forget(database_url, "provider = 'openai' AND model = 'gpt-4' AND context = ''")
    line = "+ openai/gpt-4: input 30, output 60"
    dry = _run(database_url, "--dry-run")
    assert line in dry
    assert "would be written: prices 1, aliases 0" in dry
    assert _count(database_url) == whole - 1
    assert "\nwritten: prices 1, aliases 0" in _run(database_url)
    assert _count(database_url) == whole
    assert "nothing to change" in _run(database_url)


def test_as_json(database_url: str) -> None:
    _forget(database_url, "provider = 'openai' AND model = 'gpt-4' AND context = ''")
    report = json.loads(_run(database_url, "--json", "--dry-run"))
    assert report["dry_run"] is True
    (change,) = report["changes"]
    assert (change["provider"], change["model"], change["before"]) == ("openai", "gpt-4", None)
    assert change["after"]["tokens"] == {"input": "30", "output": "60"}
    assert any("starts_with" in dropped for dropped in report["dropped"])


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_is_away_is_named(url: str) -> None:
    result = CliRunner().invoke(command, ["sync"], env={"LLMLAB_DATABASE_URL": url})
    assert result.exit_code == 1
    assert "127.0.0.1:1/none cannot be reached" in result.output
