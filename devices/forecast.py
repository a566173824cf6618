"""What the line will do next: a discrete-event model started from the live state tells completions and congestion.

Each run draws processing times and breakdowns; many runs give a median, a range, and how likely a station is to
congest.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from devices.course import Stopped, course
from devices.flow import Course, Job, Live, Place, Rope

__all__ = ["Course", "Expected", "Forecast", "Job", "Live", "Place", "Rope", "by_rate", "course", "forecast"]


@dataclass(frozen=True, slots=True)
class Expected:
    """When something happens in s from now: the middle run, one in ten earlier, one in ten later; how many runs."""

    at_s: float
    early_s: float
    late_s: float
    share: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """Completions by order and congestion by station, those of at least one run."""

    orders: Mapping[str, Expected]
    congestion: Mapping[str, Expected]
    runs: int


def forecast(
    live: Live, horizon_s: float, runs: int = 30, seed: int = 0, stop: Callable[[], bool] = lambda: False
) -> Forecast:
    """Run the model ``runs`` times over ``horizon_s`` from the live state; fewer times when ``stop`` says so."""
    courses: list[Course] = []
    try:
        for run in range(runs):
            if courses and stop():
                raise Stopped
            courses.append(course(live, horizon_s, random.Random(f"{seed}/{run}"), stop))
    except Stopped:  # what was run until then counts
        runs = len(courses)
    return Forecast(
        _expected([one.done_s for one in courses], runs), _expected([one.over_s for one in courses], runs), runs
    )


def _expected(found: Sequence[Mapping[str, float]], runs: int) -> dict[str, Expected]:
    """The range of each key over the runs; a run in which it did not happen counts as beyond the horizon."""
    times: dict[str, list[float]] = {}
    for one in found:
        for key, at in one.items():
            times.setdefault(key, []).append(at)
    return {key: _range(sorted(found_at), runs) for key, found_at in times.items()}


def _range(times: list[float], runs: int) -> Expected:
    padded = times + [math.inf] * (runs - len(times))
    at = padded[(runs - 1) // 2]
    early, late = padded[runs // 10], padded[min(runs - 1, runs * 9 // 10)]
    return Expected(at, early, late, len(times) / runs)


def by_rate(live: Live, rates: Mapping[str, float]) -> dict[str, float]:
    """The plain guess to compare with: pieces before an order at its last station, divided by the average rate.

    ``rates`` are pieces a second by station. Orders without a rate are left out.
    """
    last = _last_jobs(live)
    found = {}
    for order, job in last.items():
        rate = rates.get(job.place, 0.0)
        ahead = sum(other.pieces for other in last.values() if other.place == job.place and other.rank <= job.rank)
        if rate > 0:
            found[order] = ahead / rate
    return found


def _last_jobs(live: Live) -> dict[str, Job]:
    before = {key for job in live.jobs for key, _ in job.follows}
    return {job.order: job for job in live.jobs if job.key not in before}
