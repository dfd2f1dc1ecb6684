"""Microsoft Teams' form of a notice: an adaptive card for a Workflows webhook."""

import re
from typing import Any

from llmlab_worker.notify.notice import Notice
from llmlab_worker.notify.plain import aligned, cut, one_line

_STYLES = {"info": "accent", "warning": "warning", "critical": "attention"}
_MARKUP = re.compile(r"([\\*_~`\[\]()#<>-])")
# A message may have 28 KB.
_TITLE, _TEXT, _FACTS, _SECTIONS, _ROWS = 300, 2000, 30, 8, 25


def teams(notice: Notice) -> dict[str, Any]:
    """Return the body of the request; runs of text know no markup, and facts are escaped."""
    heading = {"size": "large", "weight": "bolder", "color": _STYLES[notice.severity]}
    body: list[dict[str, Any]] = [
        _run(cut(one_line(notice.title), _TITLE), **heading),
        _run(cut(notice.summary, _TEXT)),
    ]
    if notice.facts:
        facts = [
            {"title": cut(escaped(one_line(label)), 100), "value": cut(escaped(one_line(value)), 300)}
            for label, value in list(notice.facts)[:_FACTS]
        ]
        body.append({"type": "FactSet", "facts": facts})
    for section in notice.sections[:_SECTIONS]:
        body.append(_run(cut(one_line(section.heading), 100), weight="bolder"))
        for line in aligned(section.rows[:_ROWS]):
            body.append({**_run(cut(line, 100), fontType="monospace"), "spacing": "none"})
    if notice.resolved_by:
        body.append(_run(cut(one_line(notice.resolved_by), 500), isSubtle=True))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    if notice.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open LLMLab", "url": notice.link}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def escaped(text: str) -> str:
    """Return a text whose characters stand for themselves."""
    return _MARKUP.sub(r"\\\1", text)


def _run(text: str, **style: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text or " ", **style}]}
