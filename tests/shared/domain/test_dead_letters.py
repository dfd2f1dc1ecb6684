"""What is shown of a dead letter: enough to know it by, never what was said, and something of any bytes."""

import pytest
from llmlab_shared.domain.dead_letters import head_of, shown_body

SECRET = "the words of a customer"


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"model": "\xff"}', b'{"a":' + b"[" * 100_000])
def test_what_cannot_be_read_is_told_as_that(body: bytes) -> None:
    told = f"unreadable, {len(body):,} bytes"
    assert head_of(body) == told
    assert shown_body(body) == {"body": told}


def test_words_where_a_name_or_a_number_belongs_are_not_shown() -> None:
    body = (
        b'{"provider": "openai", "model": ["%(s)b"], "feature": {"text": "%(s)b"}, "input_tokens": ["%(s)b"]}'
        % {b"s": SECRET.encode()}
    )
    assert head_of(body) == "openai/(not shown), (not shown) input, (not shown)"
    assert SECRET not in str(shown_body(body))


def test_the_head_says_what_an_event_is_of() -> None:
    body = (
        b'{"provider": "openai", "model": "gpt-4", "input_tokens": 7, "feature": "search", "release": null}'
    )
    assert head_of(body) == "openai/gpt-4, 7 input, search"
    assert head_of(b'{"events": [{}, {}]}') == "2 events, 20 bytes"
    assert head_of(b'{"input_tokens": 7}') == "no model, 7 input"
