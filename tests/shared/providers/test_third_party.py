"""Providers of other packages: a toy one is installed for real, and the worker prices its events.

"Installed" is what pip does: modules and a `.dist-info` with its entry points in a folder on the path.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from ledger import Ledger, entry_of, event
from llmlab_shared.domain.usage import UsageError
from llmlab_shared.providers.custom import CustomProvider
from llmlab_shared.providers.factory import get_provider, providers
from llmlab_shared.providers.openai import OpenAIProvider
from llmlab_worker.pipeline.profile import profile_of
from structlog.testing import capture_logs

DOCUMENT = (Path(__file__).parents[3] / "docs" / "providers.md").read_text()
(ACME,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
HEAD = """
from decimal import Decimal
from llmlab_shared.domain.usage import Measured, TokenUsage, UsageError
from llmlab_shared.providers.base import Provider

def answering(measured):
    class Adapter(Provider):
        id = "odd"
        def reader(self, api, fields):
            return lambda usage: measured
    return Adapter
"""
Install = Callable[..., list[Any]]
_numbers = count()


def _forget() -> None:
    providers.cache_clear()
    profile_of.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package of one module, `names` being its entry points; returns what the log then says."""
    _forget()
    monkeypatch.syspath_prepend(tmp_path)

    def installed(source: str, *names: str) -> list[Any]:
        module = f"toy_provider_{next(_numbers)}"
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        points = "".join(f"{name.lower()} = {module}:{name}\n" for name in names)
        (info / "entry_points.txt").write_text(f"[llmlab.providers]\n{points}")
        _forget()
        with capture_logs() as lines:
            get_provider("openai")
        return lines

    yield installed
    monkeypatch.undo()
    _forget()


def test_it_is_found_by_its_id_and_its_aliases(install: Install) -> None:
    (line,) = install(ACME, "AcmeProvider")
    assert (line["event"], line["provider"], line["log_level"]) == ("provider_loaded", "acme", "info")
    for name in ("acme", "ACME", "acme-ai", "Acme AI", "acme_ai", "acme.chat"):
        assert get_provider(name) is get_provider("acme")
    assert get_provider("acme-labs").id == "acme-labs"
    tokens = get_provider("acme").normalise({"sent": 12, "sent_from_cache": 2, "received": 4}, None).tokens
    assert (tokens.input, tokens.cache_read, tokens.output) == (10, 2, 4)
    assert list(get_provider("acme").model_names("Acme/GPT-4")) == [
        ("acme/gpt-4", "exact"),
        ("gpt-4", "prefix"),
    ]


async def test_the_worker_reads_and_prices_its_events(install: Install, ledger: Ledger) -> None:
    install(ACME, "AcmeProvider")
    workspace = await ledger.workspace()
    await ledger.price(
        "one", '{"tokens": {"input": "10", "cache_read": "1", "output": "40"}}', provider="acme"
    )
    used = {"sent": 1000, "sent_from_cache": 400, "received": 100}
    calls = [
        ("acme", "acme/one", used),
        ("Acme_AI", "gpt-4", {"sent": 1000, "received": 500}),
        ("acme", "one", used | {"charged_usd": "0.5"}),
        ("acme", "one", used | {"total": 7}),
        ("acme", "nobody-knows", used),
        ("acme", "one", {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}),
    ]
    events = [
        event(provider=provider, model=model, usage=usage, input_tokens=None, output_tokens=None)
        for provider, model, usage in calls
    ]
    await ledger.price()
    outcome = await ledger.process(entry_of(*events, workspace_id=workspace))
    assert (outcome.stored, outcome.dead) == (6, 0)
    rows = await ledger.events()
    assert {row["provider"] for row in rows} == {"acme"}
    found = sorted(
        (row["price_status"], row["model"], row["cost"]) for row in rows if row["cost"] is not None
    )
    assert found == [
        ("priced", "acme/one", Decimal("0.0104")),
        ("priced", "gpt-4", Decimal("0.06")),
        ("priced", "one", Decimal("0.014")),
        ("reported", "one", Decimal("0.5")),
    ]
    without = {row["price_status"]: row for row in rows if row["cost"] is None}
    assert set(without) == {"quarantined", "unpriced"}
    assert without["quarantined"]["quarantine_reason"].startswith("total is 7, but 1000 were sent")


@pytest.mark.parametrize("name", ["openai", "vertex-ai", "vertex_ai", "mistral", "xai"])
def test_a_name_of_llmlab_s_own_is_not_taken_over(install: Install, name: str) -> None:
    before = get_provider(name)
    (line,) = install(ACME.replace('id = "acme"', f'id = "{name}"'), "AcmeProvider")
    assert (line["event"], line["provider"], line["log_level"]) == ("provider_id_taken", name, "error")
    assert type(get_provider(name)) is type(before)
    assert get_provider(name).id == before.id
    assert type(get_provider("acme-ai")) is CustomProvider


def test_an_alias_of_somebody_else_stays_with_them(install: Install) -> None:
    lines = install(ACME.replace('"acme-ai"', '"gpt", "openai.chat"'), "AcmeProvider")
    assert [(line["event"], line.get("alias")) for line in lines] == [
        ("provider_alias_taken", "openai.chat"),
        ("provider_loaded", None),
    ]
    assert type(get_provider("openai.chat")) is OpenAIProvider
    assert get_provider("gpt").id == "acme"


def test_of_two_with_one_id_the_first_by_name_is_taken(install: Install) -> None:
    lines = install(
        ACME + "\nclass Another(AcmeProvider):\n    aliases = ('other',)\n", "AcmeProvider", "Another"
    )
    assert [line["event"] for line in lines] == ["provider_loaded", "provider_id_taken"]
    assert type(get_provider("other")) is CustomProvider


