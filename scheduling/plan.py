"""A plan: where and when each task is done, what bound its start, and what the whole is worth."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from scheduling import json_form

Bound = Literal[
    "release", "material", "now", "predecessor", "lag", "resource_busy", "setup", "pool_busy", "calendar_closed",
    "buffer_full", "window", "frozen",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assignment:
    """One planned task, ticks [start, end); `bound_ref` names what bound the start: task, order, resource or pool."""

    task: str
    resource: str
    start: int
    end: int
    bound_by: Bound = "now"
    bound_ref: str = ""


@dataclass(frozen=True, slots=True)
class Objective:
    """Parts of what a plan is worth; less is better and `cost` weighs them by the problem's goal.

    `moved`, `changed` (another resource) and `shift` (ticks between starts) are counted against an old plan.
    """

    weighted_tardiness: int
    late_orders: int
    makespan: int
    moved: int
    cost: int
    risk: int = 0
    setup: int = 0
    changed: int = 0
    shift: int = 0


@dataclass(frozen=True)
class Plan:
    """All assignments in the order of the problem's tasks, with the parts of their objective."""

    assignments: tuple[Assignment, ...]
    objective: Objective

    @cached_property
    def by_task(self) -> dict[str, Assignment]:
        """Assignments by the id of their task."""
        return {assignment.task: assignment for assignment in self.assignments}

    def to_json(self) -> str:
        """Canonical JSON text; fields at their default are left out."""
        return json_form.dump(self)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """A plan from JSON text; InvalidJson names the path of what is wrong."""
        return json_form.load(cls, text)
