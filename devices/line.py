"""A line of stations in SimPy, slowed by the very `throttle.decide` that runs in the plant.

It answers what a rule would cost before it is saved: output, work in process, lead time, switches.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from devices.throttle import Backlog, RopeState, Rule, decide, rope_size

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
Process = Generator[Any, Any, None]


@dataclass(frozen=True, slots=True)
class Line:
    """A line: mean cycle of each station in s, coefficient of variation, MTBF and MTTR in s, index of the bottleneck.

    The defaults are the reference line: five stations, the fourth the slowest, a breakdown an hour of five minutes.
    """

    cycles_s: tuple[float, ...] = (48.0, 50.0, 47.0, 60.0, 50.0)
    variation: float = 0.3
    mtbf_s: float = 3600.0
    mttr_s: float = 300.0
    bottleneck: int = 3

    def rope(self) -> tuple[int, int]:
        """Return (high, low) in pieces by the sizing rule."""
        touch = sum(self.cycles_s[: self.bottleneck + 1])
        repair_s = self.mttr_s if self.mtbf_s > 0 else 0.0
        return rope_size(touch, self.bottleneck, repair_s, self.cycles_s[self.bottleneck])


@dataclass(frozen=True, slots=True)
class LineResult:
    """What a run showed: pieces per hour, mean pieces in process, lead time in s, switches per hour, share held."""

    per_hour: float
    mean_wip: float
    lead_s: float
    switches_per_hour: float
    held_share: float


@dataclass(slots=True)
class _Book:
    """The running sums of one run after its warm-up."""

    warm_s: float
    done: int = 0
    wip: int = 0
    rope: int = 0
    area: float = 0.0
    at: float = 0.0
    lead_s: float = 0.0
    switches: int = 0
    held_s: float = 0.0

    def step(self, now: float, wip: int) -> None:
        """Close the stretch since the last change of the work in process, and set the new one."""
        begin = max(self.at, self.warm_s)
        self.area += self.wip * max(0.0, now - begin)
        self.at, self.wip = now, wip


class _Fate:
    """When one station is down, drawn as time goes by: exponential times between breakdowns and to repair, in s."""

    def __init__(self, line: Line, rng: random.Random) -> None:
        self.line, self.rng = line, rng
        self.down_at, self.up_at = math.inf, math.inf
        if line.mtbf_s > 0:
            self._draw(0.0)

    def done_at(self, now: float, work_s: float) -> float:
        """Return when so much work, begun now, is done: the time down does not count."""
        while self.up_at <= now:
            self._draw(self.up_at)
        at = max(now, self.up_at) if self.down_at <= now else now
        if at > now:
            self._draw(self.up_at)
        while at + work_s > self.down_at:
            work_s -= self.down_at - at
            at = self.up_at
            self._draw(at)
        return at + work_s

    def _draw(self, since: float) -> None:
        self.down_at = since + self.rng.expovariate(1 / self.line.mtbf_s)
        self.up_at = self.down_at + (self.rng.expovariate(1 / self.line.mttr_s) if self.line.mttr_s > 0 else 0.0)


class LineModel:
    """One seeded run of a line, with a rule over its release or without."""

    def __init__(self, line: Line, rule: Rule | None, seed: int, period_s: float, warm_s: float) -> None:
        """Build the stations; a rule is asked each period_s seconds."""
        import simpy

        self.line, self.rule, self.period_s = line, rule, period_s
        self.env = simpy.Environment()
        self.queues = [simpy.Store(self.env) for _ in line.cycles_s]
        # two streams a station, so that two policies under one seed meet the same cycles and the same breakdowns
        self.rngs = [random.Random(f"{seed}/{i}") for i in range(len(line.cycles_s))]
        self.fates = [_Fate(line, random.Random(f"{seed}/{i}/breakdown")) for i in range(len(line.cycles_s))]
        self.book = _Book(warm_s)
        self.released = self.env.event()
        self.state = RopeState()
        for i in range(len(line.cycles_s)):
            self.env.process(self._station(i))
        if rule:
            self.env.process(self._control(rule))

    def run(self, horizon_s: float) -> LineResult:
        """Run to the horizon and return what was seen after the warm-up."""
        self.env.run(horizon_s)
        self.book.step(horizon_s, self.book.wip)
        span = horizon_s - self.book.warm_s
        return LineResult(
            per_hour=self.book.done / span * 3600,
            mean_wip=self.book.area / span,
            lead_s=self.book.lead_s / max(self.book.done, 1),
            switches_per_hour=self.book.switches / span * 3600,
            held_share=self.book.held_s / span,
        )

    def _station(self, i: int) -> Process:
        while True:
            if i == 0:
                while self.state.level == "hold":
                    yield self.released
                entered = self.env.now
                self.book.step(entered, self.book.wip + 1)
                self.book.rope += 1
            else:
                entered = yield self.queues[i].get()
            yield from self._work(i)
            self._pass_on(i, entered)

    def _pass_on(self, i: int, entered: float) -> None:
        if i == self.line.bottleneck:
            self.book.rope -= 1
        if i + 1 < len(self.queues):
            self.queues[i + 1].put(entered)
            return
        self.book.step(self.env.now, self.book.wip - 1)
        if self.env.now >= self.book.warm_s:
            self.book.done += 1
            self.book.lead_s += self.env.now - entered

    def _work(self, i: int) -> Process:
        """Work one lognormal cycle; a breakdown stops it and the rest is done afterwards."""
        now = self.env.now
        yield self.env.timeout(self.fates[i].done_at(now, self._cycle(i)) - now)

    def _cycle(self, i: int) -> float:
        if self.line.variation <= 0:
            return self.line.cycles_s[i]
        sigma = math.sqrt(math.log(1 + self.line.variation**2))
        return self.rngs[i].lognormvariate(math.log(self.line.cycles_s[i]) - sigma**2 / 2, sigma)

    def _control(self, rule: Rule) -> Process:
        while True:
            yield self.env.timeout(self.period_s)
            now = EPOCH + timedelta(seconds=self.env.now)
            before = self.state.level
            self.state, _ = decide(self.state, Backlog(self.book.rope, now), rule, now)
            self._count(before)

    def _count(self, before: str) -> None:
        if self.env.now > self.book.warm_s:
            self.book.switches += self.state.level != before
            self.book.held_s += self.period_s if self.state.level == "hold" else 0.0
        if before == "hold" and self.state.level != "hold":
            freed, self.released = self.released, self.env.event()
            freed.succeed()


def simulate(
    line: Line,
    rule: Rule | None = None,
    *,
    horizon_s: float = 100_000.0,
    warm_s: float = 10_000.0,
    period_s: float = 5.0,
    seed: int = 0,
) -> LineResult:
    """Return what a line does over horizon_s seconds, with a rule over its release or without one."""
    return LineModel(line, rule, seed, period_s, warm_s).run(horizon_s)


def rope_rule(line: Line, on_delay_s: float = 0.0, min_dwell_s: float = 120.0) -> Rule:
    """Return the rule for a line sized by `rope_size`: the first station waits for the bottleneck."""
    high, low = line.rope()
    return Rule("rope", f"s{line.bottleneck}", ("s0",), high, low, on_delay_s=on_delay_s, min_dwell_s=min_dwell_s)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would cost a line: its band, the share of the output that it keeps, and what was seen with it."""

    high: int
    low: int
    kept: float
    free: LineResult
    roped: LineResult


