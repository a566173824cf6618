"""What a resource already holds, on its working axis: a lane for one piece at a time, a stack for several."""

from bisect import bisect_left, bisect_right

NOBODY = -1


class Lane:
    """Disjoint occupied stretches of a resource of capacity one, with the task that holds each."""

    __slots__ = ("ends", "starts", "tasks")

    def __init__(self) -> None:
        """An empty lane."""
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.tasks: list[int] = []

    def fit(self, position: int, ticks: int, load: int, family: str) -> tuple[int, int]:
        """First position from here at which the ticks fit into a gap, and the task that pushed it there."""
        ends = self.ends
        if not ends or ends[-1] <= position:
            return position, NOBODY
        starts, i, blocker = self.starts, bisect_right(ends, position), NOBODY
        count = len(ends)
        while i < count and starts[i] < position + ticks:
            position, blocker = ends[i], i
            i += 1
        return position, self.tasks[blocker] if blocker >= 0 else NOBODY

    def take(self, start: int, end: int, load: int, family: str, task: int) -> None:
        """Occupy a stretch; what running tasks already hold of it stays theirs."""
        ends = self.ends
        if not ends or ends[-1] <= start:
            self.starts.append(start)
            ends.append(end)
            self.tasks.append(task)
            return
        i = bisect_right(ends, start)
        while start < end:
            if i == len(ends) or self.starts[i] >= end:
                self._insert(i, start, end, task)
                return
            if start < self.starts[i]:
                self._insert(i, start, self.starts[i], task)
                i += 1
            start = ends[i]
            i += 1

    def _insert(self, i: int, start: int, end: int, task: int) -> None:
        self.starts.insert(i, start)
        self.ends.insert(i, end)
        self.tasks.insert(i, task)


class Stack:
    """Occupied units by position of a resource that holds several tasks at once, each for itself."""

    __slots__ = ("capacity", "edges", "leaves", "used")

    def __init__(self, capacity: int) -> None:
        """An empty stack for `capacity` units."""
        self.capacity = capacity
        self.edges: list[int] = [-(1 << 60)]
        self.used: list[int] = [0]  # used[i] holds from edges[i] to the next edge
        self.leaves: dict[int, int] = {}  # the task that leaves at an edge

    def fit(self, position: int, ticks: int, load: int, family: str) -> tuple[int, int]:
        """First position from here at which the load finds room for the ticks, and who pushed it there."""
        blocker, room = NOBODY, self.capacity - load
        i = bisect_right(self.edges, position) - 1
        while i < len(self.edges) and self.edges[i] < position + max(ticks, 1):
            if self.used[i] > room:
                position = self.edges[i + 1]  # the last piece is always empty, so there is a next one
                blocker = self.leaves.get(position, blocker)
            i += 1
        return position, blocker

    def take(self, start: int, end: int, load: int, family: str, task: int) -> None:
        """Add the load between two positions."""
        for i in range(self._cut(start), self._cut(end)):
            self.used[i] += load
        self.leaves[end] = task

    def _cut(self, position: int) -> int:
        i = bisect_left(self.edges, position)
        if i == len(self.edges) or self.edges[i] != position:
            self.edges.insert(i, position)
            self.used.insert(i, self.used[i - 1])
        return i


class Outside:
    """A supplier: whatever is sent finds room."""

    __slots__ = ()

    def fit(self, position: int, ticks: int, load: int, family: str) -> tuple[int, int]:
        """Always here."""
        return position, NOBODY

    def take(self, start: int, end: int, load: int, family: str, task: int) -> None:
        """Nothing is held."""
