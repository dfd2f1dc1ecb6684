"""`llmlab prices sync`: what it says, and that it does it once."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner, Result
from llmlab_deploy.commands.prices import command
from price_lists import encoded, published


def _invoke(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["sync", *arguments], env={"LLMLAB_DATABASE_URL": url})


def _run(url: str, *arguments: str) -> str:
    result = _invoke(url, *arguments)
    assert result.exit_code == 0, result.output
    for line in result.output.splitlines():
        assert len(line) <= 80, line
    return result.output


def _said(result: Result, code: int = 1) -> str:
    """Return what a run that fails says, without the frame around it and where its lines broke."""
    assert result.exit_code == code, result.output
    return " ".join(re.sub("[╭─╮│╰╯]", " ", result.output).split())


def _execute(url: str, statement: str) -> Any:
    async def execute() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(execute())


def _count(url: str) -> int:
    return int(_execute(url, "SELECT count(*) FROM price_versions"))


FORGET = "DELETE FROM price_versions WHERE provider = 'openai' AND model = 'gpt-4' AND context = ''"


def _changed(provider: str, model: str, **prices: Any) -> list[Any]:
    """Return the published list with other prices of a model."""
    providers = published()
    (changed,) = (m for p in providers if p["id"] == provider for m in p["models"] if m["id"] == model)
    changed["prices"] = prices
    return providers


def _write(folder: Path, providers: list[Any]) -> str:
    path = folder / "data.json"
    path.write_bytes(encoded(providers))
    return str(path)


def test_nothing_to_change(database_url: str) -> None:
    before = _count(database_url)
    assert "nothing to change" in _run(database_url)
    assert _count(database_url) == before


def test_what_is_missing_is_shown_and_added_once(database_url: str) -> None:
    whole = _count(database_url)
    _execute(database_url, FORGET)
    dry = _run(database_url, "--dry-run").splitlines()
    new = dry.index("New:")
    assert dry[new : new + 4] == [
        "New:",
        "openai",
        f"  gpt-4{'always':>73}",
        "    input 30, output 60",
    ]
    assert "would be written: prices 1, aliases 0" in dry
    assert _count(database_url) == whole - 1
    assert "\nwritten: prices 1, aliases 0" in _run(database_url)
    assert _count(database_url) == whole
    assert "nothing to change" in _run(database_url)


def test_what_changes_is_shown_class_by_class(database_url: str, tmp_path: Path) -> None:
    file = _write(
        tmp_path, _changed("openai", "gpt-4-32k", input_mtok=48, output_mtok=160, cache_read_mtok=3)
    )
    shown = _run(database_url, "--file", file).splitlines()
    assert shown[0].startswith("data.json (sha256 ")
    changed = shown.index("Changed, in USD a million tokens:")
    assert shown[changed + 1 : changed + 6] == [
        "openai",
        f"  gpt-4-32k{'always':>69}",
        f"    input{'60 → 48    -20 %':>71}",
        f"    output{'120 → 160  +33.3 %':>70}",
        f"    cache_read{'3      new':>66}",
    ]
    assert "written: prices 1, aliases 0" in shown
    assert "nothing to change" in _run(database_url, "--file", file)
    # The installed list does not come back by itself.
    assert "data.json (sha256 " in _run(database_url)
    assert "written: prices 1, aliases 0" in _run(database_url, "--go-back")


def test_a_jump_is_refused_until_it_is_accepted(database_url: str, tmp_path: Path) -> None:
    before = _count(database_url)
    file = _write(tmp_path, _changed("openai", "gpt-4", input_mtok=300, output_mtok=60))
    for arguments in (("--file", file), ("--file", file, "--dry-run")):
        result = _invoke(database_url, *arguments)
        assert "  openai/gpt-4 standard always\n" in result.output
        assert f"    input{'30 → 300   +900 %':>71}\n" in result.output
        assert "openai/gpt-4 standard always: input would go from 30 to 300" in _said(result)
        assert "--accept-jumps" in _said(result)
        assert _count(database_url) == before
    assert "written: prices 1" in _run(database_url, "--file", file, "--accept-jumps")


def test_a_file_that_lacks_a_provider_is_refused(database_url: str, tmp_path: Path) -> None:
    lacking = [provider for provider in published() if provider["id"] != "mistral"]
    file = _write(tmp_path, lacking)
    assert "it lacks every model of mistral" in _said(_invoke(database_url, "--file", file))
    assert "\nNo longer listed, their prices stay: " in _run(database_url, "--file", file, "--accept-losses")


def test_a_start_goes_on_with_the_prices_in_force(database_url: str, tmp_path: Path) -> None:
    before = _count(database_url)
    file = _write(tmp_path, _changed("openai", "gpt-4", input_mtok=300, output_mtok=60))
    result = _invoke(database_url, "--file", file, "--at-start")
    assert result.exit_code == 0
    assert "openai/gpt-4 standard always: input would go from 30 to 300" in result.output
    assert _count(database_url) == before
    refused = "SELECT refused FROM price_syncs"
    assert "input would go from 30 to 300" in _execute(database_url, refused)
    # It holds until a list is taken, or the one in force is found to be the newest.
    assert "nothing to change" in _run(database_url, "--at-start")
    assert _execute(database_url, refused) is None


def test_a_start_without_prices_does_not_go_on(database_url: str, tmp_path: Path) -> None:
    _execute(database_url, "TRUNCATE price_syncs, price_versions, model_aliases")
    file = _write(tmp_path, _changed("openai", "gpt-4", input_mtok=-1, output_mtok=60))
    said = _said(_invoke(database_url, "--file", file, "--at-start"))
    assert "openai/gpt-4 standard always: input must be a decimal string from 0" in said


def test_a_file_that_is_no_list(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "half.json").write_bytes(encoded(published())[:100_000])
    assert "is not whole JSON" in _said(_invoke(database_url, "--file", str(tmp_path / "half.json")))
    assert "does not exist" in _said(_invoke(database_url, "--file", str(tmp_path / "none.json")), 2)


def test_as_json(database_url: str) -> None:
    _execute(database_url, FORGET)
    report = json.loads(_run_json(database_url, "--dry-run"))
    assert report["dry_run"] is True
    (change,) = report["changes"]
    assert (change["provider"], change["model"], change["before"]) == ("openai", "gpt-4", None)
    assert change["after"]["tokens"] == {"input": "30", "output": "60"}
    assert any("starts_with" in dropped for dropped in report["dropped"])
    assert (report["refused"], report["kept"], report["jumps"], report["unlisted"]) == (None, None, [], [])


def _run_json(url: str, *arguments: str) -> str:
    result = _invoke(url, "--json", *arguments)
    assert result.exit_code == 0
    return result.output


def test_an_older_schema_is_named(database_url: str) -> None:
    _execute(database_url, "ALTER TABLE price_syncs DROP COLUMN newest_price")
    assert "run `llmlab db migrate`" in _said(_invoke(database_url))


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_is_away_is_named(url: str) -> None:
    assert "127.0.0.1:1/none cannot be reached" in _said(_invoke(url), 3)
