"""Money: exact between pico-USD, decimals and the wire, half-even where something must go."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llmlab_shared.domain.money import from_pico, to_pico, to_wire

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
