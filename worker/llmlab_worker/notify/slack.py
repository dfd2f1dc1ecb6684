"""Slack's form of a notice: blocks of an incoming webhook (Mattermost and Rocket.Chat take its `text`)."""

from typing import Any

from llmlab_worker.notify.notice import Notice
from llmlab_worker.notify.plain import aligned, cut, one_line

_SIGNS = {"info": "🔵", "warning": "🟠", "critical": "🔴"}
# What Slack takes of each.
_HEADER, _TEXT, _FIELD, _FIELDS = 150, 3000, 2000, 10
_FACTS, _SECTIONS = 20, 20


def slack(notice: Notice) -> dict[str, Any]:
    """Return the body of the request; names hold no mention or link that Slack would obey."""
    sign = _SIGNS[notice.severity]
    title = one_line(notice.title)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(cut(f"{sign} {title}", _HEADER))},
    ]
    if notice.summary:
        blocks.append({"type": "section", "text": _plain(cut(notice.summary, _TEXT))})
    facts = list(notice.facts)[:_FACTS]
    for start in range(0, len(facts), _FIELDS):
        fields = [_field(label, value) for label, value in facts[start : start + _FIELDS]]
        blocks.append({"type": "section", "fields": fields})
    for section in notice.sections[:_SECTIONS]:
        blocks.append({"type": "section", "text": _marked(f"*{escaped(one_line(section.heading))}*")})
        if section.rows:
            table = cut("\n".join(aligned(section.rows)), _TEXT)
            blocks.append(
                {
                    "type": "rich_text",
                    "elements": [
                        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": table}]}
                    ],
                }
            )
    if notice.resolved_by:
        blocks.append({"type": "context", "elements": [_plain(cut(notice.resolved_by, _FIELD))]})
    if notice.link:
        button = {"type": "button", "text": _plain("Open LLMLab"), "url": notice.link}
        blocks.append({"type": "actions", "elements": [button]})
    # Shown in notifications, and by whoever does not know blocks.
    text = cut(f"{sign} {escaped(title)}\n{escaped(notice.summary)}", _TEXT)
    return {"text": text, "blocks": blocks, "unfurl_links": False}


def escaped(text: str) -> str:
    """Return a text for mrkdwn: without `<` there is no link, channel or mention in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _field(label: str, value: str) -> dict[str, Any]:
    return _marked(cut(f"*{escaped(one_line(label))}*\n{escaped(one_line(value))}", _FIELD))


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _marked(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
