"""Small shops the tests share."""

import random
from typing import Any

from scheduling import Calendar, Link, Mode, Order, Problem, Resource, Task

DAY = Calendar("day", ((480, 720), (780, 1020)), repeat=1440)
ALWAYS = Calendar("always", ((0, 1440),), repeat=1440)


def shop(**changes: Any) -> Problem:
    """Two orders over a saw and two presses; cut → form in each, day shift with a break from 720 to 780."""
    parts: dict[str, Any] = {
        "now": 480,
        "horizon": 1440,
        "calendars": (DAY, ALWAYS),
        "resources": (Resource("saw", "day"), Resource("press1", "day"), Resource("press2", "day")),
        "orders": (Order("A", due=900), Order("B", due=1000)),
        "tasks": (cut("A"), form("A"), cut("B"), form("B")),
        "links": (Link("A.cut", "A.form"), Link("B.cut", "B.form")),
    }
    return Problem(**{**parts, **changes})


def cut(order: str, **changes: Any) -> Task:
    """120 ticks on the saw."""
    return Task(f"{order}.cut", order, (Mode("saw", 120),), **changes)


def form(order: str, **changes: Any) -> Task:
    """90 ticks on press 1 or 100 on press 2."""
    return Task(f"{order}.form", order, (Mode("press1", 90), Mode("press2", 100)), **changes)


def hard(size: int = 15, seed: int = 1) -> str:
    """A job shop file nobody proves optimal in a few seconds."""
    dice = random.Random(seed)
    rows = []
    for _ in range(size):
        machines = dice.sample(range(size), size)
        rows.append(" ".join(f"{machine} {dice.randint(1, 99)}" for machine in machines))
    return "\n".join([f"{size} {size}", *rows]) + "\n"


def flexible(jobs: int, machines: int, seed: int = 1) -> str:
    """A flexible job shop file: four operations a job, each on up to three machines."""
    dice = random.Random(seed)
    rows = []
    for _ in range(jobs):
        words = ["4"]
        for _ in range(4):
            able = dice.sample(range(1, machines + 1), dice.randint(1, 3))
            words += [str(len(able)), *(f"{machine} {dice.randint(1, 20)}" for machine in able)]
        rows.append(" ".join(words))
    return "\n".join([f"{jobs} {machines}", *rows]) + "\n"


def one(task: Task, **changes: Any) -> Problem:
    """A shop with nothing but this task of order A."""
    return shop(tasks=(task,), links=(), **changes)
