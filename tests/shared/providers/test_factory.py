"""Every spelling of a provider's name leads to its adapter; an unknown one to a custom adapter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llmlab_shared.providers.anthropic import AnthropicProvider
from llmlab_shared.providers.base import Provider, canonical_api
from llmlab_shared.providers.bedrock import BedrockProvider
from llmlab_shared.providers.cohere import CohereProvider
from llmlab_shared.providers.custom import CustomProvider
from llmlab_shared.providers.deepseek import DeepSeekProvider
from llmlab_shared.providers.factory import get_provider
from llmlab_shared.providers.google import GoogleProvider
from llmlab_shared.providers.groq import GroqProvider
from llmlab_shared.providers.mistral import MistralProvider
from llmlab_shared.providers.openai import AzureProvider, OpenAIProvider
from llmlab_shared.providers.openrouter import OpenRouterProvider
from llmlab_shared.providers.perplexity import PerplexityProvider
from llmlab_shared.providers.voyage import VoyageProvider
from llmlab_shared.providers.xai import XAIProvider

SPELLINGS: list[tuple[str, type[Provider], str]] = [
    *((name, OpenAIProvider, "openai") for name in ("openai", "OpenAI", " openai ", "openai.chat")),
    *(
        (name, AzureProvider, "azure")
        for name in (
            "azure",
            "azure.ai.openai",
            "az.ai.openai",
            "azure.ai.inference",
            "az.ai.inference",
            "azure_openai",
        )
    ),
    *((name, AnthropicProvider, "anthropic") for name in ("anthropic", "Anthropic", "anthropic.messages")),
    *(
        (name, GoogleProvider, "google")
        for name in (
            *("google", "gcp.gen_ai", "gcp.vertex_ai", "gcp.gemini", "vertex_ai", "gemini"),
            *("google-gla", "Google Vertex AI", "google.generative-ai"),
        )
    ),
    *(
        (name, BedrockProvider, "aws")
        for name in ("aws", "aws.bedrock", "bedrock", "amazon-bedrock", "AWS_Bedrock")
    ),
    *((name, OpenRouterProvider, "openrouter") for name in ("openrouter", "OpenRouter")),
    *((name, XAIProvider, "x-ai") for name in ("x_ai", "xai", "x-ai", "XAI")),
    *((name, MistralProvider, "mistral") for name in ("mistral_ai", "mistralai", "mistral")),
    *((name, CustomProvider, "together") for name in ("together_ai", "together-ai", "together")),
    *((name, CustomProvider, name) for name in ("cerebras", "ibm.watsonx.ai")),
    *((name, DeepSeekProvider, "deepseek") for name in ("deepseek", "DeepSeek", "deep_seek")),
    *((name, GroqProvider, "groq") for name in ("groq", "groq.chat")),
    *((name, PerplexityProvider, "perplexity") for name in ("perplexity", "Perplexity_AI", "pplx")),
    *((name, VoyageProvider, "voyageai") for name in ("voyageai", "Voyage", "voyage_ai")),
    *((name, CohereProvider, "cohere") for name in ("cohere", "Cohere", "cohere.chat")),
    ("Our-Own.LLM", CustomProvider, "our-own.llm"),
    ("", CustomProvider, ""),
]


@pytest.mark.parametrize(("name", "adapter", "identifier"), SPELLINGS)
def test_spellings(name: str, adapter: type[Provider], identifier: str) -> None:
    provider = get_provider(name)
    assert type(provider) is adapter
    assert provider.id == identifier


def test_an_adapter_is_one_shared_object() -> None:
    assert get_provider("Vertex_AI") is get_provider("google")


def test_provider_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Provider()  # type: ignore[abstract] # that it cannot be made is what is tested


@given(st.text(max_size=256))
def test_it_never_fails(name: str) -> None:
    provider = get_provider(name)
    assert get_provider(provider.id).id == provider.id
    assert all(isinstance(spelling, str) and rule for spelling, rule in provider.model_names(name))


@pytest.mark.parametrize(
    ("hint", "api"),
    [
        (None, None),
        ("", None),
        ("chat", "chat"),
        ("Chat_Completions", "chat"),
        ("generateContent", "generate_content"),
        ("GENERATE_CONTENT", "generate_content"),
        ("generatecontent", "generate_content"),
        ("invokeModel", "invoke_model"),
        ("Responses", "responses"),
        ("someNewApi", "some_new_api"),
    ],
)
def test_api_names(hint: str | None, api: str | None) -> None:
    assert canonical_api(hint) == api
