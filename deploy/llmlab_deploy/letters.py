"""Dead letters as an operator's commands read and print them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from llmlab_shared.db.dead_letters import Reason
from llmlab_shared.domain.dead_letters import Key, head_of, letter_id, read_letter_id
from llmlab_shared.errors import LLMLabError

from llmlab_deploy.errors import StackError


def key_of(text: str) -> Key:
    """Return the letter that an id names. Raises `StackError` for one that is none."""
    try:
        return read_letter_id(text)
    except LLMLabError as error:
        raise StackError(f"{error.detail}: `llmlab deadletters ls` shows them") from None


def letter_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a letter as `--json` shows it."""
    replayed: datetime | None = row["replayed_at"]
    return {
        "id": letter_id(row["entry"], row["index"]),
        "workspace_id": row["workspace_id"] or None,
        "api_key_id": row["api_key_id"] or None,
        "code": row["code"],
        "reason": row["reason"],
        "received_at": row["received_at"].isoformat(),
        "died_at": row["died_at"].isoformat(),
        "replayed_at": replayed and replayed.isoformat(),
        "bytes": len(row["body"]),
        "head": head_of(row["body"]),
    }


def list_json(letters: int, reasons: Iterable[Reason], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what `deadletters ls --json` prints."""
    return {
        "letters": letters,
        "reasons": [
            {
                "code": reason.code,
                "reason": reason.reason,
                "letters": reason.letters,
                "workspaces": reason.workspaces,
                "first": reason.first.isoformat(),
                "last": reason.last.isoformat(),
            }
            for reason in reasons
        ],
        "newest": [letter_json(row) for row in rows],
    }
