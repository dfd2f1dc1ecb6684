"""From a provider's name, however it is spelled, to its adapter."""

from functools import cache

from llmlab_shared.providers.anthropic import AnthropicProvider
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.bedrock import BedrockProvider
from llmlab_shared.providers.cohere import CohereProvider
from llmlab_shared.providers.custom import CustomProvider
from llmlab_shared.providers.deepseek import DeepSeekProvider
from llmlab_shared.providers.google import GoogleProvider
from llmlab_shared.providers.groq import GroqProvider
from llmlab_shared.providers.mistral import MistralProvider
from llmlab_shared.providers.openai import AzureProvider, OpenAIProvider
from llmlab_shared.providers.openrouter import OpenRouterProvider
from llmlab_shared.providers.perplexity import PerplexityProvider
from llmlab_shared.providers.third_party import load
from llmlab_shared.providers.voyage import VoyageProvider
from llmlab_shared.providers.xai import XAIProvider

# Providers without an adapter of their own whose names have several spellings.
_CUSTOM_ALIASES: dict[str, tuple[str, ...]] = {
    "cerebras": ("cerebras.chat",),
    "fireworks": ("fireworks-ai", "fireworks.chat"),
    "github-copilot": ("copilot",),
    "moonshotai": ("moonshot", "moonshot-ai", "kimi"),
    "together": ("together-ai", "togetherai", "togetherai.chat"),
    "zai": ("z-ai", "z.ai"),
    "zhipuai": ("zhipu", "zhipu-ai"),
}


@cache
def providers() -> dict[str, Provider]:
    """Return every name that leads to an adapter, worked out when it is first asked for.

    LLMLab's own come first: a third party's package adds names and takes none away.
    """
    own: list[Provider] = [
        OpenAIProvider(),
        AzureProvider(),
        AnthropicProvider(),
        GoogleProvider(),
        BedrockProvider(),
        OpenRouterProvider(),
        CohereProvider(),
        DeepSeekProvider(),
        GroqProvider(),
        MistralProvider(),
        PerplexityProvider(),
        VoyageProvider(),
        XAIProvider(),
    ]
    table = {name: provider for provider in own for name in (provider.id, *provider.aliases)}
    for identifier, aliases in _CUSTOM_ALIASES.items():
        custom = CustomProvider(identifier, aliases)
        table |= dict.fromkeys((identifier, *aliases), custom)
    table = _with_underscores(table)
    return _with_underscores(load(table.keys())) | table


def _with_underscores(table: dict[str, Provider]) -> dict[str, Provider]:
    """Spellings with underscores are as common as those with hyphens."""
    return {name.replace("-", "_"): provider for name, provider in table.items()} | table


def get_provider(name: str) -> Provider:
    """Return the adapter of a provider; it never fails.

    Case and hyphen or underscore do not matter. An unknown name gets a `CustomProvider` with that name
    in lower case; it is not kept, so that a stream of made-up names costs no memory.
    """
    table = providers()
    known = table.get(name)
    if known is not None:
        return known
    plain = name.strip().lower()
    known = table.get(plain) or table.get(plain.replace(" ", "-").replace("_", "-"))
    return known if known is not None else CustomProvider(plain)
