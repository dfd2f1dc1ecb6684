"""OpenAI, and Azure, which serves the same shapes under other names."""

from collections.abc import Set

from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.shapes.recognise import Reader


class OpenAIProvider(Provider):
    """OpenAI's own API."""

    id = "openai"
    aliases: tuple[str, ...] = (
        "open-ai",
        "openai.chat",
        "openai.responses",
        "openai.completion",
        "openai.embedding",
    )

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """None: all of its APIs answer in one family of shapes, which half the industry shares."""
        return None

    def bare_name(self, name: str) -> str:
        """A fine-tune is priced by what it was made from: `ft:<model>:<organisation>:<name>:<id>`."""
        bare = super().bare_name(name)
        return ":".join(bare.split(":")[:2]) if bare.startswith("ft:") else bare


class AzureProvider(OpenAIProvider):
    """Azure OpenAI and Azure AI; deployment names of a customer's own making match nothing here."""

    id = "azure"
    aliases = (
        "azure.ai.openai",
        "az.ai.openai",
        "azure.ai.inference",
        "az.ai.inference",
        "azure-openai",
        "azure-ai",
        "azure-openai.chat",
        "azure-openai.responses",
    )
    prices_from = ("openai", "anthropic", "deepseek", "x-ai", "moonshotai")

    def bare_name(self, name: str) -> str:
        """Azure's models are often written with their maker, `openai/gpt-4o`; its names have no dots."""
        bare = super().bare_name(name).removeprefix("openai/")
        return f"gpt-3.5-{bare.removeprefix('gpt-35-')}" if bare.startswith("gpt-35-") else bare
