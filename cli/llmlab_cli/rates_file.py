"""A file of rates: what an option for each rate cannot say, sizes of input and times of day among it."""

import json
from decimal import Decimal
from typing import Any, Final

import rich_click as click

from llmlab_cli.errors import one_line

# What a price says, as `prices own --json` and `prices show --json` print it under `rates`.
PARTS: Final = ("tokens", "tiers", "windows", "units")


class RatesFileType(click.ParamType[dict[str, Any]]):
    """A JSON file, `-` for standard input: an object of `tokens`, `tiers`, `windows`, `units`."""

    name = "file"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        """Return the object, numbers as they are written. Fails for what cannot be read and for another."""
        if isinstance(value, dict):
            return value
        name = str(value)
        try:
            with click.open_file(name, encoding="utf-8") as file:
                found = json.load(file, parse_float=Decimal)
        except OSError as error:
            self.fail(f"{name} cannot be read: {one_line(error.strerror or str(error))}", param, ctx)
        except (ValueError, RecursionError) as error:
            self.fail(f"{name} is no JSON: {one_line(str(error))}", param, ctx)
        if not isinstance(found, dict) or not found:
            self.fail(f"{name} holds no rates: give an object of {', '.join(PARTS)}", param, ctx)
        for part in found:
            if part not in PARTS:
                what = f"{name} has {one_line(part)!r}, which is no part of a price"
                self.fail(f"{what}: the parts are {', '.join(PARTS)}", param, ctx)
        return found
