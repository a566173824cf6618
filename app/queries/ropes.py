"""How much work is under way to a station: what its limit rule is judged by.

A rope reaches from the station that releases to the congested one, along the edges of each order's process. At an
assembly only the branch from the releasing station counts: to hold it for another branch's parts helps nobody. Nor
do pieces count that wait for their transfer batch to be filled from there: held for them, the line would stand still.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, select, type_coerce

from app.events import Store
from app.models import Task, TaskLink, WorkOrder
from app.queries.machines import KnownRule, placed
from app.states.flow import Inflow, arrived
from app.states.order import WORKABLE
from app.states.task import OPEN

_T, _O, _L = Task.__table__, WorkOrder.__table__, TaskLink.__table__
_ONE = 1_000_000


@dataclass
class _Step:
    """A task: where it is done, what it may use by all its inputs, what it used, minutes a piece, its inputs.

    Each input is the tasks it comes from with what they passed, in millionths of a piece.
    """

    station_id: int | None
    is_open: bool
    available: int
    used: int
    minutes: float
    inputs: dict[str, list[tuple[int, Inflow]]] = field(default_factory=lambda: defaultdict(list))


def backlogs(store: Store, rules: Iterable[KnownRule]) -> dict[int, float]:
    """What is under way to the station of each rule from its releasing station, by rule: pieces, or minutes of work.

    Where no open order leads from one to the other, all that waits before the station counts.
    """
    rules = list(rules)
    floor = Floor(store, rules)
    return {rule.id: floor.backlog(rule) for rule in rules}


class Floor:
    """The work of the orders that concern some rules, read once and asked for each of them."""

    def __init__(self, store: Store, rules: Iterable[KnownRule]) -> None:
        self._steps = _steps(store, {rule.station_id for rule in rules})
        self._at: dict[int | None, list[int]] = defaultdict(list)
        for task_id, step in self._steps.items():
            if step.is_open:
                self._at[step.station_id].append(task_id)

    def backlog(self, rule: KnownRule, held: Collection[int] = ()) -> float:
        """What is under way to the rule's station: pieces, or minutes of work.

        What waits before a station in ``held`` does not count: it cannot move on before that one is let go, and two
        stations that each feed the other would wait for each other.
        """
        walk = _Walk(self._steps, rule.upstream_id, held)
        waits = {task_id: walk.rope(task_id) for task_id in self._at[rule.station_id]}
        if all(wait is None for wait in waits.values()):
            waits = {task_id: max(self._steps[task_id].available - self._steps[task_id].used, 0) for task_id in waits}
        found = ((self._steps[task_id], wait / _ONE) for task_id, wait in waits.items() if wait is not None)
        return sum(pieces * (step.minutes if rule.measure == "minutes" else 1) for step, pieces in found)


class _Walk:
    """Walks from a task back to the releasing station; each task is looked at once."""

    def __init__(self, steps: dict[int, _Step], release_id: int, held: Collection[int]) -> None:
        self.steps, self.release_id = steps, release_id
        self.stands = {release_id, *held}
        self.known: dict[int, int | None] = {}
        self.ending: dict[int, bool] = {}

    def rope(self, task_id: int) -> int | None:
        """The pieces a task can make of what is under way to it from there; None when none comes from there.

        Of several parts that come from there the rarest counts: held for the others, it would never come.
        """
        if task_id not in self.known:
            self.known[task_id] = None
            step = self.steps[task_id]
            ropes = [self._by(step, one) for one in step.inputs.values()]
            self.known[task_id] = min((rope for rope in ropes if rope is not None), default=None)
        return self.known[task_id]

    def _by(self, step: _Step, sources: list[tuple[int, Inflow]]) -> int | None:
        """What comes by one input: what waits of it already, and what is further up the rope."""
        comes, is_fed = 0, False
        for pred_id, link in sources:
            pred = self.steps.get(pred_id)
            further = self.rope(pred_id) if pred and pred.station_id != self.release_id else None
            is_fed = is_fed or further is not None or (pred is not None and pred.station_id == self.release_id)
            moves = pred is not None and pred.is_open and pred.station_id not in self.stands
            more = further if further and moves else 0
            comes += arrived(link._replace(passed=link.passed + more, pred_closed=self.ends(pred_id)))
        return max(comes - step.used, 0) if is_fed else None

    def ends(self, task_id: int) -> bool:
        """Whether a task closes with what is under way already, without anything from the releasing station."""
        if task_id not in self.ending:
            self.ending[task_id] = False
            step = self.steps.get(task_id)
            self.ending[task_id] = step is None or not step.is_open or (
                step.station_id not in self.stands
                and all(self.ends(pred_id) for sources in step.inputs.values() for pred_id, _ in sources)
            )  # fmt: skip
        return self.ending[task_id]


def _raw(column: Any) -> Any:
    return type_coerce(column, BigInteger)


def _steps(store: Store, stations: set[int]) -> dict[int, _Step]:
    """Every task of the orders that have something to do at one of these stations, with its inputs."""
    here = placed(_T)
    used = _raw(_T.c.quantity_good) + _raw(_T.c.quantity_scrap) + _raw(_T.c.quantity_rework)
    concerned = (
        select(_T.c.order_id).join(_O, _O.c.id == _T.c.order_id)
        .where(_O.c.status.in_(sorted(WORKABLE)), _T.c.status.in_(sorted(OPEN)), here.in_(sorted(stations)))
    )  # fmt: skip
    orders = sorted(set(store.execute(concerned).scalars()))
    tasks = select(
        _T.c.id, _T.c.status, here.label("station_id"), _raw(_T.c.quantity_input).label("available"),
        used.label("used"), _T.c.piece_min, _T.c.batch_size,
    ).where(_T.c.order_id.in_(orders))  # fmt: skip
    found = {
        row.id: _Step(row.station_id, row.status in OPEN, row.available, int(row.used),
                      float(row.piece_min) / (row.batch_size or 1))
        for row in store.execute(tasks)
    }  # fmt: skip
    links = (
        select(_L.c.pred_id, _L.c.succ_id, _L.c.input_key, _raw(_L.c.quantity_passed).label("passed"), _L.c.ratio_num,
               _L.c.ratio_den, _L.c.transfer_batch)
        .join(_T, _T.c.id == _L.c.succ_id)
        .where(_T.c.order_id.in_(orders), _L.c.kind != "return", _L.c.is_chosen.is_(True))
    )  # fmt: skip
    for row in store.execute(links):
        link = Inflow(row.input_key, row.passed, row.ratio_num, row.ratio_den, row.transfer_batch, False)
        found[row.succ_id].inputs[row.input_key].append((row.pred_id, link))
    return found
