"""Discord's form of a notice: an embed of an incoming webhook."""

import re
from typing import Any

from llmlab_worker.notify.notice import Notice
from llmlab_worker.notify.plain import aligned, cut, one_line

_COLOURS = {"info": 0x2F6FED, "warning": 0xD97706, "critical": 0xDC2626}
_MARKUP = re.compile(r"([\\*_~`|>\[\]()#@<:-])")
# What Discord takes: of each, and of an embed together.
_TITLE, _DESCRIPTION, _NAME, _VALUE, _FIELDS, _WHOLE = 256, 2000, 256, 1024, 25, 5800
_FENCE = len("```\n\n```")


def discord(notice: Notice) -> dict[str, Any]:
    """Return the body of the request. Nobody is mentioned, whatever names hold."""
    embed: dict[str, Any] = {
        "title": cut(escaped(one_line(notice.title)), _TITLE),
        "description": cut(escaped(notice.summary), _DESCRIPTION),
        "color": _COLOURS[notice.severity],
        "fields": [],
    }
    if notice.link:
        embed["url"] = notice.link
    if notice.resolved_by:
        embed["footer"] = {"text": cut(one_line(notice.resolved_by), 1000)}
    fields = [
        {"name": cut(one_line(label), _NAME), "value": cut(escaped(one_line(value)), _VALUE), "inline": True}
        for label, value in notice.facts
    ]
    for section in notice.sections:
        table = cut("\n".join(aligned(section.rows)).replace("`", "'"), _VALUE - _FENCE)
        fields.append(
            {"name": cut(one_line(section.heading), _NAME), "value": f"```\n{table}\n```", "inline": False}
        )
    room = _WHOLE - sum(len(str(embed.get(name, ""))) for name in ("title", "description", "footer"))
    for field in fields[:_FIELDS]:
        room -= len(str(field["name"])) + len(str(field["value"]))
        if room < 0:
            break
        embed["fields"].append({**field, "value": field["value"] or "–"})
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def escaped(text: str) -> str:
    """Return a text whose characters stand for themselves; a mention is broken by a space of no width."""
    return _MARKUP.sub(r"\\\1", text).replace("@", "@\u200b")
