"""Google's interactions: the counts of generate_content under names of their own."""

from llmlab_shared.domain.usage import Measured
from llmlab_shared.providers.reading import Usage, count, required_count, word
from llmlab_shared.providers.shapes.google import Counts, by_modality, classes

KEYS = frozenset(
    {
        "total_input_tokens",
        "total_output_tokens",
        "total_thought_tokens",
        "total_tool_use_tokens",
        "total_cached_tokens",
    }
)


def read(usage: Usage) -> Measured:
    """Return what the usage object of an interaction says."""
    counts = Counts(
        prompt=required_count(usage, "total_input_tokens"),
        tool_prompt=count(usage, "total_tool_use_tokens"),
        cached=count(usage, "total_cached_tokens"),
        candidates=count(usage, "total_output_tokens"),
        thoughts=count(usage, "total_thought_tokens", "total_reasoning_tokens"),
    )
    counts.check_total("total_tokens", required_count(usage, "total_tokens"))
    tokens = classes(
        counts,
        of_prompt=by_modality(usage, "input_tokens_by_modality"),
        of_tools=by_modality(usage, "tool_use_tokens_by_modality"),
        of_cache=by_modality(usage, "cached_tokens_by_modality"),
        of_output=by_modality(usage, "output_tokens_by_modality"),
    )
    return Measured(tokens, service_tier=word(usage, "service_tier"))
