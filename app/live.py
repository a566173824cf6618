"""What changed, for pages that look on: small messages to every stream that listens, by site and topic.

A message names topics and never carries data: the page fetches its own parts again, with its own rights. Queues are
bounded; who falls behind is told to fetch everything (``resync``) and misses nothing that way.
"""

import json
import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

from flask import Flask

QUEUE = 50
BEAT_S = 15.0
LONGEST_S = 1800.0


class Change(NamedTuple):
    """Topics of a site that changed with the events up to a position."""

    site_id: int
    position: int
    topics: frozenset[str]


@dataclass(eq=False)
class Listener:
    """One open stream: what it wants to hear of, and what waits for it; None ends it."""

    site_id: int
    topics: frozenset[str]
    waiting: queue.Queue[bytes | None] = field(default_factory=lambda: queue.Queue(QUEUE))

    def tell(self, message: bytes | None, position: int) -> None:
        """Queue a message; when the queue is full, one word stands for all that was in it."""
        try:
            self.waiting.put_nowait(message)
        except queue.Full:
            self._empty()
            self.waiting.put_nowait(message if message is None else framed("resync", {}, position))

    def _empty(self) -> None:
        while True:
            try:
                self.waiting.get_nowait()
            except queue.Empty:
                return


class Hub:
    """The streams of this process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._listeners: set[Listener] = set()
        self.position = 0
        self.stopping = threading.Event()

    def listen(self, site_id: int, topics: frozenset[str], cap: int) -> Listener | None:
        """Open a stream; None when ``cap`` of them are open or the process is about to end."""
        with self._guard:
            if len(self._listeners) >= cap or self.stopping.is_set():
                return None
            listener = Listener(site_id, topics)
            self._listeners.add(listener)
            return listener

    def leave(self, listener: Listener) -> None:
        """Forget a stream that ended."""
        with self._guard:
            self._listeners.discard(listener)

    def publish(self, changes: Iterable[Change]) -> None:
        """Tell each stream what it asked for."""
        with self._guard:
            listeners = list(self._listeners)
        for change in changes:
            self.position = max(self.position, change.position)
            made: dict[frozenset[str], bytes] = {}
            for listener in listeners:
                if listener.site_id != change.site_id or not (common := listener.topics & change.topics):
                    continue
                if common not in made:
                    made[common] = changed(common, change.position)
                listener.tell(made[common], change.position)

    def count(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    def stop(self) -> None:
        """End all streams, so that nobody waits for them when the process is told to end."""
        self.stopping.set()
        with self._guard:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.tell(None, self.position)


def hub_of(app: Flask) -> Hub:
    """The hub of an application in this process."""
    hub: Hub = app.extensions.setdefault("live", Hub())
    return hub


def framed(event: str, data: dict[str, object], position: int | None = None) -> bytes:
    """A message as an event stream writes it (WHATWG HTML, server-sent events)."""
    head = f"id: {position}\n" if position is not None else ""
    return f"{head}event: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def changed(topics: Iterable[str], position: int) -> bytes:
    """The message that some topics changed."""
    return framed("change", {"topics": sorted(topics), "position": position}, position)


def stream(hub: Hub, listener: Listener, first: Iterable[bytes], beat_s: float = BEAT_S) -> Iterator[bytes]:
    """The bytes of a stream: something at once, what was missed, then changes and a beat; ends after half an hour.

    It holds no database session: what it needs of the store was read before it began.
    """
    until = monotonic() + LONGEST_S
    try:
        yield b"retry: 3000\n\n" + framed("beat", {})
        yield from first
        while monotonic() < until and not hub.stopping.is_set():
            try:
                message = listener.waiting.get(timeout=beat_s)
            except queue.Empty:
                message = framed("beat", {})
            if message is None:
                return
            yield message
    finally:
        hub.leave(listener)
