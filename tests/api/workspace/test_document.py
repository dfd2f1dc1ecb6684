"""Every request that docs/settings.md shows is one that the API takes."""

import json
import re
from pathlib import Path

from world import World

DOCUMENT = (Path(__file__).parents[3] / "docs" / "settings.md").read_text()
SHOWN = re.findall(r"```http\n([A-Z]+) (\S+)\n(?:\n(.+?))?```", DOCUMENT, re.DOTALL)


async def test_what_is_shown_is_taken_in_its_order(world: World) -> None:
    assert len(SHOWN) == DOCUMENT.count("```http") > 4
    for method, path, body in SHOWN:
        response = await world.client.request(
            method, path, json=json.loads(body) if body else None, headers=world.account.auth
        )
        assert response.is_success, (method, path, response.text)
    answer = (await world.get("/api/workspace")).json()
    assert (answer["timezone"], answer["tags"]) == ("Europe/Berlin", ["tier"])
    named = re.search(r"answers `\{(.+?)\}`", DOCUMENT)
    assert named is not None
    assert named[1].split(", ") == list(answer)
