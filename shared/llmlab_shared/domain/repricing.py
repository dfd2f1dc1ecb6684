"""Repricings: what kinds of corrections there are, and which events one is for."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

# `reprice`: by the prices of now for the events' own times. `unpriced`: the same for events that had no
# price, done by itself when one arrives. `release`: quarantined usage is read again. `correct`: counts
# are stated by hand. `undo`: a repricing's events become what they were before it.
Kind = Literal["reprice", "unpriced", "release", "correct", "undo"]
RepricingStatus = Literal["queued", "running", "done", "failed"]

MAX_MODELS = 200
MAX_IDS = 1000
MAX_REASON = 500


class Counts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Token counts stated by hand: the flat ones of an event, totals with their parts."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    input_audio_tokens: int | None = None
    cache_audio_read_tokens: int | None = None
    input_image_tokens: int | None = None
    output_audio_tokens: int | None = None
    output_image_tokens: int | None = None
    reasoning_tokens: int | None = None


class Selection(msgspec.Struct, frozen=True, omit_defaults=True, rename={"since": "from", "until": "to"}):
    """Which events of a workspace, by what holds of them now; an empty list is no condition.

    Times are the events' own, `until` exclusive. `provider` is the canonical id, `model` the names that
    the events carry. `counts` are for `correct` only, which has exactly one id.
    """

    since: datetime | None = None
    until: datetime | None = None
    provider: str | None = None
    model: tuple[str, ...] = ()
    price_status: tuple[str, ...] = ()
    ids: tuple[UUID, ...] = ()
    counts: Counts | None = None
