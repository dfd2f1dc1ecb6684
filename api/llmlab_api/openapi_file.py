"""The description of the API as the repository keeps it: `python -m llmlab_api.openapi_file > openapi.json`.

The web's types are generated from that file, so it is the same wherever and whenever it is written: the
version of the API is not in it, and paths and schemas stand in the order of their names.
"""

import json
import sys

from llmlab_shared.config import ServerSettings
from pydantic import SecretStr

from llmlab_api.app import create_app


def render() -> str:
    """Return the file's text. Nothing is connected: the addresses only have to be there."""
    settings = ServerSettings.model_validate(
        {
            "database_url": "postgresql://nowhere/nothing",
            "redis_url": "redis://nowhere",
            "secret_key": SecretStr("signs nothing, and is long enough"),
        }
    )
    page = create_app(settings).openapi()
    page["info"]["version"] = "1"
    page["paths"] = dict(sorted(page["paths"].items()))
    page["components"]["schemas"] = dict(sorted(page["components"]["schemas"].items()))
    return json.dumps(page, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
