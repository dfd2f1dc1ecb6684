"""Labels that hold for every call inside a `with` block, in this task and thread."""

from __future__ import annotations

from contextvars import ContextVar

from llmlab._snapshot import LabelSet, snapshot_of_labels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType
    from typing import Any, Unpack

    from llmlab.types import Labels

_labels: ContextVar[LabelSet | None] = ContextVar("llmlab_labels", default=None)
current = _labels.get


class context:  # noqa: N801  # used like a function: `with llmlab.context(feature="search"):`
    """Label every call reported inside the block, however deep: `with llmlab.context(customer="acme"):`.

    Blocks nest, the inner one wins, `tags` and `metadata` are merged. Tasks that are started inside inherit
    the labels; new threads do not (before Python 3.14 they begin empty).
    """

    __slots__ = ("_added", "_tokens")

    def __init__(self, **labels: Unpack[Labels]) -> None:
        self._added = snapshot_of_labels(labels)
        self._tokens: list[Token[LabelSet | None]] = []

    def __enter__(self) -> context:
        self._tokens.append(_labels.set(joined(_labels.get(), self._added)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            _labels.reset(self._tokens.pop())
        except (ValueError, IndexError):
            # Left in another context than it was entered in (a generator closed elsewhere): nothing to undo.
            return


def joined(outer: LabelSet | None, inner: LabelSet) -> LabelSet:
    """Return the labels that hold where `inner` was given inside `outer`."""
    result = LabelSet(merged(outer, inner))
    result.size = inner.size + (outer.size if outer else 0)
    return result


def merged(outer: dict[str, Any] | None, inner: dict[str, Any]) -> dict[str, Any]:
    """Return both, the inner winning; tags and metadata are joined key by key. Neither is changed."""
    if not outer:
        return {name: value for name, value in inner.items() if value is not None}
    result = dict(outer)
    for name, value in inner.items():
        if value is None:
            continue
        before: Any = result.get(name)
        joined = name in ("tags", "metadata") and isinstance(before, dict) and isinstance(value, dict)
        result[name] = {**before, **value} if joined else value
    return result
