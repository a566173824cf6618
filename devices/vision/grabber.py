"""A thread that reads a camera as fast as it sends and keeps its newest frame alone.

Who decodes more slowly than the camera sends then sees the present, not a queue of the past. A camera that goes
away is opened again after 0.5, 1, 2 … 30 s, for as long as it takes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from devices.errors import DevicesError
from devices.vision.reading import Picture
from devices.vision.sources import Source, open_source

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0
STOP_S: Final = 12.0  # opening and reading give up after five seconds each


@dataclass(frozen=True, slots=True)
class GrabState:
    """How the camera is: whether it is open, frames since the start, times it went away; ``problem`` is a code."""

    is_open: bool = False
    frames: int = 0
    losses: int = 0
    problem: str | None = None


class Grabber:
    """Keeps one source open and its newest frame; ``open`` may be given by a test."""

    def __init__(
        self, name: str, opens: Callable[[str], Source] = open_source, first_wait_s: float = FIRST_WAIT_S
    ) -> None:
        self._name, self._opens, self._first_wait_s = name, opens, first_wait_s
        self._source: Source | None = None
        self._wait_s = first_wait_s
        self._newest: Picture | None = None
        self._fresh = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.state = GrabState()

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="grabber", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the source."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=STOP_S)

    def take(self, timeout_s: float = 0.0) -> Picture | None:
        """The newest frame that was not taken yet; waits up to ``timeout_s`` for one, None when there is none."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._newest is not None, timeout_s)
            frame, self._newest = self._newest, None
            return frame

    def step(self) -> float:
        """Open the source, or read a frame; returns how long to wait before the next step, s."""
        try:
            if self._source is None:
                self._source = self._opens(self._name)
                self.state = replace(self.state, is_open=True, problem=None)
                return 0.0
            frame = self._source.read()
        except Exception as error:  # a driver may throw anything, and the camera must be opened again all the same
            return self._lost(error)
        if frame is not None:
            self._keep(frame)
        return 0.0

    def close(self) -> None:
        """Let go of the source."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                wait_s = self.step()
                if wait_s:
                    self._stop.wait(wait_s)
        finally:
            self.close()

    def _keep(self, frame: Picture) -> None:
        with self._fresh:
            self._newest = frame
            self.state = replace(self.state, frames=self.state.frames + 1)
            self._fresh.notify_all()
        self._wait_s = self._first_wait_s  # well again with a frame, not with a door that opens onto nothing

    def _lost(self, error: Exception) -> float:
        was_open = self._source is not None
        self.close()
        losses = self.state.losses + was_open
        problem = error.code if isinstance(error, DevicesError) else type(error).__name__
        self.state = replace(self.state, is_open=False, losses=losses, problem=problem)
        wait_s, self._wait_s = self._wait_s, min(LONGEST_WAIT_S, self._wait_s * 2)
        return wait_s
