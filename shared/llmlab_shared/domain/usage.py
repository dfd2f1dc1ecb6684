"""Token usage: the classes that tokens are priced in, and the rules by which they add up.

Classes are disjoint; the totals of the wire (`input_tokens`, `output_tokens`) are their sums.
`reasoning` is a part of the output classes: shown, never summed.
"""

from decimal import Decimal
from typing import Final, Protocol

import msgspec

from llmlab_shared.errors import LLMLabError

MAX_COUNT: Final = 10**12

INPUT_CLASSES: Final = (
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "input_audio",
    "cache_audio_read",
    "input_image",
)
OUTPUT_CLASSES: Final = ("output", "output_audio", "output_image")
TOKEN_CLASSES: Final = INPUT_CLASSES + OUTPUT_CLASSES


class UsageError(LLMLabError):
    """Counts that contradict each other, or are no counts: nothing may be priced by them."""

    def __init__(self, reason: str) -> None:
        super().__init__("inconsistent_usage", reason)
        self.reason = reason


class TokenUsage(msgspec.Struct, frozen=True, gc=False):
    """Tokens by class, in the order of `TOKEN_CLASSES`, and how many of the output were reasoning."""

    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    input_audio: int = 0
    cache_audio_read: int = 0
    input_image: int = 0
    output: int = 0
    output_audio: int = 0
    output_image: int = 0
    reasoning: int = 0

    @property
    def input_tokens(self) -> int:
        """The total of all input classes, cache and audio included."""
        return (
            self.input
            + self.cache_read
            + self.cache_write_5m
            + self.cache_write_1h
            + self.input_audio
            + self.cache_audio_read
            + self.input_image
        )

    @property
    def output_tokens(self) -> int:
        """The total of all output classes, reasoning included."""
        return self.output + self.output_audio + self.output_image


def totals_of(tokens: TokenUsage) -> tuple[int, int, bool]:
    """Return the totals of input and output, and whether no rarer class than input, cache_read and output
    is in use. The same as the properties, in a third of the time for what nearly every call is."""
    if (
        tokens.cache_write_5m
        or tokens.cache_write_1h
        or tokens.input_audio
        or tokens.cache_audio_read
        or tokens.input_image
        or tokens.output_audio
        or tokens.output_image
    ):
        return tokens.input_tokens, tokens.output_tokens, False
    return tokens.input + tokens.cache_read, tokens.output, True


class Measured(msgspec.Struct, frozen=True, gc=False):
    """What a provider's usage object says of one call.

    `units` counts what is billed but is no token; `reported_cost` is the provider's own charge in USD,
    rounded to twelve decimals; `service_tier` and `region` are as the provider names them. `estimated`
    says that the provider told nothing, or not all, and tokens were worked out from characters or chunks.
    """

    tokens: TokenUsage
    units: dict[str, Decimal] | None = None
    reported_cost: Decimal | None = None
    service_tier: str | None = None
    region: str | None = None
    estimated: bool = False


class Totals(Protocol):
    """The flat counts of a cost event. `input_tokens` and `output_tokens` include every part.

    `cache_write_tokens` is all cache writes, `cache_write_1h_tokens` those kept an hour; the other
    parts are disjoint.
    """

    @property
    def input_tokens(self) -> int | None: ...
    @property
    def output_tokens(self) -> int | None: ...
    @property
    def cache_read_tokens(self) -> int | None: ...
    @property
    def cache_write_tokens(self) -> int | None: ...
    @property
    def cache_write_1h_tokens(self) -> int | None: ...
    @property
    def input_audio_tokens(self) -> int | None: ...
    @property
    def cache_audio_read_tokens(self) -> int | None: ...
    @property
    def input_image_tokens(self) -> int | None: ...
    @property
    def output_audio_tokens(self) -> int | None: ...
    @property
    def output_image_tokens(self) -> int | None: ...
    @property
    def reasoning_tokens(self) -> int | None: ...


def has_parts(event: Totals) -> bool:
    """Tell whether an event counts more than its two totals; without parts it cannot contradict itself."""
    # Spelled out and short-circuiting, because the API asks this of every event.
    return not (
        event.cache_read_tokens is None
        and event.cache_write_tokens is None
        and event.reasoning_tokens is None
        and event.cache_write_1h_tokens is None
        and event.input_audio_tokens is None
        and event.cache_audio_read_tokens is None
        and event.input_image_tokens is None
        and event.output_audio_tokens is None
        and event.output_image_tokens is None
    )


def from_totals(event: Totals) -> TokenUsage | None:
    """Return the disjoint classes of an event's flat counts, or None when it counts nothing at all.

    Raises `UsageError` when parts exceed the total that includes them. The counts themselves are
    trusted to be whole and within limits: decoding has seen to that.
    """
    total_in, total_out = event.input_tokens, event.output_tokens
    if not has_parts(event):
        if total_in is None and total_out is None:
            return None
        return TokenUsage(input=total_in or 0, output=total_out or 0)
    total_in, total_out = total_in or 0, total_out or 0
    writes, writes_1h = event.cache_write_tokens or 0, event.cache_write_1h_tokens or 0
    if writes_1h > writes:
        raise UsageError(
            f"cache_write_1h_tokens ({writes_1h}) is a part of cache_write_tokens ({writes}) and exceeds it"
        )
    cache_read, cached_audio = event.cache_read_tokens or 0, event.cache_audio_read_tokens or 0
    audio, image = event.input_audio_tokens or 0, event.input_image_tokens or 0
    audio_out, image_out = event.output_audio_tokens or 0, event.output_image_tokens or 0
    return usage_of(
        total_in,
        total_out,
        cache_read=cache_read,
        cache_write_5m=writes - writes_1h,
        cache_write_1h=writes_1h,
        input_audio=audio,
        cache_audio_read=cached_audio,
        input_image=image,
        output_audio=audio_out,
        output_image=image_out,
        reasoning=event.reasoning_tokens or 0,
    )


def usage_of(
    total_in: int,
    total_out: int,
    *,
    cache_read: int = 0,
    cache_write_5m: int = 0,
    cache_write_1h: int = 0,
    input_audio: int = 0,
    cache_audio_read: int = 0,
    input_image: int = 0,
    output_audio: int = 0,
    output_image: int = 0,
    reasoning: int = 0,
) -> TokenUsage:
    """Return the usage whose plain `input` and `output` are what the parts leave of the totals.

    Raises `UsageError` when the parts exceed a total, reasoning exceeds the output, or a total is
    beyond the limit of a count.
    """
    if total_in > MAX_COUNT or total_out > MAX_COUNT:
        raise UsageError(f"more than {MAX_COUNT} tokens in one call")
    parts_in = cache_read + cache_write_5m + cache_write_1h + input_audio + cache_audio_read + input_image
    if parts_in > total_in:
        raise UsageError(f"the parts of the input (cache, audio, image) are {parts_in} of {total_in} tokens")
    parts_out = output_audio + output_image
    if parts_out > total_out:
        raise UsageError(f"the parts of the output (audio, image) are {parts_out} of {total_out} tokens")
    if reasoning > total_out:
        raise UsageError(f"reasoning is {reasoning} of {total_out} output tokens")
    return TokenUsage(
        input=total_in - parts_in,
        cache_read=cache_read,
        cache_write_5m=cache_write_5m,
        cache_write_1h=cache_write_1h,
        input_audio=input_audio,
        cache_audio_read=cache_audio_read,
        input_image=input_image,
        output=total_out - parts_out,
        output_audio=output_audio,
        output_image=output_image,
        reasoning=reasoning,
    )
