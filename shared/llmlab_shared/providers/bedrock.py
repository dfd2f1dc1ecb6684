"""Amazon Bedrock. The model is the one that was asked for: a body of InvokeModel names it differently."""

import re
from collections.abc import Set

from llmlab_shared.providers.base import Provider
from llmlab_shared.providers.shapes.recognise import Reader

_ARN = re.compile(r"^arn:[^/]*:(?:inference-profile|foundation-model)/")
_VERSION = re.compile(r"-v\d+(?::\d+)?(?::\d+k)?$")


class BedrockProvider(Provider):
    """Bedrock's Converse and InvokeModel."""

    id = "aws"
    aliases = ("bedrock", "aws.bedrock", "amazon", "amazon-bedrock", "aws-bedrock", "bedrock-converse")

    def reader(self, api: str | None, fields: Set[str]) -> Reader | None:
        """None: InvokeModel answers in the shape of the model's maker, Converse in one like no other."""
        return None

    def bare_name(self, name: str) -> str:
        """Take the model out of an ARN and leave the version of its interface (`-v1:0`) away.

        The regional prefix stays: it decides the price.
        """
        return _VERSION.sub("", _ARN.sub("", name).removeprefix("bedrock/"))
