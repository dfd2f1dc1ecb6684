"""Amazon Bedrock. The model is the one that was asked for: a body of InvokeModel names it differently."""

import re
from collections.abc import Iterator, Set

from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.shapes.recognise import Reader

_ARN = re.compile(r"^arn:[^/]*:(?:inference-profile|foundation-model)/")
# What libraries for several providers write before the model: a route, a region.
_ROUTE = re.compile(r"^(?:converse|invoke|[a-z]{2}(?:-gov)?-[a-z]+-\d)/")
_REVISION = re.compile(r"(?::\d+)?(?::\d+k)?$")
# Behind a date, or as the first one, the version is the interface's; elsewhere (`titan-embed-text-v2`) it
# tells models apart.
_VERSION = re.compile(r"(?:(?<=-\d{8})-v\d+|-v[01])$")


class BedrockProvider(Provider):
    """Bedrock's Converse and InvokeModel."""

    id = "aws"
    aliases = ("bedrock", "aws.bedrock", "amazon", "amazon-bedrock", "aws-bedrock", "bedrock-converse")

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """None: InvokeModel answers in the shape of the model's maker, Converse in one like no other."""
        return None

    def bare_name(self, name: str) -> str:
        """Take the model out of an ARN, and away what libraries write before it.

        The regional prefix stays: it decides the price. ARNs of profiles, imported and provisioned models
        of a customer's own do not say which model they stand for.
        """
        return _ROUTE.sub("", super().bare_name(_ARN.sub("", name)))

    def model_names(self, model: str) -> Iterator[tuple[str, str]]:
        """The revision and the version of a model's interface (`-v1:0`) decide no price."""
        yield from super().model_names(model)
        bare = self.bare_name(model.strip().lower())
        if bare.startswith("arn:"):
            return
        unrevised = _REVISION.sub("", bare)
        for name in (unrevised, _VERSION.sub("", unrevised)):
            if name != bare:
                yield name, "prefix"
