"""The public surface, as a text that a change has to change with it."""

import importlib
import inspect
import tomllib
from pathlib import Path
from typing import Any

import llmlab
import pytest
from llmlab.testing import Receiver, Reply
from llmlab_shared.domain.events import Event

SNAPSHOT = Path(__file__).with_name("public_api.txt")
MODULES = ("llmlab", "llmlab.testing", "llmlab.types")
# Where the parts of a client are, in both kinds.
_RESOURCES = {
    "_reads": ("Costs", "Keys", "Auth"),
    "_budgets": ("Budgets",),
    "_prices": ("Prices",),
    "_live": ("Live",),
    "_recommendations": ("Recommendations",),
    "_export": ("Export",),
    "_alerts": ("Alerts", "Channels"),
    "_notification_settings": ("NotificationSettings",),
}


def _members(name: str, thing: Any) -> list[str]:
    if inspect.isclass(thing):
        lines = [f"class {name}{_signature(thing)}"]
        for member, value in sorted(inspect.getmembers(thing)):
            called = member == "__call__" and member in vars(thing)
            if (member.startswith("_") and not called) or member in dir(Exception):
                continue
            if isinstance(value, property):
                lines.append(f"    {member}: {value.fget.__annotations__['return']}")
            elif callable(value):
                kind = "async def" if inspect.iscoroutinefunction(value) else "def"
                lines.append(f"    {kind} {member}{_signature(value)}")
        return lines
    if callable(thing):
        return [f"def {name}{_signature(thing)}"]
    return [f"{name}"]


def _signature(thing: Any) -> str:
    try:
        return str(inspect.signature(thing)).replace("'", "")
    except (ValueError, TypeError):
        return ""


def _described() -> str:
    lines: list[str] = []
    for module in map(importlib.import_module, MODULES):
        lines.append(f"# {module.__name__}")
        names = getattr(module, "__all__", None) or sorted(
            name
            for name, value in vars(module).items()
            if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
        )
        for name in names:
            value = getattr(module, name)
            if module.__name__ == "llmlab.types" and inspect.isclass(value):
                lines.append(f"class {name}: {', '.join(sorted(value.__annotations__))}")
            else:
                lines += _members(name, value)
        lines.append("")
    for path, name in (("", ""), ("_async", "Async")):
        for part, resources in _RESOURCES.items():
            module = importlib.import_module(f"llmlab.{path}{part}")
            for resource in resources:
                lines += _members(name + resource, getattr(module, name + resource))
    return "\n".join(lines) + "\n"


def test_the_public_surface_is_the_recorded_one() -> None:
    described = _described()
    if not SNAPSHOT.exists():
        SNAPSHOT.write_text(described)
        pytest.fail(f"{SNAPSHOT.name} is new: read it, then run the test again")
    assert described == SNAPSHOT.read_text(), (
        f"if this is wanted, delete {SNAPSHOT.name} and run the test again"
    )


def test_the_version_is_that_of_the_package() -> None:
    root = Path(__file__).parents[2] / "sdk"
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert llmlab.__version__ == project["version"]
    assert f"## {llmlab.__version__}" in (root / "CHANGELOG.md").read_text()
    assert project["dependencies"] == ["httpx>=0.28"]


def test_every_field_of_an_event_can_be_given() -> None:
    from llmlab import _event, types

    wire = set(Event.__struct_fields__)
    assert wire - {"process_id", "seq"} == _event.KNOWN
    assert set(types.EventFields.__annotations__) | {
        "provider",
        "model",
        "input_tokens",
        "output_tokens",
    } == (_event.KNOWN)


def test_the_readme_is_true(tmp_path: Path) -> None:
    """Every Python example of the README runs as it stands."""
    readme = (Path(__file__).parents[2] / "sdk" / "README.md").read_text()
    examples = [block.split("```")[0] for block in readme.split("```python\n")[1:]]
    assert len(examples) >= 4
    with Receiver() as receiver:
        receiver.answers |= {
            "GET /api/costs/summary": {"total_spend": "1.91", "by_model": [], "groups": []},
            "GET /api/recommendations": {"recommendations": []},
            "GET /api/costs/export": Reply(
                200,
                b'{"timestamp": "2026-11-01T10:00:00Z", "cost": "0.06"}\n',
                headers={"Content-Type": "application/x-ndjson"},
            ),
            "GET /api/costs/what-if": {"targets": [{"difference": "-1.5"}]},
            "POST /api/budgets": {},
            "PUT /api/prices": {},
            "GET /api/prices/estimate": {"estimates": [{"cost": "0.0088"}]},
            "POST /api/prices/reprice": {"id": 1},
            "GET /api/prices/repricings/1": {"status": "done"},
        }
        for example in examples:
            llmlab.init(receiver.api_key, receiver.url)
            names: dict[str, Any] = {
                "openai_client": _FakeOpenAI(),
                "URL": receiver.url,
                "KEY": receiver.api_key,
            }
            exec(compile(example, "README.md", "exec"), names)
            assert llmlab.flush()
    llmlab.shutdown()
    llmlab.init()
    assert receiver.events


class _FakeOpenAI:
    """Answers as the library's client does."""

    def __getattr__(self, name: str) -> Any:
        return self

    def create(self, **_: Any) -> Any:
        return {
            "object": "chat.completion",
            "model": "gpt-4o-2024-08-06",
            "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        }
