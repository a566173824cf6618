"""What work is done with, as records of the room ``scheduling``: stations, people, changeovers, holes and limits.

A station all of whose tasks are done by others (委外) is a supplier; a jig or oven that takes tasks of one batch size
is filled with several of one family together, as long as pieces fit.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from app.queries.plan_rows import Rows
from scheduling import Calendar, Hole, Pool, Resource, Setup

LEAST_HOLD_S = 15 * 60
ALWAYS = "always"


class Means:
    """The stations and people of one problem; ``clock`` turns times and minutes into ticks and makes calendars."""

    def __init__(self, rows: Rows, clock: Any, tasks: Iterable[Any]) -> None:
        self.rows, self.clock = rows, clock
        self.tasks = list(tasks)
        self.calendars: dict[str, Calendar] = {}
        self.jigs: dict[int, int] = {}

    @cached_property
    def _by_station(self) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for task in self.tasks:
            for choice in self.rows.choices.get(task.id, ()):
                found.setdefault(choice.station_id, []).append(task)
        return found

    def jig(self, station: int) -> int:
        """The pieces a jig or oven takes at once; 0 where work is not put together. Asked for by every task."""
        if station not in self.jigs:
            self.jigs[station] = self._jig(station)
        return self.jigs[station]

    def _jig(self, station: int) -> int:
        here = self._by_station.get(station, ())
        sizes = {task.batch_size for task in here}
        alone = self.rows.stations[station].capacity == 1 and station not in self.clock.down
        return int(sizes.pop()) if alone and len(sizes) == 1 and None not in sizes and sizes != {1} else 0

    def family(self, task: Any, station: int) -> str:
        """What work goes together in a jig, or without setting up between."""
        return task.setup_family or (f"op:{task.operation_id}" if self.jig(station) and task.operation_id else "")

    def load(self, task: Any, pieces: Any, station: int) -> int:
        """What a task takes of its station: pieces of a jig when one filling does it, else the whole of it."""
        size = self.jig(station)
        return min(size, max(1, int(-(-pieces // 1)))) if size else 1

    def resource(self, name: str, station: Any) -> Resource:
        """A station as it works now."""
        if station.id in self.clock.outside:
            # A supplier works round the clock and for everybody: only the lead time counts.
            return Resource(name, ALWAYS, 1, "outside")
        calendar = self.clock.calendar(station.shifts).id
        size, limit = self.jig(station.id), self.rows.limits.get(station.id)
        changing = station.id in self.rows.setups and (size or station.capacity == 1)
        return Resource(
            name, calendar, size or max(1, station.capacity), batching=bool(size),
            setup=f"setup:{station.id}" if changing else None,
            family=self.rows.families.get(station.id, "") if changing else "",
            rate=(limit.permille, 1000) if limit else (1, 1),
        )  # fmt: skip

    def setups(self, used: Iterable[int]) -> tuple[Setup, ...]:
        """The changeover tables of the stations that are used."""
        return tuple(self._setup(station) for station in sorted(set(used)) if station in self.rows.setups)

    def _setup(self, station: int) -> Setup:
        """Rows with ``*`` hold for every family that has no row of its own."""
        table = self.rows.setups[station]
        named = {name for pair in table for name in pair} - {"*"}
        families = sorted(
            named | {task.setup_family for task in self._by_station.get(station, ()) if task.setup_family}
        )
        times = []
        for before in families:
            for after in families:
                found = next(
                    (table[pair] for pair in ((before, after), (before, "*"), ("*", after)) if pair in table), None
                )
                if before != after and found is not None:
                    times.append((before, after, self.clock.ticks(found)))
        rest = table.get(("*", "*"))
        return Setup(f"setup:{station}", tuple(times), self.clock.ticks(rest) if rest is not None else 0)

    def pool(self, skill: int) -> Pool:
        """The people of a skill by the times they are there."""
        shifts = []
        for spans, count in self.rows.crews[skill]:
            ticks = [(max(0, self.clock.tick(a)), min(self.clock.tick(b), self.clock.horizon)) for a, b in spans]
            windows = tuple((a, b) for a, b in ticks if a < b)
            if not windows:
                continue
            name = next((key for key, known in self.calendars.items() if known.windows == windows), "")
            if not name:
                name = f"crew:{len(self.calendars)}"
                self.calendars[name] = Calendar(name, windows, self.clock.horizon)
            shifts.append((name, count))
        return Pool(f"skill:{skill}", tuple(shifts))

    def holes(self, used: Iterable[str]) -> tuple[Hole, ...]:
        """Breakdowns until they are assumed to be over, and machines that are told to wait."""
        found = []
        for name in used:
            station = int(name)
            if station in self.clock.down:
                found.append(Hole(name, 0, self.clock.down[station]))
            elif (limit := self.rows.limits.get(station)) and limit.hold_s:
                found.append(Hole(name, 0, max(1, max(LEAST_HOLD_S, limit.hold_s) // self.clock.tick_s), "limit"))
        return tuple(found)
