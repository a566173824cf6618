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

    def fit(self, position: int, ticks: int, load: int) -> tuple[int, int]:
        """First position from here at which the ticks fit into a gap, and the task that pushed it there."""
        ends = self.ends
        if not ends or ends[-1] <= position:
            return position, NOBODY
        i, blocker = bisect_right(ends, position), NOBODY
        while i < len(ends) and self.starts[i] < position + ticks:
            position, blocker = ends[i], self.tasks[i]
            i += 1
        return position, blocker

    def take(self, start: int, end: int, load: int, task: int) -> None:
        """Occupy a stretch; what running tasks already hold of it stays theirs."""
        i = bisect_right(self.ends, start)
        while i < len(self.ends) and self.starts[i] < end:
            start = max(start, self.ends[i])
            i += 1
        if start < end:
            self.starts.insert(i, start)
            self.ends.insert(i, end)
            self.tasks.insert(i, task)


class Stack:
    """Occupied units by position of a resource that holds several tasks at once (a jig, an oven)."""

    __slots__ = ("capacity", "edges", "leaves", "used")

    def __init__(self, capacity: int) -> None:
        """An empty stack for `capacity` units."""
        self.capacity = capacity
        self.edges: list[int] = [-(1 << 60)]
        self.used: list[int] = [0]  # used[i] holds from edges[i] to the next edge
        self.leaves: dict[int, int] = {}  # the task that leaves at an edge

    def fit(self, position: int, ticks: int, load: int) -> tuple[int, int]:
        """First position from here at which the load finds room for the ticks, and who pushed it there."""
        blocker, room = NOBODY, self.capacity - load
        i = bisect_right(self.edges, position) - 1
        while i < len(self.edges) and self.edges[i] < position + max(ticks, 1):
            if self.used[i] > room:
                position = self.edges[i + 1]  # the last piece is always empty, so there is a next one
                blocker = self.leaves.get(position, blocker)
            i += 1
        return position, blocker

    def take(self, start: int, end: int, load: int, task: int) -> None:
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
