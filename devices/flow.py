"""The live state a forecast starts from: stations, what is left of each task, ropes between stations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """A station: tasks at once, mean time between failures and to repair in s (0: never fails), backlog limit.

    ``down_s`` is how long it is still expected to stand; None when it runs. ``closed`` are the stretches, as (from,
    until) in s from now, in which nobody works there; what is in hand is finished.
    """

    key: str
    servers: int = 1
    mtbf_s: float = 0.0
    mttr_s: float = 0.0
    down_s: float | None = None
    limit: float = math.inf
    closed: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """What is left of a task: pieces, seconds a piece, where, how many pieces lie before it, and in which rank.

    ``arrived`` counts pieces already available to it beyond those done; ``follows`` names the tasks it waits for, each
    with the pieces it brought beyond what the others did. Of one that it waits for, a piece makes ``ratios`` pieces
    (1) here; several that bring the same ``inputs`` add up, inputs are joined by the least.
    """

    key: str
    order: str
    place: str
    pieces: int
    piece_s: float
    arrived: int
    rank: int
    follows: tuple[tuple[str, float], ...] = ()
    ratios: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rope:
    """The work on the way to ``place``: at ``high`` it is congested and ``slows`` waits until ``low``.

    ``now`` is under way already; a piece that a job of ``starts`` finishes adds its weight, one of ``ends`` takes its
    weight away. ``rate`` is what is left of the pace of ``slows`` (0: it waits altogether).
    """

    place: str
    high: float
    low: float
    now: float
    starts: Mapping[str, float] = field(default_factory=dict)
    ends: Mapping[str, float] = field(default_factory=dict)
    slows: str | None = None
    rate: float = 0.0
    is_tight: bool = False


@dataclass(frozen=True, slots=True)
class Live:
    """The state a forecast starts from."""

    places: tuple[Place, ...]
    jobs: tuple[Job, ...]
    variation: float = 0.3
    ropes: tuple[Rope, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """One run: when each order was done and each station first went over its limit, in s; what was left at the end."""

    done_s: Mapping[str, float]
    over_s: Mapping[str, float]
    left: Live
