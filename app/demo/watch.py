"""Waiting for what should happen: every wait ends, and says what did not happen."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.demo.client import Client, Lost, Refused
from app.demo.machines import DevicesError
from app.demo.told import N_, Failed

PAUSE_S, LOOK_S = 0.25, 2.0
# The seconds named in a step are those of a machine with little else to do; a busy one is granted as many times more.
PATIENCE = 4
GONE = {
    "poller": N_("The poller is not alive: machines are neither read nor slowed."),
    "worker": N_("The worker is not alive: nothing is planned."),
}
Found = TypeVar("Found")


class Watch:
    """Waits with one eye on the processes: when one of them is gone, waiting on is of no use."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._looked = 0.0

    async def until(
        self, ask: Callable[[], Awaitable[Found | None]], seconds: float, sentence: str, **values: Any
    ) -> Found:
        """What ``ask`` finds at last; Failed with the sentence when it finds nothing for so long."""
        seconds *= PATIENCE
        ends = time.monotonic() + seconds
        while True:
            try:
                found = await ask()
            except (Refused, Lost, DevicesError, OSError):
                found = None
            if found:
                return found
            if time.monotonic() > ends:
                raise Failed(sentence, **values, seconds=round(seconds))
            await self.look()
            await asyncio.sleep(PAUSE_S)

    async def look(self) -> None:
        """Failed when the poller or the worker no longer renews its lease."""
        if time.monotonic() - self._looked < LOOK_S:
            return
        self._looked = time.monotonic()
        parts = (await asyncio.to_thread(self.client.plain, "/readyz")).get("parts", {})
        for name, sentence in GONE.items():
            until = (parts.get(name) or {}).get("until")
            if until and datetime.fromisoformat(until) < datetime.now(UTC):
                raise Failed(sentence)
