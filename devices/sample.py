"""What the room hands out: samples with honest times, write results, and batches of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from devices.tags import Value

Quality = Literal["good", "uncertain", "bad"]
WriteState = Literal["requested", "written", "verified", "refused", "lost"]
LimitState = Literal["verified", "accepted", "effective", "ineffective", "overridden", "refused", "lost", "notify_only"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A value with its quality; `received_at` is when it truly arrived and is never refreshed by a repeat.

    `value` and `received_at` are None as long as nothing ever arrived: a dead machine has no value, not zero.
    """

    tag: str
    value: Value | None
    quality: Quality
    reason: str | None
    source_at: datetime | None
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of a write: registers asked for, registers read back, and the state reached."""

    requested: tuple[int, ...]
    read_back: tuple[int, ...] | None
    state: WriteState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LimitReport:
    """What became of a throttling demand at one machine.

    `demanded` and `effective` are run|limit|hold (None: not known); rates in per mille.
    """

    device: str
    machine: str
    state: LimitState
    demanded: str
    rate_permille: int
    effective: str | None
    effective_permille: int | None
    override: bool
    sequence: int
    write: WriteResult | None
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StateEdge:
    """A machine changed its state (ISO 22400 equipment state): running, idle, stopped or no_data, since `at`."""

    machine: str
    was: str
    state: str
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class CountDelta:
    """A piece counter moved: by how much, how it was read (counted, wrap, reset, jump), the raw total after."""

    machine: str
    tag: str
    delta: int
    kind: str
    total: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """What one reading round of one device has to tell: only what changed, or what is due by its heartbeat.

    `read_at` is when the device last answered (None: never); `samples` are those to store.
    """

    device: str
    machine: str
    at: datetime
    read_at: datetime | None
    samples: tuple[Sample, ...] = ()
    edges: tuple[StateEdge, ...] = ()
    counts: tuple[CountDelta, ...] = ()
    limits: tuple[LimitReport, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to hand on."""
        return bool(self.samples or self.edges or self.counts or self.limits)


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """How a link is: state up|down|unknown, last good exchange, failures in a row, reason of the last failure.

    `missed` periods were not read at all; `late_s` is the 99th percentile of how late the last reads began.
    """

    link: str
    devices: tuple[str, ...]
    state: str
    last_ok_at: datetime | None
    failures: int
    reason: str | None
    connects: int
    missed: int = 0
    late_s: float = 0.0
