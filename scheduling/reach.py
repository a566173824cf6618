"""Can each task be done at all: is some capable resource ever open together with its pools, and long enough?"""

from collections.abc import Callable, Mapping, Sequence

from scheduling.errors import NeverOpen, NoRoom, TooMuch
from scheduling.jobs import Mode, Task
from scheduling.records import Absence, Calendar, Hole, Pool, Resource, Window
from scheduling.windows import intersect, staffed, stretch, subtract

Needs = tuple[tuple[str, int], ...]


class Reach:
    """Longest open window per (resource, needs), looked at from now over the horizon and two repetitions."""

    def __init__(
        self,
        now: int,
        horizon: int,
        calendars: Mapping[str, Calendar],
        pools: Mapping[str, Pool],
        holes: Sequence[Hole],
        absences: Sequence[Absence] = (),
    ) -> None:
        """Remember what is needed; nothing is computed before it is asked for."""
        self.now, self.horizon = now, horizon
        self.calendars, self.pools, self.holes, self.absences = dict(calendars), pools, holes, absences
        repeat = max((c.repeat for c in calendars.values()), default=0)
        self.end = max(now, horizon, *(hole.end for hole in holes), *(one.end for one in absences), 0) + 2 * repeat
        self._longest: dict[tuple[str, Needs], int] = {}

    def longest(self, resource: Resource, needs: Needs) -> int:
        """Ticks of the longest window in which the resource and all needed pools are open; 0 when never."""
        key = (resource.id, needs)
        if key not in self._longest:
            open_ = self._open(resource, needs)
            repeat = self.calendars[resource.calendar].repeat
            endless = bool(open_) and repeat > 0 and open_[-1][1] == self.end and open_[-1][0] <= self.end - 2 * repeat
            self._longest[key] = 1 << 60 if endless else max((b - a for a, b in open_), default=0)
        return self._longest[key]

    def _open(self, resource: Resource, needs: Needs) -> list[Window]:
        holes = [window for hole in self.holes if hole.resource == resource.id for window in hole.closed()]
        out = subtract(stretch(self.calendars[resource.calendar], self.horizon, self.now, self.end), holes)
        for pool, quantity in needs:
            there = staffed(self.pools[pool], quantity, self.calendars, self.horizon, self.now, self.end, self.absences)
            out = intersect(out, there)
        return out

    def check(
        self, task: Task, needs: Needs, resources: Mapping[str, Resource], work: Callable[[Task, Mode], int]
    ) -> None:
        """Refuse a free task that no resource can ever do."""
        best, ticks = 0, None
        for mode in task.modes:
            longest = self.longest(resources[mode.resource], needs)
            asked = work(task, mode)
            if longest and (task.splittable or longest >= asked):
                return
            if longest:
                best, ticks = max(best, longest), asked if ticks is None else min(ticks, asked)
        if ticks is None:
            raise NeverOpen(
                task=task.id,
                resources=[mode.resource for mode in task.modes],
                pools=[pool for pool, _ in needs],
            )
        raise NoRoom(task=task.id, ticks=ticks, longest=best)


def loads_fit(task: Task, resources: Mapping[str, Resource]) -> None:
    """Refuse a load that is larger than the whole resource."""
    for mode in task.modes:
        if mode.load == 1:
            continue
        resource = resources[mode.resource]
        if resource.kind == "machine" and mode.load > resource.capacity:
            raise TooMuch(task=task.id, of=mode.resource, asked=mode.load, available=resource.capacity)
