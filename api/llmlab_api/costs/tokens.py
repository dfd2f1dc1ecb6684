"""The token classes of the wire, from the totals and parts that are stored."""

from collections.abc import Mapping

from llmlab_shared.domain.usage import TokenUsage

_INPUT_PARTS = (
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "input_audio",
    "cache_audio_read",
    "input_image",
)
_OUTPUT_PARTS = ("output_audio", "output_image")
TOKEN_NAMES = ("input", *_INPUT_PARTS, "output", *_OUTPUT_PARTS, "reasoning")


def token_classes(stored: Mapping[str, int | None]) -> dict[str, int | None]:
    """Return totals, disjoint classes and reasoning; what is not a part of a total is its plain class.

    A part that is not stored is 0 of a known total; of an unknown total every class is unknown.
    """
    found: dict[str, int | None] = {}
    for plain, parts, more in (("input", _INPUT_PARTS, ()), ("output", _OUTPUT_PARTS, ("reasoning",))):
        total = stored[f"{plain}_tokens"]
        for name in (*parts, *more):
            part = stored[f"{name}_tokens"]
            found[name] = 0 if part is None and total is not None else part
        found[plain] = None if total is None else total - sum(found[name] or 0 for name in parts)
    return {
        "input_tokens": stored["input_tokens"],
        "output_tokens": stored["output_tokens"],
        **{name: found[name] for name in TOKEN_NAMES},
    }


def usage_of(stored: Mapping[str, int]) -> TokenUsage:
    """Return sums of stored totals and parts as what prices are for; reasoning may be left out."""
    classes = token_classes({"reasoning_tokens": 0, **stored})
    return TokenUsage(**{name: classes[name] or 0 for name in TokenUsage.__struct_fields__})
