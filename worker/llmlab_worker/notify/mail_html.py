"""The HTML part of an e-mail: one column, no images, nothing from elsewhere, light and dark."""

from collections.abc import Sequence
from html import escape

from llmlab_worker.notify.notice import Notice, Section
from llmlab_worker.notify.plain import is_numbers, one_line

_TONES = {
    "info": ("#1d4ed8", "#dbeafe", "For your information"),
    "warning": ("#b45309", "#fef3c7", "Warning"),
    "critical": ("#b91c1c", "#fee2e2", "Urgent"),
}
_FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
# Styles stand in the elements, because many readers drop the sheet; it only has what those cannot say.
_SHEET = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #0b0f17 !important; }
  .card { background: #151b26 !important; border-color: {tone} #263041 #263041 !important; }
  .ink, .ink a { color: #e8edf5 !important; }
  .soft { color: #9aa7ba !important; }
  .line { border-color: #263041 !important; }
  .note { background: #1c2432 !important; }
  .tone-info { background: #1e3a8a !important; color: #dbeafe !important; }
  .tone-warning { background: #78350f !important; color: #fef3c7 !important; }
  .tone-critical { background: #7f1d1d !important; color: #fee2e2 !important; }
  .button { background: #e8edf5 !important; color: #0b0f17 !important; }
}
@media (max-width: 480px) { .inner { padding: 24px 20px !important; } .page-cell { padding: 0 !important; } }
"""


def html_of(notice: Notice, footer: str) -> str:
    """Return the notice as an HTML document."""
    ink, tint, label = _TONES[notice.severity]
    title = escape(one_line(notice.title))
    parts = [
        f'<span class="tone-{notice.severity}" style="display:inline-block;padding:3px 10px;'
        f"border-radius:999px;background:{tint};color:{ink};font-size:12px;font-weight:600;"
        f'line-height:18px">{label}</span>',
        f'<h1 class="ink" style="margin:14px 0 8px;font-size:22px;line-height:29px;font-weight:650;'
        f'letter-spacing:-.01em;color:#111827">{title}</h1>',
        f'<p class="ink" style="margin:0 0 22px;font-size:15px;line-height:23px;color:#374151">'
        f"{escape(one_line(notice.summary))}</p>",
    ]
    if notice.facts:
        parts.append(_facts(notice.facts))
    parts += map(_section, notice.sections)
    if notice.resolved_by:
        parts.append(
            f'<p class="note ink" style="margin:22px 0 0;padding:12px 14px;border-radius:8px;'
            f'background:#f3f4f6;font-size:14px;line-height:21px;color:#374151">'
            f"{_marked(one_line(notice.resolved_by))}</p>"
        )
    if notice.link:
        parts.append(
            f'<p style="margin:24px 0 0"><a class="button" href="{escape(notice.link, quote=True)}" '
            f'style="display:inline-block;padding:10px 18px;border-radius:8px;background:#111827;'
            f'color:#ffffff;font-size:14px;font-weight:600;text-decoration:none">{escape(notice.link_label)}</a></p>'
        )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="supported-color-schemes" content="light dark">'
        f"<title>{title}</title><style>{_SHEET.replace('{tone}', ink)}</style></head>"
        f'<body class="page" style="margin:0;padding:0;background:#f3f4f6;font-family:{_FONT}">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
        '<td class="page-cell" align="center" style="padding:32px 12px">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
        'style="max-width:560px"><tr><td class="card" style="background:#ffffff;border:1px solid #e5e7eb;'
        f'border-top:4px solid {ink};border-radius:12px"><div class="inner" style="padding:30px 34px 32px">'
        + "\n".join(parts)
        + '</div></td></tr><tr><td class="soft" style="padding:16px 34px;font-size:12px;line-height:18px;'
        f'color:#6b7280">{escape(footer)}</td></tr></table></td></tr></table></body></html>\n'
    )


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f'<tr><td class="soft line" style="padding:9px 16px 9px 0;border-top:1px solid #e5e7eb;'
        f'color:#6b7280;white-space:nowrap;vertical-align:top">{escape(one_line(label))}</td>'
        f'<td class="ink line" align="right" style="padding:9px 0;border-top:1px solid #e5e7eb;'
        f"color:#111827;font-weight:600;font-variant-numeric:tabular-nums;word-break:break-word"
        f'">{escape(one_line(value))}</td></tr>'
        for label, value in facts
    )
    return _table(rows)


def _section(section: Section) -> str:
    rows = [[one_line(cell) for cell in row] for row in section.rows]
    columns = max(map(len, rows), default=0)
    body = rows[1:] if section.headed else rows
    right = [is_numbers([row[c] for row in body if c < len(row)]) for c in range(columns)]
    lines = ""
    for number, row in enumerate(rows):
        head = section.headed and number == 0
        tag, look, tone = (
            ("th", "font-weight:600;color:#6b7280", "soft") if head else ("td", "color:#111827", "ink")
        )
        cells = "".join(
            f'<{tag} class="{tone} line" align="{"right" if right[c] else "left"}" style="padding:8px '
            f"{0 if c == columns - 1 else 12}px 8px 0;border-top:1px solid #e5e7eb;{look};"
            f'font-variant-numeric:tabular-nums">{escape(cell)}</{tag}>'
            for c, cell in enumerate(row)
        )
        lines += f"<tr>{cells}</tr>"
    heading = (
        f'<h2 class="ink" style="margin:26px 0 8px;font-size:15px;line-height:21px;color:#111827">'
        f"{escape(one_line(section.heading))}</h2>"
    )
    return heading + _table(lines)


def _table(rows: str) -> str:
    return (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
        f'style="font-size:14px;line-height:20px">{rows}</table>'
    )


def _marked(text: str) -> str:
    """Return a sentence of ours as HTML: commands in backticks become code."""
    pieces = [escape(piece) for piece in text.split("`")]
    return "".join(
        f'<code style="font-size:13px">{piece}</code>' if number % 2 else piece
        for number, piece in enumerate(pieces)
    )
