"""The help pages, and the commands of other distributions: found by name, loaded only when called."""

import os
import subprocess
import sys
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from pathlib import Path

import in_process
import pytest
import rich_click as click
from cli_server import AnswersOf, Home
from llmlab_cli.app import root
from llmlab_cli.command_table import ENTRY_POINTS, OWN, SERVER, SERVER_PRICES
from llmlab_cli.lazy import how_to_get

# A distribution of entry points whose module tells when it is imported.
MODULE = """
import sys
print("imported", file=sys.stderr)
import rich_click as click

@click.command()
def command():
    print("ran")

not_a_command = 1
"""


@pytest.fixture
def with_plugin(home: Home, tmp_path: Path) -> Home:
    """A machine where a package brings `up`, `extra`, a broken one and another `status`."""
    site = tmp_path / "site"
    info = site / "acme_tools-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "acme_tools.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-tools\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[llmlab.commands]\n"
        "up = acme_tools:command\nextra = acme_tools:command\nstatus = acme_tools:command\n"
        "broken = acme_nowhere:command\nodd = acme_tools:not_a_command\n"
    )
    home.environment["PYTHONPATH"] = str(site)
    return home


def _without_server(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line where only its own requirements are installed."""
    site = home.folder / "client-only"
    site.mkdir(exist_ok=True)
    needed = "llmlab llmlab_cli click rich rich_click markdown_it mdurl pygments"
    needed += " httpx httpcore h11 anyio idna certifi typing_extensions"
    packages = []
    for name in needed.split():
        found = find_spec(name)
        assert found is not None
        packages.append(Path(found.origin or ""))
    links = [p.parent if p.name == "__init__.py" else p for p in packages]
    stdlib_site = Path(click.__file__).parent.parent
    links += [p for p in stdlib_site.glob("llmlab*.dist-info") if "server" not in p.name]
    for target in links:
        link = site / target.name
        if not link.exists():
            link.symlink_to(target)
    program = "from llmlab_cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-S", "-c", program, *arguments],
        env=home.env(PYTHONPATH=str(site)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_is_grouped_and_names_every_command(home: Home) -> None:
    done = home.run("--help")
    assert done.returncode == 0
    headings = [done.stdout.index(heading) for heading in ("Everyday", "Manage", "Operate", "Options")]
    assert headings == sorted(headings)
    for name in (*OWN, *SERVER):
        assert f"  {name} " in done.stdout
    assert "\x1b" not in done.stdout
    assert home.run().stdout == done.stdout


def test_the_table_says_what_the_commands_say() -> None:
    context = click.Context(root)
    for name, entry in OWN.items():
        _, command, _ = root.resolve_command(context, [name])
        assert command is not None
        assert command.help is not None
        assert command.help.splitlines()[0] == entry.short_help


def every_command() -> list[list[str]]:
    """Return the words of every command and every group, those of the server distribution too."""
    found = []
    context = click.Context(root)
    for name in root.list_commands(context):
        _, command, _ = root.resolve_command(context, [name])
        found.append([name])
        if isinstance(command, click.Group):
            found += [[name, within] for within in command.list_commands(click.Context(command))]
    return found


def test_every_command_explains_itself_with_an_example(home: Home) -> None:
    for words in every_command():
        done = in_process.llmlab(*words, "--help", env=home.env())
        assert done.returncode == 0, done.stderr
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert "Example: `" in done.stdout, words


def test_list_and_ls_are_the_same(connected: Home, server: AnswersOf) -> None:
    server.get("/api/keys", {"keys": [], "next_cursor": None})
    for group in ("keys", "prices", "quarantine", "deadletters"):
        helps = [in_process.llmlab(group, word, "--help", env=connected.env()) for word in ("ls", "list")]
        assert [done.returncode for done in helps] == [0, 0]
        # A group lists one of them, and takes both.
        listed = in_process.llmlab(group, "--help", env=connected.env()).stdout
        assert ("  ls " in listed) != ("  list " in listed)
    assert connected.run("keys", "ls").stdout == connected.run("keys", "list").stdout
    assert in_process.llmlab("keys", "sl", env=connected.env()).returncode == 2


def test_listing_imports_no_command(with_plugin: Home) -> None:
    done = with_plugin.run("--help")
    assert done.returncode == 0
    assert "imported" not in done.stderr
    assert "(from acme-tools)" in done.stdout
    loaded = (
        "import sys, llmlab_cli.main as m; m.run(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    )
    done_in_process = subprocess.run(
        [sys.executable, "-c", loaded], env=with_plugin.env(), capture_output=True, text=True, check=True
    )
    modules = done_in_process.stderr
    assert "llmlab_cli.commands." not in modules
    for heavy in ("'httpx'", "'llmlab'", "'llmlab_deploy'", "'asyncio'"):
        assert heavy not in modules, heavy


def test_a_command_of_another_distribution_runs(with_plugin: Home) -> None:
    done = with_plugin.run("extra")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    # Our own names cannot be taken over.
    done = with_plugin.run("status", "--period", "never")
    assert (done.returncode, "imported" in done.stderr) == (2, False)


def test_a_broken_command_of_another_distribution_is_one_line(with_plugin: Home) -> None:
    done = with_plugin.run("broken")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "acme-tools" in done.stderr
    done = with_plugin.run("odd")
    assert (done.returncode, "is no command" in done.stderr) == (1, True)


def test_prices_are_ours_and_the_server_adds_to_them(home: Home) -> None:
    for arguments, imported in ((["prices", "--help"], False), (["prices", "sync", "--help"], True)):
        program = (
            f"import sys, llmlab_cli.main as m; m.run({arguments}); print('llmlab_deploy' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], env=home.env(), capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == str(imported)
        assert "sync" in done.stdout


def test_the_server_that_is_installed_brings_what_the_table_names() -> None:
    (point,) = (p for p in entry_points(group=ENTRY_POINTS) if p.name == "prices")
    group = point.load()
    assert set(SERVER_PRICES) <= set(group.commands)


def test_without_the_server_distribution_up_says_how_to_get_it(home: Home) -> None:
    done = _without_server(home, "up")
    assert done.returncode == 1, done.stderr
    assert "pip install 'llmlab-server[embedded]'" in done.stderr
    assert done.stderr.count("\n") == 1
    done = _without_server(home, "--help")
    assert "  up " in done.stdout
    assert "  worker " not in done.stdout
    assert "  sync " not in _without_server(home, "prices", "--help").stdout
    done = _without_server(home, "prices", "sync")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "`llmlab prices sync` comes with the server" in done.stderr
    done = _without_server(home, "status")
    assert (done.returncode, "llmlab init" in done.stderr) == (4, True)


def test_on_windows_it_says_wsl() -> None:
    assert "WSL" in how_to_get("up", "win32")
    assert "WSL" not in how_to_get("up", "linux")


def test_a_mistyped_command_is_met_with_the_nearest(home: Home) -> None:
    done = home.run("statsu")
    assert done.returncode == 2
    assert "Did you mean `llmlab status`?" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_version_is_that_of_the_distribution(home: Home) -> None:
    assert home.run("--version").stdout == f"llmlab {version('llmlab-cli')}\n"


def test_completion_knows_commands_and_options(home: Home) -> None:
    for words, expected in (
        ("llmlab sta", "status"),
        ("llmlab status --gr", "--group-by"),
        ("llmlab u", "up"),
        ("llmlab prices sh", "show"),
        ("llmlab prices sy", "sync"),
        ("llmlab prices reprice --dr", "--dry-run"),
    ):
        done = home.run(
            env={
                "_LLMLAB_COMPLETE": "bash_complete",
                "COMP_WORDS": words,
                "COMP_CWORD": str(len(words.split()) - 1),
                "SHELL": os.environ.get("SHELL", "/bin/bash"),
            }
        )
        assert f"plain,{expected}" in done.stdout, done.stderr
