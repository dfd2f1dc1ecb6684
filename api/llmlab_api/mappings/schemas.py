"""A workspace's names of models on the wire."""

from pydantic import BaseModel, Field

from llmlab_api.fields import RequestBody
from llmlab_api.price_fields import ModelName, ProviderName


class MappingRequest(RequestBody):
    """Calls of `name` at `provider` are priced as those of `model`, at another provider if so said."""

    provider: ProviderName
    name: ModelName = Field(examples=["our-fast-deployment"])
    model: ModelName = Field(examples=["gpt-4o"])
    target_provider: ProviderName | None = None


class Mapping(BaseModel):
    provider: str
    name: str
    model: str
    target_provider: str


class MappingAnswer(Mapping):
    priced: bool = Field(description="The price book has a price for it now.")
    price_rule: str | None = Field(
        description="How that price was found; without `mapping:` the list knows the name itself, which "
        "goes first."
    )


class Mappings(BaseModel):
    mappings: list[Mapping]
    next_cursor: str | None
