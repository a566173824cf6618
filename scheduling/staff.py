"""How many people or tools of a pool are free by real time, while tasks take them."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from scheduling.problem import Problem
from scheduling.records import Window
from scheduling.windows import steps


class Staff:
    """Free people of one pool as pieces of real time; running tasks may have taken more than there are."""

    __slots__ = ("edges", "free", "grows_by", "pool", "problem", "until")

    def __init__(self, problem: Problem, pool: str, first: int) -> None:
        """Everybody on shift is free from `first` on."""
        self.problem, self.pool = problem, problem.pool_by_id[pool]
        repeats = [problem.calendar_by_id[name].repeat for name, _ in self.pool.shifts]
        self.grows_by = max(repeats, default=0) or 1
        self.edges: list[int] = []
        self.free: list[int] = []
        self.until = first
        self._know(max(problem.horizon, first + 1))

    def _know(self, until: int) -> None:
        while self.until < until:
            high = self.until + max(self.grows_by, until - self.until)
            calendars, absences = self.problem.calendar_by_id, self.problem.absences
            pieces = steps(self.pool, calendars, self.problem.horizon, self.until, high, absences)
            self.edges += [start for start, _, _ in pieces]
            self.free += [count for _, _, count in pieces]
            self.until = high

    def busy_until(self, segments: Sequence[Window], quantity: int) -> int | None:
        """None when the quantity is free in all segments, else the tick at which the first lack may end."""
        self._know(segments[-1][1] + 1 if segments else self.until)
        for start, end in segments:
            i = bisect_right(self.edges, start) - 1
            while i < len(self.edges) and self.edges[i] < end:
                if self.free[i] < quantity:
                    return self.edges[i + 1] if i + 1 < len(self.edges) else self.until
                i += 1
        return None

    def take(self, segments: Sequence[Window], quantity: int) -> None:
        """Send the quantity to work in these segments."""
        self._know(segments[-1][1] + 1 if segments else self.until)
        for start, end in segments:
            for i in range(self._cut(start), self._cut(end)):
                self.free[i] -= quantity

    def _cut(self, tick: int) -> int:
        i = bisect_left(self.edges, tick)
        if i == len(self.edges) or self.edges[i] != tick:
            self.edges.insert(i, tick)
            self.free.insert(i, self.free[i - 1])
        return i
