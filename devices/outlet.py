"""The way from the poller to its sink: bounded, in order, never blocking the links."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from devices.sample import Batch

Sink = Callable[[Sequence[Batch]], Awaitable[None] | None]


class Outlet:
    """Hands batches to a sink in one task; a sync sink runs in a thread, a failing one is tried again.

    When the sink cannot follow, the oldest batches are dropped and counted in `dropped`.
    """

    def __init__(self, sink: Sink, most: int = 5000, first_s: float = 0.1, longest_s: float = 5.0) -> None:
        """Prepare an empty way; times in s are the pauses after a failing sink."""
        self.sink, self.first_s, self.longest_s = sink, first_s, longest_s
        self.most, self.dropped, self.failures = most, 0, 0
        self.error: str | None = None
        self._waiting: deque[Batch] = deque()
        self._filled = asyncio.Event()
        self._closing = asyncio.Event()

    def put(self, batch: Batch) -> None:
        """Add a batch that has something to tell."""
        if not batch:
            return
        if len(self._waiting) >= self.most:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(batch)
        self._filled.set()

    async def run(self) -> None:
        """Deliver until `close`, then deliver what is left once more."""
        while not (self._closing.is_set() and not self._waiting):
            await self._filled.wait()
            self._filled.clear()
            if self._waiting:
                await self._deliver(self._taken())

    def close(self) -> None:
        """Ask `run` to finish after what is waiting."""
        self._closing.set()
        self._filled.set()

    def _taken(self) -> list[Batch]:
        batches = list(self._waiting)
        self._waiting.clear()
        return batches

    async def _deliver(self, batches: list[Batch]) -> None:
        pause = self.first_s
        while True:
            try:
                await self._call(batches)
                self.error = None
                return
            except Exception as error:
                self.failures += 1
                self.error = repr(error)
            if self._closing.is_set():
                self.dropped += len(batches)
                return
            await _pause(self._closing, pause)
            pause = min(pause * 2, self.longest_s)

    async def _call(self, batches: list[Batch]) -> None:
        if inspect.iscoroutinefunction(self.sink):
            await self.sink(batches)
            return
        result = await asyncio.to_thread(self.sink, batches)
        if inspect.isawaitable(result):
            await result


async def _pause(unless: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(unless.wait(), seconds)
    except TimeoutError:
        return
