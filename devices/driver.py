"""What the poller asks of a protocol, and how a device answers: the seam between machines and everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from devices.sample import WriteResult
from devices.tags import DeviceMap, Tag, Value


@dataclass(frozen=True, slots=True)
class Reading:
    """What came back for one tag: a value, or a reason; `answered` tells whether the device answered at all.

    A value may have come before it was asked for (`received_at`, and `tick` for its age), carry the device's own time
    (`source_at`), and be doubted for a `reason`.
    """

    tag: Tag
    value: Value | None
    reason: str | None
    answered: bool
    received_at: datetime | None = None
    tick: float | None = None
    source_at: datetime | None = None


class Connection(Protocol):
    """What devices on one line share: a socket, a bus, a broker. Opened when first needed."""

    connects: int

    def drop(self) -> None:
        """Close it; the next exchange opens it again."""


class Driver(Protocol):
    """One device over some protocol; `caps` says what it can: read, write, limit (the block of `signal`), subscribe."""

    device: DeviceMap
    caps: frozenset[str]

    async def open(self) -> None:
        """Prepare; a device that is not there is no error, it shows in what `read` gives."""

    async def close(self) -> None:
        """Let go of what belongs to this device alone."""

    async def read(self, cadence: str) -> list[Reading]:
        """Return what is known of the tags of a cadence; a failure is a reading with a reason, never an exception.

        A device that tells by itself gives readings only for what it told; the others grow older.
        """

    async def write(self, tag: Tag, value: Value, verify: bool = True) -> WriteResult:
        """Write one tag within its writable range; raises NotWritable or OutOfRange before anything is sent."""

    async def write_words(self, address: int, words: Sequence[int], tries: int = 1) -> WriteResult:
        """Write registers at once and read them back; only with the capability limit."""

    async def read_words(self, address: int, count: int) -> list[int]:
        """Return registers; only with the capability limit. Raises LinkError or Refused."""


def failed(tags: Sequence[Tag], reason: str, answered: bool = False) -> list[Reading]:
    """Return a reading without a value for each tag."""
    return [Reading(tag, None, reason, answered) for tag in tags]
