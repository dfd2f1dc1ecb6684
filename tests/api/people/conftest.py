"""Fixtures of the tests of people."""

from collections.abc import Iterator

import pytest
from supabase_issuer import Issuer, run_issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with run_issuer() as running:
        yield running
