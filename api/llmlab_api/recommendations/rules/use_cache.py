"""Input that seems to repeat and is never read from the provider's cache.

No text is known here, so that repetition is inferred: from sessions, whose later calls repeat what was said
before, and from calls of one feature that come close together and are nearly the same length.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from llmlab_shared.db.repositories.call_mix import Conversation, Rhythm
from llmlab_shared.domain.usage import TokenUsage

from llmlab_api.recommendations import words
from llmlab_api.recommendations.advice import Advice, Found, Saving, Silence, Slice
from llmlab_api.recommendations.history import History
from llmlab_api.recommendations.repricing import Prices

MIN_CALLS = 100
MIN_REPEATS = 50
MIN_SESSIONS = 20
# The shortest beginning of a prompt that the large providers keep.
MIN_PREFIX = 1024
# Where as much of the input is read from a cache already, it is in use.
IN_USE = Decimal("0.05")
# Lengths that scatter more than this, in parts of their mean, do not look like one prompt.
MOST_SCATTER = 0.5
_COUNTS = ("calls", "cost", "input_tokens")
FROM_SESSIONS, FROM_LENGTHS = Decimal("0.6"), Decimal("0.35")


@dataclass(frozen=True, slots=True)
class _Repeats:
    """Calls, and how many tokens of their input could be read from a cache (low, likely, high).

    `first` is how many of these would be written before they can be read, for each of the three. `read` of
    the calls were looked at.
    """

    provider: str
    model: str
    feature: str
    environment: str
    calls: int
    read: int
    days: int
    cost: Decimal
    per_call: int
    tokens: tuple[int, int, int]
    first: tuple[int, int, int]


def find(history: History, prices: Prices) -> Found:
    """Recommend prompt caching where input repeats, 100 calls of at least 1,024 tokens do not use it.

    Tokens that repeat are priced as cache reads instead of input, those that are sent first as cache
    writes. Sessions (20 of three calls or more): low repeats the shortest call of each session in all later
    ones, high all of the call before, likely lies midway. Lengths (at least 50 calls that follow another
    within five minutes, lengths that scatter by less than half): high repeats the shortest call, likely the
    mean less one standard deviation, low less two, neither longer than the shortest call.
    """
    talks = [
        _of_sessions(history.in_all(talk, *_COUNTS, "least_repeated", "most_repeated"), talk.calls)
        for talk in history.conversations
        if _may_talk(talk)
    ]
    told = {(one.provider, one.model, one.feature) for one in talks}
    alike = [
        _of_lengths(history.in_all(rhythm, *_COUNTS, "slots", "input_squares"), rhythm.calls)
        for rhythm in history.rhythms
        if _is_alike(rhythm) and (rhythm.provider, rhythm.model, rhythm.feature) not in told
    ]
    found = [
        advice
        for repeats, sureness in [
            *((one, FROM_SESSIONS) for one in talks),
            *((one, FROM_LENGTHS) for one in alike),
        ]
        if (advice := _advice(history, prices, repeats, sureness)) is not None
    ]
    return found or Silence(
        f"no feature has {MIN_CALLS} calls without cache reads whose input of {MIN_PREFIX:,} tokens or more "
        "seems to repeat, at a model with a price for cached input"
    )


def _may_talk(talk: Conversation) -> bool:
    return (
        talk.sessions >= MIN_SESSIONS
        and talk.calls >= MIN_CALLS
        and talk.input_tokens >= MIN_PREFIX * talk.calls
        and talk.cache_read_tokens < IN_USE * talk.input_tokens
    )


def _of_sessions(talk: Conversation, read: int) -> _Repeats:
    low, high = talk.least_repeated, max(talk.most_repeated, talk.least_repeated)
    repeated = (low, (low + high) // 2, high)
    return _Repeats(
        talk.provider,
        talk.model,
        talk.feature,
        "",
        talk.calls,
        read,
        talk.days,
        talk.cost,
        talk.input_tokens // talk.calls,
        repeated,
        # What is not repeated is new, and written once to be read by the next call.
        (
            talk.input_tokens - repeated[0],
            talk.input_tokens - repeated[1],
            talk.input_tokens - repeated[2],
        ),
    )


def _is_alike(rhythm: Rhythm) -> bool:
    return (
        rhythm.standard
        and rhythm.calls >= MIN_CALLS
        and rhythm.calls - rhythm.slots >= MIN_REPEATS
        and rhythm.least_input >= MIN_PREFIX
        and rhythm.cache_read_tokens < IN_USE * rhythm.input_tokens
        and rhythm.cache_write_tokens < IN_USE * rhythm.input_tokens
        and _scatter(rhythm) <= MOST_SCATTER * _mean(rhythm)
    )


def _mean(rhythm: Rhythm) -> float:
    return rhythm.input_tokens / rhythm.calls


def _scatter(rhythm: Rhythm) -> float:
    return sqrt(max(rhythm.input_squares / rhythm.calls - _mean(rhythm) ** 2, 0.0))


def _of_lengths(rhythm: Rhythm, read: int) -> _Repeats:
    least, mean, scatter = rhythm.least_input, _mean(rhythm), _scatter(rhythm)
    low, likely = (
        prefix if prefix >= MIN_PREFIX else 0
        for prefix in (min(least, int(mean - times * scatter)) for times in (2, 1))
    )
    repeats = rhythm.calls - rhythm.slots
    return _Repeats(
        rhythm.provider,
        rhythm.model,
        rhythm.feature,
        rhythm.environment,
        rhythm.calls,
        read,
        rhythm.days,
        rhythm.cost,
        int(mean),
        (low * repeats, likely * repeats, least * repeats),
        (low * rhythm.slots, likely * rhythm.slots, least * rhythm.slots),
    )


def _saved(prices: Prices, one: _Repeats, repeated: int, first: int) -> Decimal:
    def cost(tokens: TokenUsage) -> Decimal | None:
        return prices.cost(one.provider, one.model, "", tokens, one.per_call)

    now, then = (
        cost(TokenUsage(input=repeated + first)),
        cost(TokenUsage(cache_read=repeated, cache_write_5m=first)),
    )
    return Decimal(0) if now is None or then is None else now - then


def _advice(history: History, prices: Prices, one: _Repeats, sureness: Decimal) -> Advice | None:
    saved = [
        _saved(prices, one, repeated, first) for repeated, first in zip(one.tokens, one.first, strict=True)
    ]
    if saved[1] <= 0:
        return None
    saving = Saving.within(one.cost, *saved)
    talk = sureness == FROM_SESSIONS
    environment = (("environment", one.environment),) if one.environment else ()
    about = Slice(((one.provider, one.model),), (("feature", one.feature), *environment))
    return Advice(
        kind="use_cache",
        target=(one.provider, one.model, one.feature, one.environment),
        title=f"Cache the repeating prompt of {one.model}{words.place(one.feature, one.environment)}",
        why=(
            f"{words.calls(one.calls)} send {one.per_call:,} tokens of input each, "
            + (
                "in sessions whose later calls seem to repeat the earlier ones, "
                if talk
                else "nearly the same length and close together, "
            )
            + f"and hardly any of it is read from the cache. About {one.tokens[1]:,} tokens could be: that "
            f"would have saved {words.usd(saving.likely)}."
        ),
        saving=saving,
        sureness=sureness,
        sure_because=(
            (
                "calls of one session usually repeat what was said before"
                if talk
                else "that calls are equally long does not prove that they begin with the same text"
            )
            + f"; the text itself is not known; {words.calls(one.read)} on {words.days(one.days)}"
        ),
        effort="low" if _writes_like_input(prices, one) else "medium",
        risk="None for the answers: they are the same. The saving needs the fixed text to come first.",
        slice=about,
        calls=one.read,
        days=one.days,
        evidence={
            "provider": one.provider,
            "model": one.model,
            "feature": one.feature or None,
            "environment": one.environment or None,
            "calls": one.calls,
            "spend": words.money(one.cost),
            "input_tokens_per_call": one.per_call,
            "seen_in": "sessions" if talk else "lengths",
            "repeated_tokens": dict(zip(("low", "likely", "high"), one.tokens, strict=True)),
            "events": history.link(about),
        },
    )


def _writes_like_input(prices: Prices, one: _Repeats) -> bool:
    """Say whether writing to the cache costs nothing extra: then providers cache by themselves."""
    written = prices.cost(one.provider, one.model, "", TokenUsage(cache_write_5m=1000), one.per_call)
    return written == prices.cost(one.provider, one.model, "", TokenUsage(input=1000), one.per_call)
