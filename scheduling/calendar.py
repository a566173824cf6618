"""The working-time axis: open ticks counted one after the other, so that paused work has constant length.

Two maps lead back to real time and differ exactly at the edge of a break: work that starts there starts behind the
break, work that ends there ends before it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence

from scheduling.errors import HorizonTooShort
from scheduling.records import Absence, Calendar, Hole, Pool, Resource, Window
from scheduling.windows import intersect, staffed, stretch, subtract

MOST_TURNS = 20_000  # a calendar that repeats for ever must not be followed for ever when work never fits

Source = Callable[[int, int], list[Window]]


class Axis:
    """Prefix sums of open ticks over windows that grow when they are asked for more."""

    __slots__ = ("first", "grows_by", "lasts", "limit", "name", "source", "starts", "sums", "until")

    def __init__(self, name: str, source: Source, first: int, until: int, grows_by: int) -> None:
        """`source(low, high)` gives open windows; `grows_by` 0 means nothing opens after `until`."""
        self.name, self.source, self.grows_by = name, source, grows_by
        self.starts: list[int] = []
        self.lasts: list[int] = []
        self.sums: list[int] = [0]
        self.until = self.first = first
        self.limit = until + grows_by * MOST_TURNS
        self._take(until)
        while grows_by and not self.starts:
            self.grow()

    def _take(self, until: int) -> None:
        for start, end in self.source(self.until, until):
            if self.lasts and self.lasts[-1] == start:
                self.lasts[-1] = end
                self.sums[-1] += end - start
            else:
                self.starts.append(start)
                self.lasts.append(end)
                self.sums.append(self.sums[-1] + end - start)
        self.until = until

    def grow(self) -> None:
        """Learn at least one more repetition; HorizonTooShort when the calendar has ended."""
        if not self.grows_by or self.until > self.limit:
            raise HorizonTooShort(resource=self.name, tick=self.until)
        self._take(self.until + max(self.grows_by, self.until - self.first))

    def to_w(self, tick: int) -> int:
        """Open ticks before this real tick; inside a break the position of the break."""
        while tick > self.until and self.grows_by:
            self.grow()
        i = bisect_right(self.starts, tick) - 1
        if i < 0:
            return 0
        last = self.lasts[i]
        return self.sums[i] + (tick if tick < last else last) - self.starts[i]

    def start_r(self, position: int) -> int:
        """Real tick at which work starting at this position starts: behind a break that lies there."""
        while position >= self.sums[-1]:
            self.grow()
        i = bisect_right(self.sums, position) - 1
        return self.starts[i] + position - self.sums[i]

    def end_r(self, position: int) -> int:
        """Real tick at which work ending at this position ends: before a break that lies there."""
        while position > self.sums[-1]:
            self.grow()
        i = max(bisect_left(self.sums, position) - 1, 0)
        return self.starts[i] + position - self.sums[i]

    def whole(self, position: int, ticks: int) -> int:
        """The position itself when so many ticks fit before the next break, else where that break lies."""
        while position + ticks > self.sums[-1]:
            self.grow()
        end = self.sums[bisect_right(self.sums, position)]
        return position if position + ticks <= end else end

    def segments(self, low: int, high: int) -> list[Window]:
        """The open windows between two positions, in real time."""
        out: list[Window] = []
        i = bisect_right(self.sums, low) - 1
        while low < high:
            step = min(high, self.sums[i + 1])
            start = self.starts[i] + low - self.sums[i]
            out.append((start, start + step - low))
            low, i = step, i + 1
        return out

    def open_between(self, start: int, end: int) -> int:
        """Open ticks in the real interval [start, end)."""
        return self.to_w(end) - self.to_w(start)


class Axes:
    """Working axes of a problem, made once per calendar, holes and needed pools."""

    def __init__(
        self,
        horizon: int,
        calendars: Mapping[str, Calendar],
        pools: Mapping[str, Pool],
        holes: Sequence[Hole],
        absences: Sequence[Absence] = (),
    ) -> None:
        """Remember the calendars; `holes` are cut out of the resources they name, `absences` of the pools."""
        self.horizon, self.calendars, self.pools, self.absences = horizon, dict(calendars), pools, absences
        self.holes: dict[str, list[Window]] = {}
        for hole in holes:
            self.holes.setdefault(hole.resource, []).extend(hole.closed())
        self.first = min((c.windows[0][0] for c in calendars.values() if c.windows), default=0)
        self._made: dict[object, Axis] = {}

    def of(self, resource: Resource, needs: tuple[tuple[str, int], ...] = ()) -> Axis:
        """The axis on which this resource works with these pools; shared where calendars and holes are equal."""
        holes = tuple(sorted(self.holes.get(resource.id, ())))
        key = (resource.calendar, holes, needs)
        if key not in self._made:
            self._made[key] = Axis(
                resource.id, self._source(resource.calendar, holes, needs), self.first, self.horizon,
                self._grows_by(resource.calendar, holes, needs),
            )  # fmt: skip
        return self._made[key]

    def plain(self, calendar: str) -> Axis:
        """The axis of a calendar by itself, without holes and pools."""
        key = ("calendar", calendar)
        if key not in self._made:
            source, turn = self._source(calendar, (), ()), self._grows_by(calendar, (), ())
            self._made[key] = Axis(calendar, source, self.first, self.horizon, turn)
        return self._made[key]

    def _source(self, calendar: str, holes: Sequence[Window], needs: Sequence[tuple[str, int]]) -> Source:
        def windows(low: int, high: int) -> list[Window]:
            near = [hole for hole in holes if hole[0] < high and hole[1] > low]
            out = subtract(stretch(self.calendars[calendar], self.horizon, low, high), near)
            for pool, quantity in needs:
                on_shift = staffed(self.pools[pool], quantity, self.calendars, self.horizon, low, high, self.absences)
                out = intersect(out, on_shift)
            return out

        return windows

    def _grows_by(self, calendar: str, holes: Sequence[Window], needs: Sequence[tuple[str, int]]) -> int:
        """Ticks of one repetition, 0 when a part ends for good; long enough to jump over the longest hole."""
        parts = [self.calendars[calendar].repeat]
        for pool, quantity in needs:
            repeats = [(self.calendars[name].repeat, count) for name, count in self.pools[pool].shifts]
            staying = sum(count for repeat, count in repeats if repeat)
            parts.append(max(repeat for repeat, _ in repeats) if staying >= quantity else 0)
        return 0 if min(parts) == 0 else max(parts)
