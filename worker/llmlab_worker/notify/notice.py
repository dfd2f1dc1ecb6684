"""What a message says, before any channel gives it a form. Plain text everywhere, no markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and rows under it; the first row of `rows` is the header when `headed`."""

    heading: str
    rows: Sequence[Sequence[str]]
    headed: bool = True


@dataclass(frozen=True, slots=True)
class Notice:
    """What a message says, before any channel's form: plain text everywhere, no markup.

    `title` is one line, also the subject of an e-mail; `summary` one or two sentences; `facts` are labels
    and values; `link` is where to look, when LLMLAB_PUBLIC_URL is set, and `link_label` what its button
    says; `resolved_by` what to do, in one sentence.
    """

    title: str
    severity: Severity
    summary: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section] = ()
    link: str | None = None
    resolved_by: str = ""
    link_label: str = "Open LLMLab"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Of whose spend a message is. `url` is where its people see LLMLab, without a slash at its end."""

    name: str
    url: str | None
