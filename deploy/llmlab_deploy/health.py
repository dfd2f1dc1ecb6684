"""Whether the processes of LLMLab do their work, asked from outside."""

import http.client
import json
import socket
from urllib.parse import urlsplit

import redis

HEARTBEATS = "llmlab:worker:*"


def answers(url: str) -> bool:
    """Tell whether an API says that it is ready."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def has_heartbeat(redis_url: str, pid: int) -> bool:
    """Tell whether the worker with this process id has reported itself lately."""
    try:
        with redis.Redis.from_url(redis_url, socket_timeout=2) as client:
            for key in client.scan_iter(HEARTBEATS, count=1000):
                said = client.get(key)
                beat = json.loads(said) if said is not None else {}
                # On a shared Redis another host's worker may have the same number.
                if (beat.get("pid"), beat.get("host")) == (pid, socket.gethostname()):
                    return True
    except redis.RedisError:
        return False
    return False
