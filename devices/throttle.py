"""When upstream is told to wait: a rope over the work between release and the congested station.

Pure: the same function runs in the worker and in the line model. Hysteresis, on-delay and minimum dwell are the ideas
of alarm limits (OPC UA part 9); the rope is the drum-buffer-rope of Goldratt, sized by `rope_size`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from devices.errors import RuleError

Level = Literal["run", "limit", "hold"]
STRENGTH: dict[Level, int] = {"run": 0, "limit": 1, "hold": 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """Watches the backlog before `station`; at `high` its upstream is held (or limited, when rate_permille > 0).

    With a rate, `hold_at` is the higher backlog at which limiting becomes holding (None: never). Released at `low`.
    `upstream` names machines; `own` the machines of the station itself, which its own rule never slows.
    Backlogs in pieces, times in s. `stale_s`: older backlog starts nothing; `lease_s`: silence after which machines
    run again.
    """

    id: str
    station: str
    upstream: tuple[str, ...]
    high: float
    low: float
    on_delay_s: float = 15.0
    min_dwell_s: float = 120.0
    rate_permille: int = 0
    hold_at: float | None = None
    warn: float | None = None
    own: tuple[str, ...] = ()
    stale_s: float = 30.0
    lease_s: float = 15.0

    def __post_init__(self) -> None:
        """Refuse a rule without a band, or one that would hold below its own limit."""
        if not 0 <= self.low < self.high:
            raise RuleError("no_band", rule=self.id, low=self.low, high=self.high)
        if not 0 <= self.rate_permille < 1000:
            raise RuleError("bad_rate", rule=self.id, rate_permille=self.rate_permille)
        if self.hold_at is not None and self.hold_at < self.high:
            raise RuleError("hold_below_limit", rule=self.id, hold_at=self.hold_at)
        if self.warn is not None and not self.low < self.warn <= self.high:
            raise RuleError("warn_outside_band", rule=self.id, warn=self.warn)
        if min(self.on_delay_s, self.min_dwell_s, self.stale_s, self.lease_s) < 0:
            raise RuleError("negative_time", rule=self.id)

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the machines this rule may slow: upstream without the bottleneck itself."""
        return tuple(name for name in self.upstream if name not in (*self.own, self.station))


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work waiting before a station: pieces, when that was true, and whether it can be trusted."""

    pieces: float
    at: datetime
    good: bool = True


@dataclass(frozen=True, slots=True)
class RopeState:
    """What a rule remembers between decisions; store it as it is, `RopeState()` is the beginning."""

    level: Level = "run"
    since: datetime | None = None
    pending: Level | None = None
    pending_since: datetime | None = None
    warned: bool = False
    fresh_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What one rule asks of one machine now; it stands only as long as it is repeated."""

    target: str
    level: Level
    rate_permille: int
    rule: str
    station: str
    pieces: float
    since: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """Something people should know: kind warn|warn_over|limit|hold|run|lapsed, with the numbers of the moment."""

    kind: str
    rule: str
    station: str
    targets: tuple[str, ...]
    pieces: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule wants now: standing demands, and notices of what just changed."""

    demands: tuple[Demand, ...]
    notices: tuple[Notice, ...]


def decide(state: RopeState, backlog: Backlog, rule: Rule, now: datetime) -> tuple[RopeState, Decision]:
    """Return the next state and what to tell machines and people; call it each second or so, up to each minute.

    Stale or bad data starts and strengthens nothing; what stands then lapses after the lease, whatever the dwell.
    """
    if not backlog.good or now - backlog.at > timedelta(seconds=rule.stale_s):
        after, notices = _blind(state, backlog, rule, now)
        return after, Decision(_demands(after, backlog, rule, now), notices)
    after, notices = _level(replace(state, fresh_at=now), backlog, rule, now)
    after, warnings = _warning(after, backlog, rule, now)
    return after, Decision(_demands(after, backlog, rule, now), notices + warnings)


def combine(demands: Iterable[Demand]) -> dict[str, Demand]:
    """Return for each machine the strictest demand: hold before limit, then the lowest rate, then the oldest."""
    strictest: dict[str, Demand] = {}
    for demand in demands:
        held = strictest.get(demand.target)
        if held is None or _strictness(demand) < _strictness(held):
            strictest[demand.target] = demand
    return strictest


def rope_size(
    touch_s: float, upstream_stations: int, mttr_s: float, takt_s: float, repairs: float = 1.62
) -> tuple[int, int]:
    """Return (high, low) in pieces for a rope.

    high = max(3 × (stations + 1), ceil((touch + repairs × MTTR × stations) / takt)), low a tenth (at least 2) below;
    touch_s is the work content up to and including the bottleneck, takt_s the bottleneck's cycle. It is where to
    begin: 97.7 to 99.6 % of the output on the five lines it was measured on; `line.fitted` goes on from there.
    """
    if takt_s <= 0 or upstream_stations < 0:
        raise RuleError("bad_line", takt_s=takt_s, stations=upstream_stations)
    high = max(3 * (upstream_stations + 1), ceil((touch_s + repairs * mttr_s * upstream_stations) / takt_s))
    return high, high - max(2, round(0.1 * high))


def _strictness(demand: Demand) -> tuple[int, int, datetime, str]:
    return -STRENGTH[demand.level], demand.rate_permille, demand.since, demand.rule


def _wanted(level: Level, pieces: float, rule: Rule) -> Level:
    """Between low and high nothing changes: that is the whole of the hysteresis."""
    if pieces <= rule.low:
        return "run"
    if rule.rate_permille == 0:
        return "hold" if pieces >= rule.high else level
    if rule.hold_at is not None and pieces >= rule.hold_at:
        return "hold"
    return "limit" if level == "run" and pieces >= rule.high else level


def _level(state: RopeState, backlog: Backlog, rule: Rule, now: datetime) -> tuple[RopeState, tuple[Notice, ...]]:
    wanted = _wanted(state.level, backlog.pieces, rule)
    if wanted == state.level:
        return replace(state, pending=None, pending_since=None), ()
    if STRENGTH[wanted] > STRENGTH[state.level]:
        if state.pending != wanted:
            state = replace(state, pending=wanted, pending_since=now)
        if state.pending_since is None or now - state.pending_since < timedelta(seconds=rule.on_delay_s):
            return state, ()
    if state.since is not None and now - state.since < timedelta(seconds=rule.min_dwell_s):
        return state, ()
    changed = replace(state, level=wanted, since=now, pending=None, pending_since=None)
    return changed, (_notice(wanted, backlog, rule, now),)


def _blind(state: RopeState, backlog: Backlog, rule: Rule, now: datetime) -> tuple[RopeState, tuple[Notice, ...]]:
    """Without trustworthy data a pending start is forgotten, and a standing level lapses with its lease."""
    state = replace(state, pending=None, pending_since=None)
    last = state.fresh_at or state.since
    if state.level == "run" or (last is not None and now - last < timedelta(seconds=rule.lease_s)):
        return state, ()
    return replace(state, level="run", since=now), (_notice("lapsed", backlog, rule, now),)


def _warning(state: RopeState, backlog: Backlog, rule: Rule, now: datetime) -> tuple[RopeState, tuple[Notice, ...]]:
    if rule.warn is None:
        return state, ()
    warned = backlog.pieces >= rule.warn or (state.warned and backlog.pieces > rule.low)
    if warned == state.warned:
        return state, ()
    return replace(state, warned=warned), (_notice("warn" if warned else "warn_over", backlog, rule, now),)


def _demands(state: RopeState, backlog: Backlog, rule: Rule, now: datetime) -> tuple[Demand, ...]:
    if state.level == "run":
        return ()
    rate = 0 if state.level == "hold" else rule.rate_permille
    since = state.since or now
    return tuple(
        Demand(target, state.level, rate, rule.id, rule.station, backlog.pieces, since) for target in rule.targets
    )


def _notice(kind: str, backlog: Backlog, rule: Rule, now: datetime) -> Notice:
    return Notice(kind, rule.id, rule.station, rule.targets, backlog.pieces, now)