BROKEN = [
    ("raise RuntimeError('not today')", "RuntimeError: not today"),
    ("import sys\nsys.exit(3)", "SystemExit: 3"),
    ("import there_is_no_such_module", "ModuleNotFoundError"),
    ("def broken(:", "SyntaxError"),
    ("Other = 1", "AttributeError"),
    ("Broken = 7", "must be a subclass"),
    ("Broken = object", "must be a subclass"),
    (HEAD + "Broken = answering(None)()", "must be a subclass"),
    (HEAD + "class Broken(Provider):\n    id = 'odd'", "abstract"),
    (HEAD + "Broken = answering(None)\nBroken.__init__ = lambda self, needed: None", "needed"),
    (HEAD + "Broken = answering(None)\ndel Broken.id", "has no attribute 'id'"),
    *(
        (HEAD + f"Broken = answering(None)\nBroken.{field} = {value}", reason)
        for field, value, reason in [
            ("id", "''", "id: a name has 1 to 64"),
            ("id", "'Odd'", "all lower-case"),
            ("id", "' odd'", "no space around"),
            ("id", "'o' * 65", "id: a name has 1 to 64"),
            ("id", "7", "id: a name must be a string"),
            ("aliases", "'odd-one'", "aliases must be a tuple"),
            ("aliases", "(7,)", "aliases: a name must be a string"),
            ("prices_from", "'openai'", "prices_from must be a tuple"),
        ]
    ),
]


@pytest.mark.parametrize(("source", "reason"), BROKEN)
def test_what_cannot_be_loaded_is_logged_once_and_left_out(
    install: Install, source: str, reason: str
) -> None:
    install(ACME, "AcmeProvider")
    lines = install(source, "Broken")
    assert sorted(line["event"] for line in lines) == ["provider_loaded", "provider_not_loaded"]
    (line,) = [line for line in lines if line["event"] == "provider_not_loaded"]
    assert (line["entry_point"], line["log_level"]) == ("broken", "error")
    assert reason in line["error"]
    with capture_logs() as later:
        assert type(get_provider("odd")) is CustomProvider
        assert get_provider("acme-ai").id == "acme"
    assert later == []


IMPOSSIBLE = [
    ("None", "in place of a Measured"),
    ("{'tokens': 1}", "in place of a Measured"),
    ("Measured(None)", "in place of a Measured"),
    ("Measured(TokenUsage(input=-5))", "counts -5 input tokens"),
    ("Measured(TokenUsage(output=1.5))", "counts 1.5 output tokens"),
    ("Measured(TokenUsage(input=True))", "counts True input tokens"),
    ("Measured(TokenUsage(cache_read=10**13))", "cache_read tokens"),
    ("Measured(TokenUsage(input=10**12, cache_read=1))", "more than 1000000000000 tokens"),
    ("Measured(TokenUsage(output=1, reasoning=2))", "reasoning is 2 of 1"),
    (
        "Measured(TokenUsage(), reported_cost=Decimal('-1'))",
        "reported_cost must be a Decimal from 0 to 1000000000000, not -1",
    ),
    ("Measured(TokenUsage(), reported_cost=Decimal('NaN'))", "reported_cost must be a Decimal"),
    ("Measured(TokenUsage(), reported_cost=0.5)", "reported_cost must be a Decimal"),
    ("Measured(TokenUsage(), units={'pages': 3})", "units of 'pages' must be a Decimal"),
    ("Measured(TokenUsage(), units={'pages': Decimal(-3)})", "units of 'pages' must be"),
    ("Measured(TokenUsage(), units=[1])", "units must be names with amounts"),
    ("Measured(TokenUsage(), service_tier=3)", "service_tier must be a word"),
    ("Measured(TokenUsage(), region='')", "region must be a word"),
]


@pytest.mark.parametrize(("answer", "reason"), IMPOSSIBLE)
def test_an_impossible_answer_is_refused(install: Install, answer: str, reason: str) -> None:
    install(HEAD + f"Odd = answering({answer})", "Odd")
    with pytest.raises(UsageError, match=re.escape(reason)):
        get_provider("odd").normalise({"a": 1}, None)


async def test_an_adapter_that_fails_concerns_its_own_events_only(install: Install, ledger: Ledger) -> None:
    failing = """
class Failing(Provider):
    id = "failing"
    def reader(self, api, fields):
        return (lambda usage: 1 // 0) if "boom" in fields else None
    def model_names(self, model):
        while True:
            yield from ((model, "exact"), (model, None))
            raise KeyError(model)
"""
    install(HEAD + failing, "Failing")
    workspace = await ledger.workspace()
    await ledger.price()
    no_totals = {"input_tokens": None, "output_tokens": None}
    outcome = await ledger.process(
        entry_of(
            event(provider="failing", usage={"boom": 1}, **no_totals),
            event(provider="failing", usage={"prompt_tokens": 1}, **no_totals),
            event(),
            workspace_id=workspace,
        )
    )
    assert (outcome.stored, outcome.dead) == (3, 0)
    rows = await ledger.events()
    assert sorted((row["provider"], row["price_status"]) for row in rows) == [
        ("failing", "quarantined"),
        ("failing", "unpriced"),
        ("openai", "priced"),
    ]


def test_names_without_end_are_cut_off(install: Install) -> None:
    endless = """
Odd = answering(None)
def forever(self, model):
    while True:
        yield model, "exact"
Odd.model_names = forever
"""
    install(HEAD + endless, "Odd")
    assert len(list(get_provider("odd").model_names("m"))) == 16


def test_nothing_is_looked_for_at_import_time() -> None:
    code = (
        "import llmlab_worker.pipeline.profile; "
        "from llmlab_shared.providers.factory import providers; print(providers.cache_info().misses)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == 0
