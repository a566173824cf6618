"""Bills of material, process graphs, and the break-down of an order into tasks: exact, without a database.

| question | call |
|---|---|
| may these lines stand? | `Structure(lines, supply)`: numbers, keys, and loops that some date makes real |
| what does an amount need? | `requirements(structure, item, quantity, on)`; `round_needs` rounds up |
| what do many orders need together? | `aggregated(structure, {item: quantity, ...}, on)` |
| what contains this item? | `where_used(structure, item, on)` |
| would this line close a loop? | `structure.loop_with(line)` |
| may this process stand? | `graph(operations, links)` |
| how long at least? | `critical_path(process, quantity)` |
| what if a step is skipped? | `without_optional(process, keys)` |
| which tasks does an order give? | `break_down(structure, routings, item, quantity, on)` |

Quantities are fractions; whole numbers and `Decimal` are taken, floats are refused. A line counts from
`valid_from` on until before `valid_to`. Everything is immutable; every refusal is a `BomError` (see
`bom.errors`). On files: `python -m bom explode | where-used | check FILE.csv`.

>>> from datetime import date
>>> from fractions import Fraction
>>> from bom import BomLine, Link, Operation, StationChoice, Structure, break_down, graph, requirements
>>> today = date(2026, 11, 22)
>>> structure = Structure([
...     BomLine("10", "fridge", "door", Fraction(2), operation="fit"),
...     BomLine("10-1", "door", "hinge", Fraction(2)),
... ])
>>> [(need.item, need.level, str(need.quantity)) for need in requirements(structure, "fridge", 5, today)]
[('door', 1, '10'), ('hinge', 2, '20')]

The doors are made within the order, and flow into the operation that fits them, two for one fridge:

>>> station = (StationChoice("S1"),)
>>> weld = Operation("weld", "Weld", Fraction(4), stations=station)
>>> fit = Operation("fit", "Fit", Fraction(3), stations=station)
>>> assembly = graph([weld, fit], [Link("weld", "fit")])
>>> door = graph([Operation("press", "Press", Fraction(1), stations=station)], [])
>>> order = break_down(structure, {"fridge": assembly, "door": door}, "fridge", 5, today)
>>> [(task.op_key, str(task.quantity)) for task in order.tasks]
[('0/weld', '5'), ('0.10/press', '10'), ('0/fit', '5')]
>>> [(link.pred, link.succ, str(link.ratio)) for link in order.links]
[('0/weld', '0/fit', '1'), ('0.10/press', '0/fit', '1/2')]
"""

from bom.aggregate import aggregated
from bom.critical import CriticalPath, critical_path
from bom.errors import BomError
from bom.explode import Need, Rounded, requirements, round_needs, rounded_up
from bom.operation import Link, LinkKind, LinkType, Operation, StationChoice
from bom.optional import without_optional
from bom.process import End, ProcessGraph, graph
from bom.specs import BreakDown, Chosen, LinkSpec, MaterialNeed, NodeSpec, TaskSpec
from bom.structure import BomLine, Structure, Supply
from bom.tasks import break_down
from bom.where_used import Use, where_used

__all__ = [
    "BomError",
    "BomLine",
    "BreakDown",
    "Chosen",
    "CriticalPath",
    "End",
    "Link",
    "LinkKind",
    "LinkSpec",
    "LinkType",
    "MaterialNeed",
    "Need",
    "NodeSpec",
    "Operation",
    "ProcessGraph",
    "Rounded",
    "StationChoice",
    "Structure",
    "Supply",
    "TaskSpec",
    "Use",
    "aggregated",
    "break_down",
    "critical_path",
    "graph",
    "requirements",
    "round_needs",
    "rounded_up",
    "where_used",
    "without_optional",
]
