"""Scheduling: a plan for station tasks that is decoded in milliseconds, explained, stable and independently verified.

A problem is plain data in whole ticks (`tick_s` seconds each) from an epoch of the caller's choice:

>>> from scheduling import Calendar, Link, Mode, Order, Problem, Resource, Task, explain, solve, verify
>>> day = Calendar("day", ((480, 720), (780, 1020)), repeat=1440)  # 8-12 and 13-17 o'clock, every day
>>> problem = Problem(
...     now=480,
...     horizon=1440,
...     calendars=(day,),
...     resources=(Resource("saw", "day"), Resource("press", "day")),
...     orders=(Order("A", due=720),),
...     tasks=(Task("cut", "A", (Mode("saw", 180),)), Task("form", "A", (Mode("press", 90),))),
...     links=(Link("cut", "form"),),
... )
>>> result = solve(problem)
>>> [(row.task, row.resource, row.start, row.end) for row in result.plan.assignments]
[('cut', 'saw', 480, 660), ('form', 'press', 660, 810)]
>>> verify(problem, result.plan)
[]

The order is 90 ticks late, and the parts of the reason add up to exactly that:

>>> [(part.tag, part.ref, part.ticks) for part in explain(problem, result.plan, "A")]
[('work', 'form', 30), ('calendar_closed', 'press', 60)]

When the shop changes, `repair` keeps what runs and what is frozen and says what moved:

>>> from dataclasses import replace
>>> from scheduling import Hole, diff, repair
>>> broken = replace(problem, holes=(Hole("press", 600, 840),))
>>> again = repair(broken, result.plan, freeze_until=480)
>>> [(move.task, move.from_start, move.to_start) for move in diff(result.plan, again.plan)]
[('form', 660, 840)]

Problems and plans are JSON texts too, with the fields of the dataclasses under their own names and those at their
default left out; `Problem.from_json` names the path of what is wrong:

>>> problem.tasks[1] == Problem.from_json(problem.to_json()).tasks[1]
True
>>> problem.to_json()[-68:]
'"id":"form","modes":[{"resource":"press","ticks":90}],"order":"A"}]}'

Everything runs alone from files too: `python -m scheduling --help`.
"""

from scheduling.advance import advance
from scheduling.compare import Comparison, Move, compare, lateness
from scheduling.drop import Drop, Landing, drop
from scheduling.errors import SchedulingError
from scheduling.events import Breakdown, Event, Late, Limited, Missing, Paced, Rush, Scrap, read_events
from scheduling.explain import Part, explain, explain_all
from scheduling.load import Bucket, load, pool_load
from scheduling.plan import Assignment, Objective, Plan
from scheduling.problem import (
    Absence,
    Buffer,
    Calendar,
    Goal,
    Hole,
    Link,
    Mode,
    Order,
    Pool,
    Problem,
    Resource,
    Setup,
    Task,
)  # fmt: skip
from scheduling.progress import Progress
from scheduling.promise import Promise, promise
from scheduling.remedies import Remedy, attempts, best_first, would_help
from scheduling.replan import Offer, Replan, replan
from scheduling.reschedule import diff, repair
from scheduling.solve import Result, solve
from scheduling.verify import Violation, verify

__all__ = [
    "Absence", "Assignment", "Breakdown", "Bucket", "Buffer", "Calendar", "Comparison", "Drop", "Event", "Goal", "Hole",
    "Landing", "Late", "Limited", "Link", "Missing", "Mode", "Move", "Objective", "Offer", "Order", "Paced", "Part",
    "Plan", "Pool", "Problem", "Progress", "Promise", "Remedy", "Replan", "Resource", "Result", "Rush",
    "SchedulingError", "Scrap", "Setup", "Task", "Violation", "advance", "attempts", "best_first", "compare", "diff",
    "drop", "explain", "explain_all", "lateness", "load", "pool_load", "promise", "read_events", "repair", "replan",
    "solve", "verify", "would_help",
]  # fmt: skip
