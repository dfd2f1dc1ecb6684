"""Model names lead to their own price, by a rule that is named, or to none: never to a sibling's."""

from datetime import UTC, datetime

import asyncpg
from llmlab_shared.clock import to_us
from llmlab_shared.domain.usage import TokenUsage
from llmlab_shared.pricing.calculator import CostCalculator

FOUND = [
    ("openai", "gpt-4", "openai", "gpt-4", "exact"),
    ("OpenAI", "GPT-4", "openai", "gpt-4", "exact"),
    ("openai", "gpt-4o-2024-08-06", "openai", "gpt-4o", "alias"),
    ("openai", "gpt-4o-2024-05-13", "openai", "gpt-4o-2024-05-13", "exact"),
    ("openai", "gpt-4o-2029-01-31", "openai", "gpt-4o", "dated"),
    ("openai", "gpt-5.2-2025-12-11", "openai", "gpt-5.2", "alias"),
    ("openai", "gpt-5.2-20251211", "openai", "gpt-5.2", "dated,alias"),
    ("openai", "openai/gpt-4o", "openai", "gpt-4o", "prefix"),
    ("openai", "gpt-6-sol-2026-12-24", "openai", "gpt-6-sol", "dated"),
    ("openai", "ft:gpt-4o-2024-08-06:acme::x1", "openai", "ft:gpt-4o", "prefix,alias"),
    ("openai", "ft:gpt-4.1-2025-04-14:acme:shop:x1", "openai", "ft:gpt-4.1", "prefix,alias"),
    ("azure", "gpt-4o", "openai", "gpt-4o", "openai:exact"),
    ("azure.ai.openai", "gpt-6-sol", "openai", "gpt-6-sol", "openai:exact"),
    ("anthropic", "claude-sonnet-4-20250514", "anthropic", "claude-sonnet-4-0", "dated,alias"),
    ("anthropic", "claude-3-7-sonnet-latest", "anthropic", "claude-3-7-sonnet-latest", "exact"),
    ("anthropic", "claude-haiku-4-5-20251001", "anthropic", "claude-haiku-4-5", "dated"),
    ("anthropic", "claude-opus-5-5", "anthropic", "claude-opus-5-5", "exact"),
    ("google", "models/gemini-2.5-flash", "google", "gemini-2.5-flash", "prefix"),
    ("vertex_ai", "publishers/google/models/gemini-2.5-pro", "google", "gemini-2.5-pro", "prefix"),
    ("google", "gemini-2.5-flash-001", "google", "gemini-2.5-flash", "version"),
    ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", "google", "claude-sonnet-4-5", "dated"),
    ("aws", "us.anthropic.claude-sonnet-5", "aws", "regional.anthropic.claude-sonnet-5-v1:0", "alias"),
    ("aws", "global.anthropic.claude-sonnet-5", "aws", "global.anthropic.claude-sonnet-5-v1:0", "alias"),
    (
        "aws.bedrock",
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "aws",
        "regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "prefix,alias",
    ),
    (
        "aws",
        "arn:aws:bedrock:eu-central-1:1234:inference-profile/eu.amazon.nova-lite-v1:0",
        "aws",
        "amazon.nova-lite-v1:0",
        "prefix,alias",
    ),
    ("x_ai", "grok-4.3-20260430", "x-ai", "grok-4.3", "dated"),
    ("mistral_ai", "mistral-large-latest", "mistral", "mistral-large-latest", "exact"),
]

UNPRICED = [
    ("openai", "gpt-4-turbo-of-our-own"),
    ("openai", "gpt-4o-mini-of-our-own"),
    ("openai", "gpt-4oo"),
    ("openai", "gpt-5.2-extra"),
    ("openai", "gpt-4o-2024-13-45"),
    ("openai", "gpt-4o-2024-08-06-mini"),
    ("openai", "ft:gpt-9:acme::x1"),
    ("openai", "ft:gpt-4.2-mini-2026-04-14:acme::x1"),
    ("openai", "claude-sonnet-4-5"),
    ("anthropic", "claude-haiku-4-5-turbo"),
    ("google", "gemini-2.5-flash-8b"),
    ("google", "gemini-1.5-flash-16b"),
    ("aws", "arn:aws:bedrock:eu-west-1:1234:application-inference-profile/abcdef"),
    ("aws", "anthropic.claude-sonnet-5-mini"),
    ("mistral", "mistral-large-2601"),
    ("made-up", "gpt-4"),
    ("openai", "-2024-08-06"),
]


AT_US = to_us(datetime(2026, 11, 20, 10, tzinfo=UTC))


async def test_names_that_are_known(calculator: CostCalculator, connection: asyncpg.Connection) -> None:
    rows = await connection.fetch("SELECT id, provider, model FROM price_versions")
    priced_as = {row["id"]: (row["provider"], row["model"]) for row in rows}
    for provider, name, *expected in FOUND:
        quote = calculator.price(1, provider, name, TokenUsage(input=1), None, AT_US)
        assert quote is not None, name
        assert [*priced_as[quote.price_id], quote.rule] == expected, name


async def test_names_that_only_begin_like_a_known_one(calculator: CostCalculator) -> None:
    for provider, name in UNPRICED:
        assert calculator.price(1, provider, name, TokenUsage(input=1), None, AT_US) is None, name
