"""The checker's own view of open time: one sweep over calendars, holes and people, sharing no code with the axis."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from scheduling.problem import Calendar, Problem


class Open:
    """Open time of a resource together with pools: edges of a sweep over calendars and holes."""

    def __init__(self, problem: Problem, resource: str, needs: Iterable[tuple[str, int]], high: int) -> None:
        """Sweep every calendar up to `high`; time is open where all conditions hold at once."""
        calendar = problem.resource_by_id[resource].calendar
        conditions = [(list(_openings(problem, problem.calendar_by_id[calendar], high, 1)), 1)]
        for pool, quantity in needs:
            conditions.append((pool_marks(problem, pool, high), quantity))
        closed = [window for hole in problem.holes if hole.resource == resource for window in hole.closed()]
        self._begin(conditions, closed)

    @classmethod
    def plain(cls, problem: Problem, calendar: str, high: int) -> "Open":
        """Open time of a calendar by itself."""
        made = cls.__new__(cls)
        made._begin([(list(_openings(problem, problem.calendar_by_id[calendar], high, 1)), 1)], [])
        return made

    def _begin(self, conditions: Sequence[tuple[list[tuple[int, int]], int]], closed: list[tuple[int, int]]) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.before: list[int] = [0]
        self._sweep(conditions, closed)

    def _sweep(self, conditions: Sequence[tuple[list[tuple[int, int]], int]], closed: list[tuple[int, int]]) -> None:
        level, down = [0] * len(conditions), 0
        marks = [(tick, i, change) for i, (edges, _) in enumerate(conditions) for tick, change in edges]
        marks += [(start, -1, 1) for start, _ in closed] + [(end, -1, -1) for _, end in closed]
        opened: int | None = None
        marks.sort()
        for place, (tick, which, change) in enumerate(marks):
            if which < 0:
                down += change
            else:
                level[which] += change
            if place + 1 < len(marks) and marks[place + 1][0] == tick:
                continue
            working = down == 0 and all(have >= need for have, (_, need) in zip(level, conditions, strict=True))
            if working and opened is None:
                opened = tick
            elif not working and opened is not None:
                self._add(opened, tick)
                opened = None

    def _add(self, start: int, end: int) -> None:
        self.starts.append(start)
        self.ends.append(end)
        self.before.append(self.before[-1] + end - start)

    def at(self, tick: int) -> bool:
        """Whether the tick [tick, tick+1) is open."""
        i = bisect_right(self.starts, tick) - 1
        return i >= 0 and tick < self.ends[i]

    def ticks(self, start: int, end: int) -> int:
        """Open ticks in [start, end); 0 when the interval is empty."""
        return self._until(end) - self._until(start) if end > start else 0

    def _until(self, tick: int) -> int:
        i = bisect_right(self.starts, tick) - 1
        return 0 if i < 0 else self.before[i] + min(tick, self.ends[i]) - self.starts[i]

    def done(self, start: int, ticks: int) -> int | None:
        """The tick at which so many open ticks have passed since `start`; None when the calendar ends before."""
        if ticks == 0:
            return start
        goal = self._until(start) + ticks
        i = bisect_left(self.before, goal) - 1
        return self.starts[i] + goal - self.before[i] if i < len(self.starts) else None

    def pieces(self, start: int, end: int) -> Iterable[tuple[int, int]]:
        """Open pieces of [start, end)."""
        for i in range(max(bisect_right(self.starts, start) - 1, 0), len(self.starts)):
            if self.starts[i] >= end:
                return
            if self.ends[i] > start:
                yield max(start, self.starts[i]), min(end, self.ends[i])


def _openings(problem: Problem, calendar: Calendar, high: int, count: int) -> Iterable[tuple[int, int]]:
    """+count where a window opens and -count where it closes, repetitions included."""
    for start, end in calendar.windows:
        yield start, count
        yield end, -count
    turn = problem.horizon
    while calendar.repeat and turn <= high:
        shift = turn - problem.horizon + calendar.repeat
        for start, end in calendar.windows:
            if end + shift > turn:
                yield max(start + shift, turn), count
                yield end + shift, -count
        turn += calendar.repeat


def pool_marks(problem: Problem, pool: str, high: int) -> list[tuple[int, int]]:
    """Changes of a pool's headcount by time."""
    marks: list[tuple[int, int]] = []
    for calendar, count in problem.pool_by_id[pool].shifts:
        marks += _openings(problem, problem.calendar_by_id[calendar], high, count)
    for absence in problem.absences:
        if absence.pool == pool:
            marks += [(absence.start, -absence.count), (absence.end, absence.count)]
    return marks
