"""Cut-over: orders that run already come in with what was done at each operation and with their open units.

The orders are released and what was done is reported once more, operation by operation, by the same rules as on the
floor, but nothing is consumed or produced: the stock of the same folder is that of today. Whatever does not add up is
told with its row, and nothing is written then.
"""

import hashlib
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import BomLine, ExternalRef, Item, ProductionOrder, Task, Unit, WorkOrder
from app.queries.feed import CUTOVER
from app.services.execution import Entry, report
from app.services.importing.description import Record
from app.services.importing.known import Known
from app.services.importing.result import ImportResult
from app.services.importing.rows import Reading
from app.services.release import release

Number = tuple[str, str, str]


def write(
    session: Session, reading: Reading, known: Known, result: ImportResult, actor: str | None, now: datetime
) -> set[str]:
    """Bring running orders to where they are; what does not add up becomes a problem of the reading.

    An order that is on the floor already stays as it is. Gives the codes of the sites where something was written.
    """
    touched = set()
    done, units = _by_number(reading.of("running")), _by_number(reading.of("open_units"))
    for number in sorted(done.keys() | units.keys()):
        rows, pieces = done[number], units[number]
        order = _order(session, known, number)
        if order is None:
            for record in (*rows, *pieces):
                reading.wrong(record, "number", "no_such_order", value=number[2])
        elif order.status not in ("draft", "planned"):
            result.of("running").unchanged += len(rows)
            result.of("open_units").unchanged += len(pieces)
        elif _Running(session, order, reading, actor or "import", now).bring(rows, pieces):
            result.of("running").created += len(rows)
            result.of("open_units").created += len(pieces)
            touched.add(number[0])
    return touched


def _by_number(records: list[Record]) -> dict[Number, list[Record]]:
    found: dict[Number, list[Record]] = defaultdict(list)
    for record in records:
        found[record.site, record.values["system"], record.values["number"]].append(record)
    return found


def _order(session: Session, known: Known, number: Number) -> ProductionOrder | None:
    site, system, ref = number
    query = (
        select(ProductionOrder)
        .join(ExternalRef, ExternalRef.target_id == WorkOrder.id)
        .where(ExternalRef.type == "order", ExternalRef.site_id == known.site_ids()[site],
               ExternalRef.system == system, ExternalRef.ref == ref)
    )  # fmt: skip
    return session.scalar(query)


