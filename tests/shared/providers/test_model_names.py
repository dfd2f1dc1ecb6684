"""Names of models as providers, clouds and libraries write them, and which listed price each leads to.

The list is the installed catalogue's; a name that leads nowhere is unpriced, and never a sibling that
begins alike.
"""

from collections.abc import Callable

import pytest
from llmlab_shared.pricing.lists.catalogue import read_catalogue
from llmlab_shared.pricing.resolution import candidates
from llmlab_shared.providers.factory import get_provider

Find = Callable[[str, str], str | None]


@pytest.fixture(scope="module")
def find() -> Find:
    """Return the listed model that a provider's name leads to, as `provider/model`."""
    catalogue = read_catalogue()
    listed = {(price.provider, price.model.lower()) for price in catalogue.prices}
    targets = {(alias.provider, alias.alias): alias.model for alias in catalogue.aliases}

    def found(provider: str, model: str) -> str | None:
        named = candidates(get_provider(provider), model, lambda *name: targets.get(name))
        return next(
            (
                f"{name.provider}/{name.model}"
                for name in named
                if (name.provider, name.model.lower()) in listed
            ),
            None,
        )

    return found


_HAIKU = "aws/regional.anthropic.claude-3-haiku-20240307-v1:0"
_SONNET = "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0"
_GLOBAL = "aws/global.anthropic.claude-sonnet-4-5-20250929-v1:0"
_ARN = "arn:aws:bedrock:us-east-1:123456789012"

FOUND = [
    ("openai", "openai/gpt-4o", "openai/gpt-4o"),
    ("openai", "openai:gpt-4o", "openai/gpt-4o"),
    ("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc123", "openai/ft:gpt-4o-mini"),
    ("openai", "openai/ft:gpt-4o:acme::x", "openai/ft:gpt-4o"),
    ("azure", "azure/gpt-4o", "openai/gpt-4o"),
    ("azure", "azure_ai/gpt-4o", "openai/gpt-4o"),
    ("azure", "gpt-35-turbo", "openai/gpt-3.5-turbo"),
    ("azure", "gpt-35-turbo-0125", "openai/gpt-3.5-turbo"),
    ("anthropic", "anthropic/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
    ("anthropic", "anthropic/claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"),
    ("google", "gemini-2.5-flash-001", "google/gemini-2.5-flash"),
    ("google", "models/gemini-2.5-flash", "google/gemini-2.5-flash"),
    ("google", "gemini/gemini-2.5-flash", "google/gemini-2.5-flash"),
    ("google", "vertex_ai/gemini-2.5-flash", "google/gemini-2.5-flash"),
    ("google", "google-gla:gemini-2.5-flash", "google/gemini-2.5-flash"),
    ("google", "projects/p/locations/l/publishers/google/models/gemini-2.5-flash", "google/gemini-2.5-flash"),
    ("google", "publishers/anthropic/models/claude-sonnet-4-5@20250929", "google/claude-sonnet-4-5"),
    ("google", "claude-3-5-sonnet-v2@20241022", "google/claude-3-5-sonnet"),
    ("google", "claude-haiku-4-5@latest", "google/claude-haiku-4-5"),
    ("aws", "anthropic.claude-3-haiku-20240307-v1:0", _HAIKU),
    ("aws", "anthropic.claude-3-haiku-20240307-v1:0:48k", _HAIKU),
    ("aws", "bedrock/us-east-1/anthropic.claude-3-haiku-20240307-v1:0", _HAIKU),
    ("aws", "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0", _HAIKU),
    ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", _SONNET),
    ("aws", "bedrock/converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0", _SONNET),
    ("aws", f"{_ARN}:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0", _SONNET),
    ("aws", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", _GLOBAL),
    ("aws", f"{_ARN}:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0", _GLOBAL),
    ("aws", "us.amazon.nova-pro-v1:0", "aws/amazon.nova-pro-v1:0"),
    ("aws", "amazon.titan-embed-text-v2:0", "aws/amazon.titan-embed-text-v2:0"),
    ("aws", "amazon.titan-text-lite-v1:0:4k", "aws/amazon.titan-text-lite-v1"),
    ("openrouter", "anthropic/claude-3.7-sonnet:thinking", "openrouter/anthropic/claude-3.7-sonnet"),
    ("openrouter", "openai/gpt-4o:online", "openrouter/openai/gpt-4o"),
    ("openrouter", "openrouter/openai/gpt-4o", "openrouter/openai/gpt-4o"),
    (
        "openrouter",
        "meta-llama/llama-3.3-70b-instruct:free",
        "openrouter/meta-llama/llama-3.3-70b-instruct:free",
    ),
    ("xai", "xai/grok-4", "x-ai/grok-4-0709"),
    ("groq", "groq/openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
    (
        "together",
        "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "together/meta-llama/llama-3.3-70b-instruct-turbo",
    ),
    ("voyage", "voyage/voyage-3-lite", "voyageai/voyage-3-lite"),
]


@pytest.mark.parametrize(("provider", "name", "price"), FOUND)
def test_a_name_leads_to_its_price(find: Find, provider: str, name: str, price: str) -> None:
    assert (find(provider, name) or "").lower() == price


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("openai", "gpt-4o-mini-foo"),
        ("openai", "ft:gpt-5-2025-08-07:acme::x"),
        ("openai", "ft:davinci-002:acme::x"),
        ("azure", "our-gpt-4o"),
        ("azure", "azure/eu/gpt-4o-2024-08-06"),
        ("anthropic", "claude-sonnet-4-5-next"),
        ("anthropic", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("google", "gemini-2.5-flash-next"),
        ("google", "gemini-embedding-002"),
        ("google", "tunedModels/gemini-2.0-flash"),
        ("google", "projects/p/locations/l/endpoints/123456"),
        ("aws", f"{_ARN}:application-inference-profile/a1b2c3d4e5f6"),
        ("aws", f"{_ARN}:provisioned-model/a1b2c3d4e5f6"),
        ("aws", f"{_ARN}:imported-model/a1b2c3d4e5f6"),
        ("aws", f"{_ARN}:custom-model/amazon.titan-text-lite-v1:0:4k/a1b2c3d4e5f6"),
        ("aws", "anthropic.claude-v2:1"),
        ("aws", "amazon.titan-embed-text-v3:0"),
        ("openrouter", "openai/gpt-4o:nitro"),
        ("openrouter", "openai/gpt-4o:free"),
        ("openrouter", "openrouter/auto"),
    ],
)
def test_a_name_that_is_not_listed_leads_to_no_sibling(find: Find, provider: str, name: str) -> None:
    assert find(provider, name) is None


@pytest.mark.parametrize("provider", ["openai", "azure", "anthropic", "google", "aws", "openrouter", "xai"])
@pytest.mark.parametrize("name", ["", "/", ":", "models/", "arn:aws:bedrock:::foundation-model/", "@", "-v1"])
def test_odd_names_are_looked_up_and_nothing_else(find: Find, provider: str, name: str) -> None:
    assert find(provider, name) is None
