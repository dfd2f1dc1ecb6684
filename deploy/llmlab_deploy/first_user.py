"""The user that the first start of an embedded stack makes, so that there is a key to begin with."""

import http.client
import json
import secrets
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from llmlab_deploy.embedded.state import DataFolder, write_private
from llmlab_deploy.errors import StackError

EMAIL = "owner@llmlab.local"


@dataclass(frozen=True, slots=True)
class FirstUser:
    """How to sign in, and the API key that came with it."""

    email: str
    password: str
    api_key: str


def first_user(folder: DataFolder, url: str) -> FirstUser | None:
    """Return the folder's first user, made by the API at `url` if nobody has signed up yet.

    None when somebody else has: then the installation has an owner already.
    """
    file = folder.first_user_file
    if file.exists():
        content = json.loads(file.read_text())
        return FirstUser(**{field.name: content[field.name] for field in fields(FirstUser)})
    password = secrets.token_urlsafe(12)
    status, answer = post_json(f"{url}/api/auth/signup", {"email": EMAIL, "password": password})
    if status in (http.HTTPStatus.CONFLICT, http.HTTPStatus.FORBIDDEN):
        return None
    if status != http.HTTPStatus.CREATED:
        raise StackError(f"the first user could not be made: {answer.get('detail', answer)}")
    user = FirstUser(EMAIL, password, answer["api_key"])
    write_private(file, asdict(user))
    return user


def post_json(url: str, body: dict[str, Any], bearer: str | None = None) -> tuple[int, dict[str, Any]]:
    """Send a JSON object; return the status and the JSON object that came back."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    headers = {"content-type": "application/json"}
    if bearer:
        headers["authorization"] = f"Bearer {bearer}"
    try:
        connection.request("POST", parts.path, json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise StackError(f"{url} did not answer: {error}") from error
    finally:
        connection.close()
