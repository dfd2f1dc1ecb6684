"""Time zones that requests name."""

from zoneinfo import ZoneInfo

from llmlab_shared.domain.zones import find_zone
from llmlab_shared.errors import LLMLabError

from llmlab_api.errors import invalid


def zone_in(field: str, name: str) -> ZoneInfo:
    """Return the zone of a name; raise the 422 that names the field which it came in."""
    try:
        return find_zone(name)
    except LLMLabError as error:
        raise invalid(field, error.code, error.detail) from None
