"""One run of the model of the line, event by event.

The model moves pieces in lots of a size that keeps a run short; a piece goes on to every following task as soon as it
is done, as reports push quantities on the floor.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from devices.flow import Course, Job, Live, Place, Rope

_MOST_LOTS = 40
_LOOK_EVERY = 1024


class Stopped(Exception):
    """The time for a run is up."""


@dataclass(slots=True)
class _Work:
    """A job while it runs: lots of pieces still to do, pieces that lie before it, arrivals by what it follows."""

    job: Job
    lot: int
    left: int
    lies: int
    passed: dict[str, float] = field(default_factory=dict)
    taken: int = 0

    def came(self) -> int:
        """What the least of its inputs has brought."""
        return math.floor(min(self.passed.values(), default=0) + 1e-9)


@dataclass(slots=True)
class _Station:
    """A station while it runs: free servers, whether it stands, the jobs that queue there in their rank.

    ``rates`` are what the ropes that are tight leave of its pace, by their numbers.
    """

    place: Place
    free: int
    is_down: bool
    is_closed: bool = False
    rates: dict[int, float] = field(default_factory=dict)
    jobs: list[_Work] = field(default_factory=list)

    def rate(self) -> float:
        """What is left of its pace; 0 when nothing may begin here."""
        return 0.0 if self.is_down or self.is_closed else min(self.rates.values(), default=1.0)


class _Run:
    """One run of the model."""

    def __init__(self, live: Live, rng: random.Random, stop: Callable[[], bool]) -> None:
        self.live, self.rng, self.stop, self.now = live, rng, stop, 0.0
        self.events: list[tuple[float, int, str, object]] = []
        self.count = 0
        self.works = {job.key: _work(job) for job in live.jobs}
        self.next: dict[str, list[_Work]] = {}
        for job in live.jobs:
            for key, _ in job.follows:
                self.next.setdefault(key, []).append(self.works[job.key])
        self.stations = {place.key: self._station(place) for place in live.places}
        self.open = dict.fromkeys((job.order for job in live.jobs), 0)
        for work in sorted(self.works.values(), key=lambda one: one.job.rank):
            self.stations[work.job.place].jobs.append(work)
            self.open[work.job.order] += work.left
        self.pieces = sum(self.open.values())
        self.done: dict[str, float] = {}
        self.over: dict[str, float] = {}
        self.tight: set[int] = set()
        self.lies = [rope.now for rope in live.ropes]
        self.pulls: dict[str, list[tuple[int, float]]] = {}
        for number, rope in enumerate(live.ropes):
            self._tie(number, rope)

    def _tie(self, number: int, rope: Rope) -> None:
        """Note which jobs make a rope longer and which shorter, and let one that is tight already slow its station."""
        for sign, jobs in ((1.0, rope.starts), (-1.0, rope.ends)):
            for key, weight in jobs.items():
                self.pulls.setdefault(key, []).append((number, sign * weight))
        if rope.is_tight:
            self._tighten(number, rope)

    def _station(self, place: Place) -> _Station:
        station = _Station(place, place.servers, place.down_s is not None)
        for begins, ends in place.closed:
            if begins <= 0:
                station.is_closed = True
            else:
                self._at(begins, "close", place.key)
            self._at(ends, "open", place.key)
        if place.down_s is not None:
            self._at(self.rng.expovariate(1 / place.down_s) if place.down_s > 0 else 0.0, "up", place.key)
        elif place.mtbf_s > 0:
            self._at(self.rng.expovariate(1 / place.mtbf_s), "down", place.key)
        return station

    def _at(self, after_s: float, what: str, about: object) -> None:
        self.count += 1
        heapq.heappush(self.events, (self.now + after_s, self.count, what, about))

    def until(self, horizon_s: float) -> Course:
        """Let it run."""
        for key in self.stations:
            self._start(key)
            self._watch(key)
        for number in range(len(self.lies)):
            self._pull(number, 0.0)
        while self.events and self.events[0][0] <= horizon_s and self.pieces:
            self.now, number, what, about = heapq.heappop(self.events)
            if number % _LOOK_EVERY == 0 and self.stop():
                raise Stopped
            if what == "done":
                self._finish(*about)  # type: ignore[misc]
            elif what in ("open", "close"):
                self.stations[str(about)].is_closed = what == "close"
                self._start(str(about))
            else:
                self._turn(str(about), what == "down")
        self.now = horizon_s
        return Course(self.done, self.over, self._left())

    def _start(self, key: str) -> None:
        """Give free servers the first job in rank that has pieces before it; each job has one at a time."""
        station = self.stations[key]
        while station.free and (rate := station.rate()) > 0:
            work = next((one for one in station.jobs if one.lies and not one.taken), None)
            if work is None:
                return
            pieces = min(work.lot, work.lies)
            work.taken = pieces
            station.free -= 1
            self._at(self._lasts(work.job, pieces) / rate, "done", (work, pieces))

    def _lasts(self, job: Job, pieces: int) -> float:
        """Processing time of some pieces: lognormal, the variation of each piece averaged over the lot."""
        mean = job.piece_s * pieces
        spread = self.live.variation / math.sqrt(pieces)
        sigma = math.sqrt(math.log(1 + spread * spread))
        return mean * math.exp(self.rng.gauss(-sigma * sigma / 2, sigma)) if sigma else mean

    def _finish(self, work: _Work, pieces: int) -> None:
        work.left -= pieces
        work.lies -= pieces
        work.taken = 0
        job = work.job
        self.stations[job.place].free += 1
        self.open[job.order] -= pieces
        self.pieces -= pieces
        if not self.open[job.order]:
            self.done[job.order] = self.now
        for follower in self.next.get(job.key, ()):
            self._push(follower, job.key, pieces)
        if not work.left:
            self.stations[job.place].jobs.remove(work)
        for number, weight in self.pulls.get(job.key, ()):
            self._pull(number, weight * pieces)
        self._start(job.place)

    def _pull(self, number: int, change: float) -> None:
        """A rope grew or shrank: at its upper number the place is congested and upstream waits, to the lower one.

        What is congested already is no news; it is again when the rope was slack in between.
        """
        rope = self.live.ropes[number]
        lies = self.lies[number] = max(self.lies[number] + change, 0.0)
        if lies >= rope.high and number not in self.tight:
            self.over.setdefault(rope.place, self.now)
            self._tighten(number, rope)
        elif lies <= rope.low and number in self.tight:
            self.tight.discard(number)
            if rope.slows in self.stations:
                self.stations[rope.slows].rates.pop(number, None)
                self._start(rope.slows)

    def _tighten(self, number: int, rope: Rope) -> None:
        self.tight.add(number)
        if rope.slows in self.stations:
            self.stations[rope.slows].rates[number] = rope.rate

    def _push(self, follower: _Work, key: str, pieces: int) -> None:
        job = follower.job
        follower.passed[job.inputs.get(key, key)] += pieces * job.ratios.get(key, 1.0)
        follower.lies = min(follower.left, job.arrived + follower.came() - (job.pieces - follower.left))
        self._start(job.place)
        self._watch(job.place)

    def _watch(self, key: str) -> None:
        station = self.stations[key]
        if key not in self.over and sum(work.lies for work in station.jobs) > station.place.limit:
            self.over[key] = self.now

    def _turn(self, key: str, is_down: bool) -> None:
        """A breakdown lets the lot in hand end; the next one waits for the repair."""
        station = self.stations[key]
        place = station.place
        station.is_down = is_down
        mean = place.mttr_s if is_down else place.mtbf_s
        if mean > 0:
            self._at(self.rng.expovariate(1 / mean), "up" if is_down else "down", key)
        self._start(key)

    def _left(self) -> Live:
        """The state at the end, so that a run can be looked at, forecast from, and go on."""
        places = tuple(
            replace(one.place, down_s=one.place.mttr_s if one.is_down else None,
                    closed=tuple((a - self.now, b - self.now) for a, b in one.place.closed if b > self.now))
            for one in self.stations.values()
        )  # fmt: skip
        jobs = tuple(
            replace(w.job, pieces=w.left, arrived=w.lies,
                    follows=tuple((key, w.passed[w.job.inputs.get(key, key)] - w.came()) for key, _ in w.job.follows
                                  if self.works[key].left))
            for w in self.works.values() if w.left
        )  # fmt: skip
        ropes = tuple(
            replace(rope, now=lies, is_tight=n in self.tight)
            for n, (rope, lies) in enumerate(zip(self.live.ropes, self.lies, strict=True))
        )
        return Live(places, jobs, self.live.variation, ropes)


def _work(job: Job) -> _Work:
    lot = max(1, math.ceil(job.pieces / _MOST_LOTS))
    passed = {job.inputs.get(key, key): extra for key, extra in job.follows}
    return _Work(job, lot, job.pieces, min(job.arrived, job.pieces), passed)


def course(live: Live, horizon_s: float, rng: random.Random, stop: Callable[[], bool] = lambda: False) -> Course:
    """One run of the model over ``horizon_s``; raises Stopped when ``stop`` says so now and then.

    Raises KeyError when a job names a place or task that is not there.
    """
    return _Run(live, rng, stop).until(horizon_s)
