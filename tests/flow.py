"""A steady flow of events from a client that repeats what was not acknowledged, as the SDK does.

Every event has an exact expected cost, so that after any fault the stored total can be told exactly.
"""

import asyncio
import itertools
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import httpx
from llmlab_shared.ids import uuid7

# USD a token, of the catalogue; both have cost the same since they came out.
PRICES = {
    ("openai", "gpt-4"): (Decimal("0.00003"), Decimal("0.00006")),
    ("anthropic", "claude-3-haiku-20240307"): (Decimal("0.00000025"), Decimal("0.00000125")),
}


@dataclass
class Flow:
    """Sends batches with several tasks until stopped; `acknowledged` counts what got a 202."""

    url: str
    key: str
    seed: int
    tasks: int = 4
    batch: int = 20
    acknowledged: int = 0
    expected_cost: Decimal = Decimal(0)
    retries: int = 0
    statuses: dict[int | str, int] = field(default_factory=dict)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    def _event(self, rng: random.Random) -> tuple[dict[str, object], Decimal]:
        provider, model = rng.choice(list(PRICES))
        price_in, price_out = PRICES[provider, model]
        tokens_in, tokens_out = rng.randrange(5000), rng.randrange(1000)
        now = datetime.now(UTC)
        event: dict[str, object] = {
            # One in five ids holds no time: those are guarded by a table of their own.
            "id": str(uuid4() if rng.random() < 0.2 else uuid7()),
            "timestamp": now.isoformat(),
            "provider": provider,
            "model": model,
            "input_tokens": tokens_in,
            "output_tokens": tokens_out,
            "feature": rng.choice(["search", "chat", "summaries"]),
            "customer": f"customer-{rng.randrange(20)}",
            "environment": rng.choice(["production", "staging"]),
        }
        return event, tokens_in * price_in + tokens_out * price_out

    async def _send(self, client: httpx.AsyncClient, rng: random.Random) -> None:
        while not self._stop.is_set():
            made = [self._event(rng) for _ in range(self.batch)]
            body = json.dumps({"events": [event for event, _ in made]}).encode()
            for attempt in itertools.count():
                status: int | str
                try:
                    answer = await client.post("/api/events/track", content=body)
                    status = answer.status_code
                except httpx.HTTPError as error:
                    status = type(error).__name__
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status == 202:
                    assert answer.json()["accepted"] == self.batch
                    break
                if isinstance(status, int) and status not in (503, 429):
                    raise AssertionError(f"{status}: {answer.text}")
                self.retries += 1
                await asyncio.sleep(min(0.05 * 2**attempt, 0.5))
            self.acknowledged += self.batch
            self.expected_cost += sum((cost for _, cost in made), Decimal(0))
            await asyncio.sleep(0.01)

    async def run(self) -> None:
        """Send until `stop` is called, then return when every batch begun is acknowledged."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        async with (
            httpx.AsyncClient(base_url=self.url, headers=headers, timeout=5) as client,
            asyncio.TaskGroup() as group,
        ):
            for task in range(self.tasks):
                group.create_task(self._send(client, random.Random(self.seed * 1000 + task)))

    def stop(self) -> None:
        """Let every task finish the batch it is sending."""
        self._stop.set()
