"""Every request that docs/prices.md shows is one that the API takes."""

import json
import re
from pathlib import Path

import pytest
from world import World

DOCUMENT = (Path(__file__).parents[3] / "docs" / "prices.md").read_text()
SHOWN = re.findall(r"```http\n([A-Z]+) (\S+)\n(?:\n(.+?))?```", DOCUMENT, re.DOTALL)


def test_they_are_found() -> None:
    assert len(SHOWN) == DOCUMENT.count("```http") > 5


async def test_they_are_taken_in_their_order(world: World) -> None:
    for method, path, body in SHOWN:
        response = await world.client.request(
            method, path, json=json.loads(body) if body else None, headers=world.account.auth
        )
        assert response.is_success, (method, path, response.text)


@pytest.mark.parametrize("path", re.findall(r"`(?:GET|POST|PUT|DELETE) (/api/[^`?]+)", DOCUMENT))
async def test_every_path_that_is_named_is_there(world: World, path: str) -> None:
    paths = {re.sub(r"\{\w+\}", "{id}", known) for known in world.app.openapi()["paths"]}
    assert path in paths
