"""Resources that change over between families, and those that take one family together (ovens, foaming jigs)."""

from bisect import bisect_right
from collections.abc import Callable

from scheduling.lane import NOBODY

Change = Callable[[str, str], int]


class Changing:
    """Stretches of one piece (or one batch) at a time with the changeover kept free between two families.

    `since` is the position of the present and `family` what the resource stands ready for. With a `room` above zero
    work of one family and length may join a batch that starts at or after its position.
    """

    __slots__ = ("change", "ends", "families", "family", "left", "room", "since", "starts", "tasks")

    def __init__(self, change: Change, family: str, since: int, room: int = 0) -> None:
        """Nothing planned yet."""
        self.change, self.family, self.since, self.room = change, family, since, room
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.tasks: list[int] = []
        self.families: list[str] = []
        self.left: list[int] = []

    def fit(self, position: int, ticks: int, load: int, family: str) -> tuple[int, int]:
        """First position from here at which the work fits with its changeovers or joins a batch, and who pushed it."""
        i = bisect_right(self.ends, position)
        while True:
            at, blocker = self._free(i, position, family)
            if i == len(self.starts) or at + ticks + self.change(family, self.families[i]) <= self.starts[i]:
                return at, blocker
            if self._joins(i, position, ticks, load, family):
                return self.starts[i], self.tasks[i] if self.starts[i] > position else NOBODY
            i += 1

    def _free(self, i: int, position: int, family: str) -> tuple[int, int]:
        """Where the resource is ready for the family behind stretch i - 1."""
        before, since = (self.families[i - 1], self.ends[i - 1]) if i else (self.family, self.since)
        ready = since + self.change(before, family)
        return (ready, self.tasks[i - 1] if i else NOBODY) if ready > position else (position, NOBODY)

    def _joins(self, i: int, position: int, ticks: int, load: int, family: str) -> bool:
        return (
            self.left[i] >= load
            and self.starts[i] >= position
            and self.families[i] == family
            and self.ends[i] - self.starts[i] == ticks
        )

    def take(self, start: int, end: int, load: int, family: str, task: int) -> None:
        """Occupy a stretch or a place in a batch; what running tasks already hold of it stays theirs."""
        i = bisect_right(self.ends, start)
        if i < len(self.starts) and self.starts[i] == start and self._joins(i, start, end - start, load, family):
            self.left[i] -= load
            return
        while i < len(self.ends) and self.starts[i] < end:
            start = max(start, self.ends[i])
            i += 1
        if start < end:
            for column, value in (
                (self.starts, start), (self.ends, end), (self.tasks, task), (self.left, self.room - load),
            ):  # fmt: skip
                column.insert(i, value)
            self.families.insert(i, family)
