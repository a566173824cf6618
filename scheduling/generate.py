"""A realistic shop from a seed: groups of alternatives, three calendars, assemblies, a bottleneck at 92 per cent."""

import random
from dataclasses import dataclass

from scheduling.problem import Calendar, Link, Mode, Order, Problem, Resource, Task

DAY, WEEK = 1440, 10080
BOTTLENECK = 0.92
SHIFTS: dict[str, tuple[tuple[int, int], ...]] = {
    "one": ((480, 720), (780, 1020)),
    "two": ((360, 600), (630, 840), (840, 1080), (1110, 1320)),
    "three": ((0, 1440),),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Alternative stations that share a calendar."""

    stations: tuple[int, ...]
    calendar: str

    @property
    def daily(self) -> int:
        """Open minutes of the whole group on a working day."""
        return len(self.stations) * sum(end - start for start, end in SHIFTS[self.calendar])


def generate(orders: int, seed: int = 0, stations: int = 40) -> Problem:
    """A problem of about 6.5 tasks per order in minutes; the same seed gives the same problem."""
    dice = random.Random(seed)
    groups = _groups(dice, stations)
    routes, span = _routes(dice, groups, orders)
    made_orders, tasks, links = [], list[Task](), list[Link]()
    for number, route in enumerate(routes):
        release = int(dice.random() * 0.75 * span) if dice.random() < 0.7 else 0
        work = _order(dice, groups, f"O{number}", route, release, tasks, links)
        due = release + int(work * dice.uniform(2.0, 4.5) + dice.random() * 0.12 * span)
        made_orders.append(Order(f"O{number}", due, release, dice.choice((1, 1, 1, 2, 5))))
    calendars = tuple(Calendar(name, _week(name), WEEK) for name in SHIFTS)
    places = tuple(Resource(f"S{s}", group.calendar) for group in groups for s in group.stations)
    return Problem(0, WEEK, calendars, places, tuple(made_orders), tuple(tasks), tuple(links))


def _week(name: str) -> tuple[tuple[int, int], ...]:
    days = 7 if name == "three" else 6
    return tuple((day * DAY + start, day * DAY + end) for day in range(days) for start, end in SHIFTS[name])


def _groups(dice: random.Random, stations: int) -> list[Group]:
    groups: list[Group] = []
    used = 0
    while used < stations:
        size = min(dice.choice((1, 2, 3, 3, 4)), stations - used)
        groups.append(Group(tuple(range(used, used + size)), dice.choice(("one", "two", "two", "three"))))
        used += size
    return groups


def _routes(dice: random.Random, groups: list[Group], orders: int) -> tuple[list[list[tuple[int, int]]], int]:
    """(group, minutes) per operation, balanced by load, and the minutes the fullest group needs at 92 per cent."""
    load = [0] * len(groups)
    routes = []
    for _ in range(orders):
        route = []
        for _ in range(dice.randint(5, 8)):
            picks = dice.sample(range(len(groups)), min(3, len(groups)))
            group = min(picks, key=lambda g: load[g] / groups[g].daily)
            minutes = dice.randint(20, 130)
            load[group] += minutes
            route.append((group, minutes))
        routes.append(route)
    days = max(load[g] / group.daily for g, group in enumerate(groups))
    return routes, int(days * DAY / BOTTLENECK)


def _order(
    dice: random.Random,
    groups: list[Group],
    order: str,
    route: list[tuple[int, int]],
    release: int,
    tasks: list[Task],
    links: list[Link],
) -> int:
    """Add the tasks and links of one order, three in ten with two branches that meet; gives its shortest work."""
    count, shortest = len(route), 0
    assembly = dice.random() < 0.3 and count >= 5
    for i, (group, minutes) in enumerate(route):
        modes = tuple(
            Mode(f"S{s}", max(5, int(minutes * dice.choice((1, 1, 1, 1.2, 0.9))))) for s in groups[group].stations
        )
        shortest += min(mode.ticks for mode in modes)
        tasks.append(Task(f"{order}.{i}", order, modes, release))
        if assembly and i == count // 2:
            continue  # the second branch begins
        if assembly and i == count - 2:
            links.append(Link(f"{order}.{count // 2 - 1}", f"{order}.{i}"))
        if i:
            links.append(Link(f"{order}.{i - 1}", f"{order}.{i}"))
    return shortest