def tried(line: Line, rule: Rule, seeds: Sequence[int] = range(4), horizon_s: float = 100_000.0) -> Trial:
    """Return what a rule over the release of a line costs; both runs of a seed meet the same cycles and breakdowns."""
    free = _mean([simulate(line, seed=seed, horizon_s=horizon_s, warm_s=horizon_s / 10) for seed in seeds])
    return _trial(line, rule, free, seeds, horizon_s)


def fitted(
    line: Line, want: float = 0.98, seeds: Sequence[int] = range(4), horizon_s: float = 100_000.0, most: int = 20
) -> Trial:
    """Return the first rope, from `rope_size` upwards, that keeps the share `want` of the output; the last of `most`.

    A line whose bottleneck comes late, or whose stops are long for its pieces, needs more than the sizing rule gives.
    """
    free = _mean([simulate(line, seed=seed, horizon_s=horizon_s, warm_s=horizon_s / 10) for seed in seeds])
    rule = rope_rule(line)
    for _ in range(most):
        trial = _trial(line, rule, free, seeds, horizon_s)
        if trial.kept >= want:
            break
        step = max(1, round(0.04 * rule.high))
        rule = replace(rule, high=rule.high + step, low=rule.low + step)
    return trial


def _trial(line: Line, rule: Rule, free: LineResult, seeds: Sequence[int], horizon_s: float) -> Trial:
    roped = _mean([simulate(line, rule, seed=seed, horizon_s=horizon_s, warm_s=horizon_s / 10) for seed in seeds])
    return Trial(int(rule.high), int(rule.low), roped.per_hour / free.per_hour if free.per_hour else 0.0, free, roped)


def _mean(runs: Sequence[LineResult]) -> LineResult:
    rows = [astuple(run) for run in runs]
    return LineResult(*(sum(column) / len(rows) for column in zip(*rows, strict=True)))
