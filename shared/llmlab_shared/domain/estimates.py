"""Tokens of a call whose provider reported none, worked out from what was seen of it.

A stream without usage, or one that broke off, was billed all the same. What the client counted says
roughly how much: characters, or else the chunks of the stream. The figures are rules of thumb, so the
cost is marked `estimated` and never mixed with what is known.
"""

from typing import Final

from llmlab_shared.domain.usage import TokenUsage

# English text; OpenAI, "What are tokens and how to count them?". Other languages have fewer a token.
CHARACTERS_PER_TOKEN: Final = 4
# Providers send a chunk for each token as a rule, and now and then several in one: this errs low.
TOKENS_PER_CHUNK: Final = 1


def estimate_usage(
    input_chars: int | None, output_chars: int | None, output_chunks: int | None
) -> TokenUsage | None:
    """Return estimated tokens, or None when nothing was counted: an estimate is never 0.

    Of input and output, what was not counted is left out.
    """
    given = -(-(input_chars or 0) // CHARACTERS_PER_TOKEN)
    if output_chars:
        return TokenUsage(input=given, output=-(-output_chars // CHARACTERS_PER_TOKEN))
    output = (output_chunks or 0) * TOKENS_PER_CHUNK
    return TokenUsage(input=given, output=output) if given or output else None
