"""From a provider's name, however it is spelled, to its adapter."""

from llmlab_shared.providers.anthropic import AnthropicProvider
from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.bedrock import BedrockProvider
from llmlab_shared.providers.custom import CustomProvider
from llmlab_shared.providers.google import GoogleProvider
from llmlab_shared.providers.openai import AzureProvider, OpenAIProvider
from llmlab_shared.providers.openrouter import OpenRouterProvider

# Providers without an adapter of their own whose names have several spellings.
_CUSTOM_ALIASES: dict[str, tuple[str, ...]] = {
    "cerebras": ("cerebras.chat",),
    "cohere": ("cohere.chat",),
    "deepseek": ("deep-seek", "deepseek.chat"),
    "fireworks": ("fireworks-ai", "fireworks.chat"),
    "github-copilot": ("copilot",),
    "groq": ("groq.chat",),
    "mistral": ("mistral-ai", "mistralai", "mistral.chat"),
    "moonshotai": ("moonshot", "moonshot-ai", "kimi"),
    "perplexity": ("perplexity-ai", "pplx"),
    "together": ("together-ai", "togetherai", "togetherai.chat"),
    "voyageai": ("voyage", "voyage-ai"),
    "x-ai": ("xai", "x.ai", "xai.chat", "xai.responses", "grok"),
    "zai": ("z-ai", "z.ai"),
    "zhipuai": ("zhipu", "zhipu-ai"),
}


def _table() -> dict[str, Provider]:
    providers: list[Provider] = [
        OpenAIProvider(),
        AzureProvider(),
        AnthropicProvider(),
        GoogleProvider(),
        BedrockProvider(),
        OpenRouterProvider(),
    ]
    table = {name: provider for provider in providers for name in (provider.id, *provider.aliases)}
    for identifier, aliases in _CUSTOM_ALIASES.items():
        custom = CustomProvider(identifier)
        table |= dict.fromkeys((identifier, *aliases), custom)
    # Spellings with underscores are as common as those with hyphens.
    return table | {name.replace("-", "_"): provider for name, provider in table.items()}


_PROVIDERS = _table()


def get_provider(name: str) -> Provider:
    """Return the adapter of a provider; it never fails.

    Case and hyphen or underscore do not matter. An unknown name gets a `CustomProvider` with that name
    in lower case; it is not kept, so that a stream of made-up names costs no memory.
    """
    known = _PROVIDERS.get(name)
    if known is not None:
        return known
    plain = name.strip().lower()
    known = _PROVIDERS.get(plain) or _PROVIDERS.get(plain.replace(" ", "-").replace("_", "-"))
    return known if known is not None else CustomProvider(plain)
