"""Google: Gemini and Vertex AI, which also serves Anthropic's models in their own shape."""

import re
from collections.abc import Iterator, Set

from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.shapes.recognise import Reader

_VERSION = re.compile(r"(?<=^gemini-)(\d.*)-\d{3}$")
_ALIAS = re.compile(r"@(?:default|latest)$")


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
        """Ids come as `models/…` and `publishers/<maker>/models/…`, with or without a project before.

        A model of a customer's own tuning (`tunedModels/…`) may be named like any other, so it stays whole.
        """
        path, _, model = name.rpartition("/")
        if path.endswith("models") and not path.endswith("tunedmodels"):
            return model
        return super().bare_name(name).removeprefix("anthropic/")

    def model_names(self, model: str) -> Iterator[tuple[str, str]]:
        """A stable version (`-001`, `@20240620`) that is not listed costs what its model costs.

        Claude's second version of a name (`claude-3-5-sonnet-v2@20241022`) is told by its date elsewhere.
        """
        yield from super().model_names(model)
        bare = self.bare_name(model.strip().lower())
        version = _ALIAS.sub("", _VERSION.sub(r"\1", bare)).replace("-v2@", "@")
        if version != bare:
            yield version, "version"
