"""Every provider without an adapter of its own: whatever it answers is recognised by its fields."""

from collections.abc import Set

from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.shapes.recognise import Reader


class CustomProvider(Provider):
    """A provider known by its name only."""

    def __init__(self, identifier: str, aliases: tuple[str, ...] = ()) -> None:
        self.id = identifier
        self.aliases = aliases

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """None: a hint about an unknown provider says nothing that its fields do not."""
        return None