class _Running:
    """One order on its way from draft to where it is on the floor of the old system."""

    def __init__(self, session: Session, order: ProductionOrder, reading: Reading, actor: str, now: datetime) -> None:
        self.session, self.order, self.reading, self.actor, self.now = session, order, reading, actor, now
        self.tasks: list[Any] = []
        self.places: dict[str, str] = {}

    def bring(self, rows: list[Record], pieces: list[Record]) -> bool:
        """Whether all of it came in."""
        before = len(self.reading.problems)
        first = (rows or pieces)[0]
        try:
            release(self.order.site_id, self.order.id, self.actor, self.now)
        except Refused as refusal:
            self._refused(first, refusal)
            return False
        self.tasks = self._tasks()
        self.places = self._places()
        plan = [(task, record) for record in rows if (task := self._task(record)) is not None]
        paths = [(record, tasks) for record in pieces if (tasks := self._path(record))]
        self._compare(plan, paths)
        if len(self.reading.problems) == before:
            units = {record.row: self._unit(record) for record, _ in paths}
            for task in self.tasks:
                self._report(task, plan, paths, units)
        return len(self.reading.problems) == before

    def _tasks(self) -> list[Any]:
        columns = (Task.id, Task.op_key, Task.node, Task.item_id, Task.is_serialised, Task.status,
                   Item.code.label("item"))  # fmt: skip
        query = select(*columns).join(Item, Item.id == Task.item_id).where(Task.order_id == self.order.id)
        return list(self.session.execute(query.order_by(Task.sequence, Task.id)))

    def _places(self) -> dict[str, str]:
        """Each node as a planner names it: the positions of its lines from the top, such as 30 or 10/20.

        A node is named by the lines' rows, and those are new in every rehearsal.
        """
        lines = {node: [int(key) for key in node.split(".")[1:]] for node in {task.node for task in self.tasks}}
        wanted = {key for keys in lines.values() for key in keys}
        found = self.session.execute(select(BomLine.id, BomLine.position).where(BomLine.id.in_(wanted)))
        position = {key: str(at) for key, at in found}
        return {node: "/".join(position[key] for key in keys) for node, keys in lines.items()}

    def _task(self, record: Record) -> Any | None:
        """The task a row means; a problem when there is none or more than one."""
        item, key, place = (record.values[name] for name in ("item", "operation", "place"))
        found = [task for task in self.tasks if task.item == item and _key(task) == key
                 and place in (None, self.places[task.node])]  # fmt: skip
        if not found:
            has = ", ".join(dict.fromkeys(_key(task) for task in self.tasks if task.item == item))
            self.reading.wrong(record, "operation", "no_such_operation", value=key, item=item, known=has or "–")
        elif len(found) > 1:
            places = ", ".join(sorted(self.places[task.node] for task in found))
            self.reading.wrong(record, "place", "several_places", value=key, places=places)
        return found[0] if len(found) == 1 else None

    def _path(self, record: Record) -> list[Any]:
        """The tasks a unit went through: from the first of its item to the one that is named."""
        item, key = record.values["item"], record.values["operation"]
        mine = [task for task in self.tasks if task.item == item and task.is_serialised and task.status != "skipped"]
        at = next((n for n, task in enumerate(mine) if _key(task) == key), None)
        if at is None:
            known = ", ".join(_key(task) for task in mine)
            self.reading.wrong(record, "operation", "no_such_operation", value=key, item=item, known=known or "–")
        return mine[: at + 1] if at is not None else []

    def _compare(self, plan: list[tuple[Any, Record]], paths: list[tuple[Record, list[Any]]]) -> None:
        """What is counted one by one must be told unit by unit, and the figures must agree."""
        for task, record in plan:
            if not task.is_serialised:
                continue
            passed = sum(any(one.id == task.id for one in tasks) for _, tasks in paths)
            if record.values["scrap"]:
                self.reading.wrong(record, "scrap", "scrapped_units", value=str(record.values["scrap"]))
            if record.values["good"] != passed:
                self.reading.wrong(record, "good", "units_disagree", value=str(record.values["good"]), units=passed)

    def _unit(self, record: Record) -> int:
        item = next(task.item_id for task in self.tasks if task.item == record.values["item"])
        unit = Unit(site_id=self.order.site_id, item_id=item, serial=record.values["serial"], order_id=self.order.id,
                    status="planned", created_at=self.now)  # fmt: skip
        self.session.add(unit)
        self.session.flush()
        return unit.id

    def _report(
        self, task: Any, plan: list[tuple[Any, Record]], paths: list[tuple[Record, list[Any]]], units: dict[int, int]
    ) -> None:
        if task.is_serialised:
            for record, tasks in paths:
                if any(one.id == task.id for one in tasks):
                    self._say(record, "operation", self._entry(task, "good", Decimal(1), units[record.row]))
            return
        for one, record in plan:
            if one.id == task.id:
                for kind in ("good", "scrap"):
                    if record.values[kind]:
                        self._say(record, kind, self._entry(task, kind, record.values[kind]))

    def _entry(self, task: Any, kind: str, quantity: Decimal, unit_id: int | None = None) -> Entry:
        seed = f"{CUTOVER}/{self.order.site_id}/{self.order.id}/{task.op_key}/{kind}/{unit_id}"
        return Entry(
            uuid=hashlib.sha256(seed.encode()).hexdigest()[:32], site_id=self.order.site_id, kind=kind,
            quantity=quantity, task_id=task.id, station_id=None, person_id=None, channel=CUTOVER, unit_id=unit_id,
            is_opening=True,
        )  # fmt: skip

    def _say(self, record: Record, column: str, entry: Entry) -> None:
        try:
            with self.session.begin_nested():
                report(self.session.connection(), entry, self.now)
        except Refused as refusal:
            self._refused(record, refusal, column)

    def _refused(self, record: Record, refusal: Refused, column: str = "number") -> None:
        values = {name: str(value) for name, value in refusal.values.items()}
        self.reading.wrong(record, column, "does_not_add_up", order=record.values["number"], refusal=refusal.code,
                           values=values)  # fmt: skip


def _key(task: Any) -> str:
    return str(task.op_key).rsplit("/", 1)[1]


__all__ = ["write"]
