"""Which task of a queue a station takes up, as people decide who follow the plan and help out when they are idle."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

Task = dict[str, Any]


def left(task: Task) -> int:
    """Pieces at hand that were not handled yet."""
    used = Decimal(task["good"]) + Decimal(task["scrap"]) + Decimal(task["rework"])
    return int(Decimal(task["available"]) - used)


def operation(task: Task) -> str:
    """The operation's key in its routing."""
    return str(task["operation"]).rsplit("/", 1)[-1]


def choose(
    queue: list[Task], station: str, planned: Mapping[int, str], avoided: Collection[int], skills: Collection[str],
    helps: bool,
) -> Task | None:  # fmt: skip
    """The first task that may be done here now: begun here, planned for here, or, when idle, not begun anywhere.

    What was begun at another station stays there: its parts lie there.
    """
    able = [
        task for task in queue
        if task["id"] not in avoided and left(task) > 0 and task["station"] in (None, station)
        and (task["skill"] is None or task["skill"] in skills)
    ]  # fmt: skip
    mine = [task for task in able if task["station"] == station or planned.get(task["id"], station) == station]
    found = mine or (able if helps else [])
    return found[0] if found else None


def allowed(task: Task, order: list[Task], before: str | None) -> int:
    """Pieces that may be handled now: of an overlapping process no more than the operation before has finished.

    The server lets a task begin as soon as the one it overlaps has begun; a part must have been made all the same.
    """
    if before is None:
        return left(task)
    node = str(task["operation"]).rsplit("/", 1)[0]
    made = [Decimal(one["good"]) for one in order if one["operation"] == f"{node}/{before}"]
    used = Decimal(task["good"]) + Decimal(task["scrap"]) + Decimal(task["rework"])
    return min(left(task), int(min(made) - used)) if made else left(task)
