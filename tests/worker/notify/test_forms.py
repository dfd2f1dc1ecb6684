"""One notice in the form of each receiver: as its documentation has it, and no name is obeyed."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llmlab_worker.notify.deliveries import Parcel
from llmlab_worker.notify.discord import discord
from llmlab_worker.notify.mail import compose
from llmlab_worker.notify.notice import Notice, Section
from llmlab_worker.notify.pagerduty import pagerduty
from llmlab_worker.notify.plain import aligned
from llmlab_worker.notify.slack import slack
from llmlab_worker.notify.teams import teams
from llmlab_worker.notify.webhook import webhook
from llmlab_worker.notify.wording import money, percent, period
from notified import MAIL_FROM, SECRET
from standardwebhooks import Webhook

HOSTILE = "<!channel> @everyone <@U1> [x](https://evil) *b* `c` & <b>"

texts = st.text(max_size=400)
notices = st.builds(
    Notice,
    title=texts,
    severity=st.sampled_from(["info", "warning", "critical"]),
    summary=st.text(max_size=5000),
    facts=st.lists(st.tuples(texts, texts), max_size=40),
    sections=st.lists(
        st.builds(Section, texts, st.lists(st.lists(texts, min_size=1, max_size=5), max_size=30)), max_size=4
    ),
    link=st.none() | st.just("https://llmlab.example.com/budgets"),
    resolved_by=texts,
)


def parcel(notice: Notice, **settings: Any) -> Parcel:
    return Parcel(
        id=1,
        key=uuid4(),
        lease=datetime.now(UTC),
        attempts=1,
        reached=(),
        channel_id=1,
        channel_kind="webhook",
        channel_name="The “channel”\r\n",
        settings=settings,
        workspace_id=1,
        workspace="Acme\n",
        message_id=3,
        kind="budget_crossing",
        payload={"spend": "1"},
        notice=notice,
        created_at=datetime.now(UTC),
    )


def notice(text: str) -> Notice:
    return Notice(text, "warning", text, [(text, text)], [Section(text, [[text], [text]])], resolved_by=text)


@settings(max_examples=25)
@given(notices)
def test_every_form_keeps_to_its_limits(said: Notice) -> None:
    blocks = slack(said)["blocks"]
    assert len(blocks) <= 50
    assert len(blocks[0]["text"]["text"]) <= 150
    for block in blocks:
        assert len(block.get("text", {}).get("text", "")) <= 3000
        assert len(block.get("fields", [])) <= 10
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
    embed = discord(said)["embeds"][0]
    whole = len(embed["title"]) + len(embed["description"]) + len(embed.get("footer", {}).get("text", ""))
    assert len(embed["title"]) <= 256
    assert len(embed["fields"]) <= 25
    for field in embed["fields"]:
        assert 0 < len(field["value"]) <= 1024
        assert len(field["name"]) <= 256
        whole += len(field["name"]) + len(field["value"])
    assert whole <= 6000
    event = pagerduty(parcel(said, routing_key="k" * 32))
    assert 0 <= len(event["payload"]["summary"]) <= 1024
    assert event["payload"]["severity"] == said.severity
    compose(parcel(said), MAIL_FROM, ["ada@example.com"]).as_bytes()
    body = teams(said)["attachments"][0]["content"]["body"]
    assert all(run["text"] for part in body for run in part.get("inlines", []))


def test_no_name_is_obeyed() -> None:
    said = slack(notice(HOSTILE))
    for block in said["blocks"]:
        for part in [block.get("text"), *block.get("fields", [])]:
            if part and part["type"] == "mrkdwn":
                assert "<" not in part["text"]
                assert part["verbatim"] is True
    assert "<" not in said["text"]
    told = discord(notice(HOSTILE))
    assert told["allowed_mentions"] == {"parse": []}
    embed = told["embeds"][0]
    assert "@everyone" not in embed["title"] + embed["description"]
    assert r"\[x\]\(" in embed["title"]
    assert "`" not in embed["fields"][1]["value"].strip("`")
    card = teams(notice(HOSTILE))["attachments"][0]["content"]
    facts = next(part for part in card["body"] if part["type"] == "FactSet")["facts"]
    assert r"\[x\]\(https://evil\)" in facts[0]["value"]
    assert {part["type"] for part in card["body"]} == {"RichTextBlock", "FactSet"}
    mail = compose(parcel(notice(HOSTILE + "\r\nBcc: eve@example.com")), MAIL_FROM, ["ada@example.com"])
    assert mail["Bcc"] is None
    html = mail.get_body(("html",))
    assert html is not None
    assert "<b>" not in html.get_content()


def test_pagerduty_recognises_a_repeat() -> None:
    one = parcel(notice("Search passed 80 %"), routing_key="r" * 32)
    event = pagerduty(one)
    assert event == pagerduty(one)
    assert event["dedup_key"] == f"llmlab-{one.key}"
    assert (event["routing_key"], event["event_action"]) == ("r" * 32, "trigger")
    assert event["payload"]["source"] == "LLMLab, Acme"
    datetime.fromisoformat(event["payload"]["timestamp"])


def test_within_the_grace_of_a_rotation_both_secrets_verify() -> None:
    old = "whsec_" + "b2xk" * 8
    body, headers = webhook(
        parcel(
            notice("x"),
            url="",
            secret=SECRET,
            previous_secret=old,
            previous_until="2999-01-01T00:00:00+00:00",
        )
    )
    assert Webhook(SECRET).verify(body, headers)["data"]["alert_id"] == 3
    assert Webhook(old).verify(body, headers)
    _, headers = webhook(
        parcel(
            notice("x"),
            url="",
            secret=SECRET,
            previous_secret=old,
            previous_until="2000-01-01T00:00:00+00:00",
        )
    )
    assert " " not in headers["webhook-signature"]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("412.5", "$412.50"),
        ("1234567.891", "$1,234,567.89"),
        ("0", "$0.00"),
        ("0.0612", "$0.06"),
        ("0.00000123456", "$0.00000123"),
        ("0.000000000001", "$0.000000000001"),
        ("-3.2", "-$3.20"),
    ],
)
def test_amounts_are_never_nothing_when_they_are_something(amount: str, said: str) -> None:
    assert money(amount) == said


def test_shares_and_periods_in_words() -> None:
    assert [percent(share) for share in ("0.8", "1", "1.0022", "0.825", "10")] == [
        "80 %",
        "100 %",
        "100.22 %",
        "82.5 %",
        "1,000 %",
    ]
    assert period("month", "2026-11-01") == "November 2026"
    assert period("quarter", "2026-10-01") == "Q4 2026"
    assert period("week", "2026-11-02") == "the week of 2 November 2026"
    assert period("custom", "2026-11-02", "2026-11-09") == "2 November 2026 to 8 November 2026"
    assert aligned([("Model", "Spent"), ("gpt-4o", "$1.00"), ("模型", "$10.00")]) == [
        "Model    Spent",
        "gpt-4o   $1.00",
        "模型    $10.00",
    ]
