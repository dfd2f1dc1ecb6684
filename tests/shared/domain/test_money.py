"""Money: exact between pico-USD, decimals and the wire, half-even where something must go."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llmlab_shared.domain.money import from_pico, read_literal, read_plain, to_pico, to_wire

picos = st.integers(-(10**26), 10**26)


@given(picos)
def test_there_and_back(pico: int) -> None:
    assert to_pico(from_pico(pico)) == pico
    assert to_pico(Decimal(to_wire(from_pico(pico)))) == pico


@given(picos)
def test_the_wire_has_no_exponent_and_no_trailing_zeros(pico: int) -> None:
    text = to_wire(from_pico(pico))
    assert "E" not in text.upper()
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("amount", "pico"),
    [
        ("0.0000000000005", 0),
        ("0.0000000000015", 2),
        ("0.00000000000050001", 1),
        ("1e-30", 0),
        ("0.06", 6 * 10**10),
    ],
)
def test_half_even(amount: str, pico: int) -> None:
    assert to_pico(Decimal(amount)) == pico


@pytest.mark.parametrize(
    ("amount", "text"), [("0.060", "0.06"), ("-0", "0"), ("1E+3", "1000"), ("100", "100"), ("0E-12", "0")]
)
def test_wire(amount: str, text: str) -> None:
    assert to_wire(Decimal(amount)) == text


@given(picos)
def test_what_is_written_is_read(pico: int) -> None:
    text = to_wire(from_pico(pico))
    assert read_plain(text) == read_literal(text.encode()) == read_literal(b'"%b"' % text.encode())


@pytest.mark.parametrize(
    "literal", [b"1e5", b"-1E+5", b"0.10000000000000000000000000000000000001", b'"+2"', rb'"\u0031"']
)
def test_literals_are_read_digit_by_digit(literal: bytes) -> None:
    text = literal.strip(b'"').replace(rb"\u0031", b"1").decode()
    assert str(read_literal(literal)) == str(Decimal(text))


@pytest.mark.parametrize("text", ["1_000", " 1", "1 ", "1\n", "1e5", "NaN", "Infinity", ".5", "5.", "", "١"])
def test_only_plain_notation_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="decimal string"):
        read_plain(text)
    for literal in (
        f'"{text}"'.replace("\n", "\\n").encode(),
        b"true",
        b"[1]",
        b"{}",
        b"null",
        b"1e" + b"9" * 30,
    ):
        with pytest.raises(ValueError, match="is "):
            read_literal(literal)
