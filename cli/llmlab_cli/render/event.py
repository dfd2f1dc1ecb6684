"""All that is known of one call: what it used, what it cost and by which price, and who sent it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from llmlab_cli.render import figures
from llmlab_cli.render.confidence import remark, warning
from llmlab_cli.render.events import cost_style, model_of, when
from llmlab_cli.render.prices import layer_word
from llmlab_cli.render.rates import CLASSES, columns_of, fees_of, rate_tables
from llmlab_cli.render.tables import plain_table
from llmlab_cli.screen import Screen

Json = Mapping[str, Any]
_LABEL = 12
_OF_THE_CALL = ("api", "service_tier", "processing", "region", "response_id", "billing")
_LABELS = (
    "feature", "customer", "user", "team", "project", "environment", "release", "session_id",
    "trace_id", "span_id", "parent_span_id",
)  # fmt: skip
_WORDS = {
    "unpriced": "its model has no known price",
    "missing": "it came without token counts",
    "quarantined": "its token counts cannot be trusted",
}


@dataclass(frozen=True)
class Shown:
    """An event in full. `price` is the version that it was priced by, `key` the name of who sent it."""

    event: Json
    zone: str
    price: Json | None = None
    key: str | None = None


def event_in_full(shown: Shown, screen: Screen) -> RenderableType:
    """Return the whole screen."""
    event = shown.event
    parts: list[RenderableType] = [
        Text.assemble((model_of(event), "bold"), (f" · {when(event, shown.zone)} {shown.zone}", "dim")),
        Text(str(event["id"]), "dim"),
        Text(),
        *_money(event),
    ]
    if tokens := _tokens(event):
        parts += [Text(), tokens]
    parts += [Text(), *_price(shown, screen), Text(), *_facts(shown)]
    for adjustment in event.get("adjustments") or ():
        parts += [Text(), *_adjustment(adjustment, shown.zone)]
    return Group(*parts)


def _money(event: Json) -> list[RenderableType]:
    status = figures.clean(event["price_status"])
    if event["cost"] is None:
        why = event.get("quarantine_reason") or _WORDS.get(status, status)
        lines: list[RenderableType] = [
            _line("Cost", Text(f"unknown: {figures.clean(why)}", cost_style(event)))
        ]
    else:
        cost = figures.price(figures.amount_of(event["cost"]))
        lines = [_line("Cost", Text.assemble((cost, "bold"), f" · {status}"))]
    parts = [
        f"{figures.price(figures.amount_of(event[name]))} {word}"
        for name, word in (("computed_cost", "by tokens"), ("tool_cost", "for use of tools"))
        if event[name] is not None
    ]
    if event["tool_cost"] is not None or event["price_status"] == "reported":
        lines.append(_line("Computed", Text(" + ".join(parts) or "–")))
    if event["reported_cost"] is not None:
        reported = figures.price(figures.amount_of(event["reported_cost"]))
        lines.append(_line("Reported", Text(f"{reported} by the {figures.clean(event['reported_by'])}")))
    if original := event["original"]:
        was = original["cost"]
        amount = "unknown" if was is None else figures.price(figures.amount_of(was))
        lines.append(_line("At first", Text(f"{amount} · {figures.clean(original['price_status'])}")))
    return lines


def _tokens(event: Json) -> RenderableType | None:
    if event["input_tokens"] is None and not event["units"]:
        return None
    table = plain_table()
    table.add_column("Used", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    classes = event["tokens"]
    for name, label in CLASSES.items():
        if classes.get(name):
            table.add_row(label, f"{classes[name]:,}")
    if classes.get("reasoning"):
        table.add_row(Text("  of it reasoning", "dim"), Text(f"{classes['reasoning']:,}", "dim"))
    if event["input_tokens"] is not None:
        table.add_row(Text("All input", "dim"), Text(f"{event['input_tokens']:,}", "dim"))
        table.add_row(Text("All output", "dim"), Text(f"{event['output_tokens'] or 0:,}", "dim"))
    for name, number in (event["units"] or {}).items():
        table.add_row(figures.clean(name).replace("_", " ").capitalize(), figures.clean(number))
    return table


def _price(shown: Shown, screen: Screen) -> list[RenderableType]:
    event, price = shown.event, shown.price
    if event["price_id"] is None:
        return [remark("No price of the list took part.")]
    lines: list[RenderableType] = [
        _line("Price", Text(f"#{event['price_id']}, by the rule {figures.clean(event['price_rule'])}"))
    ]
    if price is None:
        return lines
    since = str(price.get("valid_from") or "")[:10]
    of = figures.clean(f"{price['provider']}/{price['model']}")
    context = f", {figures.clean(price['context'])}" if price.get("context") else ""
    whose = layer_word({**price, "effective": True})
    lines.append(_line("", Text(f"{of}{context} · {whose} · since {since or 'ever'}", "dim")))
    if columns := columns_of(price["rates"]):
        lines.append(_line("", Text("USD for a million tokens:", "dim")))
        lines += [Padding(table, (0, 0, 0, _LABEL)) for table in rate_tables(columns, screen)]
    lines += [_line("", Text(fee)) for fee in fees_of(price["rates"])]
    return lines


def _facts(shown: Shown) -> list[RenderableType]:
    event = shown.event
    sender = f"API key {event['api_key']}" if event["api_key"] else "a signed-in person"
    if shown.key:
        sender = f"{figures.clean(shown.key)} ({sender})"
    lines = [_line("Sent by", Text(f"{sender} · received {_received(event, shown.zone)}"))]
    outcome = figures.clean(event["status"])
    if event["latency_ms"] is not None:
        outcome += f" after {event['latency_ms']:,} ms"
    lines.append(_line("Outcome", Text(outcome, "red" if event["status"] == "error" else "")))
    for name in (*_OF_THE_CALL, *_LABELS):
        if event.get(name) not in (None, "") and (name, event[name]) != ("billing", "metered"):
            lines.append(_named(name.replace("_", " ").capitalize(), event[name]))
    lines += [_named("Tag", f"{name} = {value}") for name, value in (event["tags"] or {}).items()]
    return list(lines)


def _received(event: Json, zone: str) -> str:
    return when({"timestamp": event["received_at"]}, zone)


def _adjustment(one: Json, zone: str) -> Sequence[RenderableType]:
    at = when({"timestamp": one["adjusted_at"]}, zone)
    before, after = (
        "unknown" if cost is None else figures.price(figures.amount_of(cost))
        for cost in (one["cost_before"], one["cost"])
    )
    what = figures.clean(one["kind"])
    head = warning(f"Adjusted {at}: {before} → {after} ({what}, job {one['repricing']})")
    return [head, remark(f"{figures.clean(one['reason'])} – {figures.clean(one['actor'])}")]


def _named(label: str, value: object) -> Text:
    return _line(label, Text(figures.clean(value)))


def _line(label: str, text: Text) -> Text:
    gap = " " if len(label) >= _LABEL else ""
    return Text.assemble((label.ljust(_LABEL) + gap, "dim"), text)
