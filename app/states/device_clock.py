"""When a scan was made, by a device's clock that may be wrong: put right by what was measured, doubted where it jumps.

A device tells when something was made and, with each try to send it, what its clock shows then. The difference to
the server's clock at that moment is its offset, also for what waited in it for an hour (Cristian's method with the
time of the way left out: on a plant's network it is milliseconds).
"""

from datetime import datetime, timedelta
from typing import NamedTuple

MOST_OFFSET = timedelta(minutes=2)
STEP = timedelta(seconds=1)
OLDEST = timedelta(hours=24)


class Made(NamedTuple):
    """``at`` is the moment to count with, ``offset_ms`` what was measured; ``uncertain``: ``at`` is the server's."""

    at: datetime
    offset_ms: int | None
    uncertain: bool


def made(
    device_at: datetime | None, sent_at: datetime | None, now: datetime, before: datetime | None = None
) -> Made:  # fmt: skip
    """When something was made. ``before`` is what the same device's clock showed at the scan before this one.

    Uncertain is a clock that is more than two minutes off, stepped back since the scan before, tells a time that has
    not come, or one a day ago: then the server's time counts.
    """
    if device_at is None:
        return Made(now, None, False)
    offset = None if sent_at is None else now - sent_at
    offset_ms = None if offset is None else round(offset / timedelta(milliseconds=1))
    at = device_at + (offset or timedelta())
    doubted = (
        (offset is not None and abs(offset) > MOST_OFFSET)
        or (before is not None and device_at < before - STEP)
        or (sent_at is not None and device_at > sent_at + STEP)
        or at > now + MOST_OFFSET
        or at < now - OLDEST
    )
    if doubted:
        return Made(now, _bounded(offset_ms), True)
    return Made(min(at, now), offset_ms, False)


def _bounded(offset_ms: int | None) -> int | None:
    """A clock of the year 1970 is wrong enough as it is: the figure stays within four bytes."""
    return None if offset_ms is None else max(-(2**31), min(2**31 - 1, offset_ms))
