"""What an answer of the server means for the batch that was sent: pure judgement, no I/O.

Anything that waiting may cure is retried for ever; anything a person must mend is held and tried slowly;
only what the server named as bad is given up.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    Outcome = Literal["settled", "retry", "hold", "split"]

_RETRIED = {408, 425, 429}
_MAX_SAID = 300


class Rejected:
    """The server's verdict on one event; `index` is its place in the batch."""

    __slots__ = ("code", "field", "index", "message")

    def __init__(self, index: int, code: str, message: str, field: str | None) -> None:
        self.index = index
        self.code = code
        self.message = message
        self.field = field


class Verdict:
    """`settled`: all but `rejected` is stored. `retry`: soon. `hold`: slowly. `split`: send it in halves."""

    __slots__ = ("code", "detail", "outcome", "rejected")

    def __init__(
        self, outcome: Outcome, code: str = "", detail: str = "", rejected: list[Rejected] | None = None
    ) -> None:
        self.outcome = outcome
        self.code = code
        self.detail = detail
        self.rejected = rejected or []


def judge(status: int, body: bytes, size: int) -> Verdict:
    """Return what to do with a batch of `size` events that was answered like this."""
    content = _decoded(body)
    if status == 202 and isinstance(content.get("accepted"), int):
        return Verdict("settled", rejected=_rejected(content.get("rejected"), size))
    if status in _RETRIED or status >= 500:
        return Verdict("retry", f"http_{status}", _said(content))
    code = str(content["code"]) if isinstance(content.get("code"), str) else f"http_{status}"
    if status == 413:
        return Verdict("split", "too_large", _said(content))
    if status in (400, 415, 422) and "code" in content:
        rejected = _rejected(content.get("rejected") or content.get("errors"), size)
        if status == 422 and len({one.index for one in rejected}) == size:
            return Verdict("settled", rejected=rejected)
        # Nobody said which event it was: halves will tell.
        return Verdict("split", code, _said(content))
    return Verdict("hold", code, _said(content))


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _said(content: dict[str, Any]) -> str:
    return str(content.get("detail") or "")[:_MAX_SAID]


def _rejected(listed: object, size: int) -> list[Rejected]:
    found: dict[int, Rejected] = {}
    for item in listed if isinstance(listed, list) else []:
        if not isinstance(item, dict):
            continue
        index = item.get("index")
        if isinstance(index, int) and 0 <= index < size:
            field = item.get("field")
            found[index] = Rejected(
                index,
                str(item.get("code") or "rejected")[:64],
                str(item.get("message") or item.get("detail") or "")[:_MAX_SAID],
                field if isinstance(field, str) else None,
            )
    return list(found.values())
