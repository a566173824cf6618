"""Two clocks in one value: wall time for stamps, a monotonic tick for ages, so that a clock step ages nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _utc() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """`now()` is UTC-aware wall time; `tick()` is seconds that only go forward."""

    now: Callable[[], datetime] = _utc
    tick: Callable[[], float] = time.monotonic


SYSTEM = Clock()
