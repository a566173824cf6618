"""Real machines on loopback, a real poller on the real store, and a way to wait for what it writes."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from app.db import db, on_commit
from app.workers.poll import Rhythm, run
from devices.simulator import Plant
from devices.tags import DeviceMap

QUICK = Rhythm(
    flush_s=0.02, limits_s=0.02, beat_s=0.1, look_s=0.05, upkeep_s=1, lease_s=5,
    periods={"fast": 0.03, "normal": 0.05, "slow": 0.1},
)  # fmt: skip


class Watch:
    """Wakes at each commit of the application, so that a test waits for a fact and never for a time."""

    def __init__(self, app: Flask) -> None:
        self._woken = threading.Event()
        on_commit(app, self._woken.set)

    def until(self, holds: Callable[[], Any], seconds: float = 60.0) -> Any:
        """Give what `holds` gives as soon as it is true; fails after `seconds`."""
        ends = time.monotonic() + seconds
        while True:
            self._woken.clear()
            db.session.rollback()
            db.session.expire_all()
            if found := holds():
                return found
            left = ends - time.monotonic()
            assert left > 0, "it did not happen"
            self._woken.wait(min(left, 0.25))


@contextmanager
def simulated(maps: tuple[DeviceMap, ...]) -> Iterator[Plant]:
    """A plant of machines that listens in a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    plant = Plant(maps, speed=50)
    ask(loop, plant.start())
    plant.loop = loop  # type: ignore[attr-defined]
    try:
        yield plant
    finally:
        ask(loop, plant.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def ask(loop: asyncio.AbstractEventLoop, coroutine: Any) -> Any:
    """Run a coroutine in another thread's loop and wait for it."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)


class Polling:
    """A poller in a thread, as the command runs it."""

    def __init__(self, app: Flask, rhythm: Rhythm = QUICK) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=run, args=(app, self._stop, rhythm))
        self._thread.start()

    def end(self) -> None:
        """Tell it to stop and wait until it has."""
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


@contextmanager
def polling(app: Flask, rhythm: Rhythm = QUICK) -> Iterator[Polling]:
    """A running poller; ended whatever happens."""
    one = Polling(app, rhythm)
    try:
        yield one
    finally:
        one.end()
