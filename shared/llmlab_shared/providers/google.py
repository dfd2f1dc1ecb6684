"""Google: Gemini and Vertex AI, which also serves Anthropic's models in their own shape."""

import re
from collections.abc import Iterator, Set

from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.shapes.recognise import Reader

_VERSION = re.compile(r"-\d{3}$")


class GoogleProvider(Provider):
    """Gemini API and Vertex AI."""

    id = "google"
    aliases = (
        "gcp.gen-ai",
        "gcp.vertex-ai",
        "gcp.gemini",
        "vertex-ai",
        "vertexai",
        "vertex",
        "gemini",
        "google-gla",
        "google-vertex",
        "google-genai",
        "google-vertex-ai",
        "google.generative-ai",
        "google.vertex",
        "google.vertex.chat",
        "googleai",
    )
    prices_from = ("anthropic",)

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """None: its own shapes and those of the other makers that it serves have names like no others."""
        return None

    def bare_name(self, name: str) -> str:
        """Ids come as `models/…` and `publishers/<maker>/models/…`, with or without a project before."""
        return name.rpartition("models/")[2].removeprefix("google/")

    def model_names(self, model: str) -> Iterator[tuple[str, str]]:
        """A stable version (`-001`) that is not listed costs what its model costs."""
        yield from super().model_names(model)
        bare = self.bare_name(model.strip().lower())
        if _VERSION.search(bare):
            yield _VERSION.sub("", bare), "version"
