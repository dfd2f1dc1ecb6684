"""The token classes of the wire, from the totals and parts that are stored."""

from collections.abc import Mapping

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

    A total that is not known leaves its plain class unknown.
    """
    found = {name: stored[f"{name}_tokens"] for name in (*_INPUT_PARTS, *_OUTPUT_PARTS, "reasoning")}

    def plain(total: int | None, parts: tuple[str, ...]) -> int | None:
        return None if total is None else total - sum(found[part] or 0 for part in parts)

    values = {
        **found,
        "input": plain(stored["input_tokens"], _INPUT_PARTS),
        "output": plain(stored["output_tokens"], _OUTPUT_PARTS),
    }
    return {
        "input_tokens": stored["input_tokens"],
        "output_tokens": stored["output_tokens"],
        **{name: values[name] for name in TOKEN_NAMES},
    }
