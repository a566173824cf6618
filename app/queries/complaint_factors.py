"""What each unit went through, as columns: station, machine, person and shift of each operation, lots, values.

A factor is named by text, so that an address can carry it: ``<operation>/machine``, ``lot/<item>``, ``value/<code>``.
A level is the code of a machine, person, shift or lot; several lots of one item stand together (``L1+L2``), because
nobody knows which of them it was; a value stands as the band it lies in (``58.2…59.1``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from app.events import Store
from app.models import (
    Consumption,
    Item,
    Lot,
    Machine,
    Measurement,
    Operation,
    Person,
    Report,
    ShiftPattern,
    Station,
    Task,
    Unit,
)
from app.queries.trace_rows import Named
from quality.complaint import bands

MOST_UNITS = 200_000
FINISHED = ("good", "shipped", "in_service", "returned", "scrapped")
_U, _R, _T, _C, _M = (table.__table__ for table in (Unit, Report, Task, Consumption, Measurement))
Column = list[str | None]


@dataclass
class Made:
    """Units with their columns; ``names`` says what a factor or level is called, ``values`` keeps what bands hide."""

    units: list[int] = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)
    values: dict[str, list[Decimal | None]] = field(default_factory=dict)
    names: dict[str, Named] = field(default_factory=dict)

    def having(self, parts: Mapping[str, str]) -> list[int]:
        """The places of the units that have all these levels."""
        return [at for at in range(len(self.units)) if all(self._has(at, *part) for part in parts.items())]

    def _has(self, at: int, factor: str, level: str) -> bool:
        if factor not in self.values:
            return factor in self.columns and self.columns[factor][at] == level
        value, (low, _, high) = self.values[factor][at], level.partition("…")
        return value is not None and Decimal(low) <= value <= Decimal(high)


def made(
    store: Store, site_id: int, items: Iterable[int], since: datetime, until: datetime, finished: bool = True
) -> Made:
    """The units of items that were begun within a period, newest first, with everything they went through."""
    mine = [_U.c.site_id == site_id, _U.c.item_id.in_(list(items)), _U.c.created_at >= since, _U.c.created_at < until]
    mine.append(_U.c.status.in_(FINISHED) if finished else _U.c.status != "planned")
    rows = store.execute(
        select(_U.c.id, _U.c.order_id, _U.c.item_id, Item.code).join(Item, Item.id == _U.c.item_id).where(*mine)
        .order_by(_U.c.id.desc()).limit(MOST_UNITS)
    ).all()  # fmt: skip
    found = Made([row.id for row in rows])
    place = {row.id: at for at, row in enumerate(rows)}
    within = select(_U.c.id).where(*mine)
    if len({row.item_id for row in rows}) > 1:
        found.columns["/item"] = [row.code for row in rows]
    _steps(store, found, place, within)
    _lots(store, found, place, within, {row.id: row.order_id for row in rows})
    _values(store, found, place, within)
    return found


def _undone(report_id: Any) -> ColumnElement[bool]:
    back = _R.alias("back")
    return select(back.c.id).where(back.c.reverses_id == report_id).exists()


def _steps(store: Store, found: Made, place: Mapping[int, int], within: Select[Any]) -> None:
    """The last report of each operation counts: after rework the unit is what the rework made of it."""
    people, station, machine, shift = (one.__table__ for one in (Person, Station, Machine, ShiftPattern))
    query = (
        select(_R.c.unit_id, _R.c.business_date, Operation.key, Operation.id, Operation.name, Operation.name_zh,
               station.c.code.label("station"), machine.c.code.label("machine"), people.c.code.label("person"),
               shift.c.code.label("shift"))
        .join(_T, _T.c.id == _R.c.task_id).join(Operation, Operation.id == _T.c.operation_id)
        .outerjoin(station, station.c.id == _R.c.station_id).outerjoin(machine, machine.c.id == _R.c.machine_id)
        .outerjoin(people, people.c.id == _R.c.person_id).outerjoin(shift, shift.c.id == _R.c.shift_id)
        .where(_R.c.unit_id.in_(within), _R.c.kind == "good", _R.c.quantity > 0, ~_undone(_R.c.id)).order_by(_R.c.id)
    )  # fmt: skip
    for unit_id, day, key, operation, name, name_zh, *codes in store.execute(query):
        found.names.setdefault(key, Named(operation, key, name, name_zh))
        at = place[unit_id]
        for kind, code in zip(("station", "machine", "person", "shift"), codes, strict=True):
            if code is not None:
                _column(found, f"{key}/{kind}")[at] = code
        _column(found, f"{key}/day")[at] = day.isoformat()


def _column(found: Made, factor: str) -> Column:
    if factor not in found.columns:
        found.columns[factor] = [None] * len(found.units)
    return found.columns[factor]


def _lots(
    store: Store, found: Made, place: Mapping[int, int], within: Select[Any], orders: Mapping[int, int | None]
) -> None:
    """Lots that a unit used itself, that its parts came in, and that its order used for no single unit."""
    part = _U.alias("part")
    query = (
        select(_C.c.unit_id, _T.c.order_id, Item.id, Item.code, Item.name, Item.name_zh, Lot.code.label("lot"))
        .select_from(_C).join(_T, _T.c.id == _C.c.task_id).outerjoin(part, part.c.id == _C.c.component_unit_id)
        .join(Lot, Lot.id == func.coalesce(_C.c.lot_id, part.c.lot_id))
        .join(Item, Item.id == _C.c.item_id).where(_C.c.quantity > 0, ~_undone(_C.c.report_id))
    )  # fmt: skip
    sets: dict[tuple[str, int], dict[str, None]] = {}
    for unit_id, _order, item_id, code, name, name_zh, lot in store.execute(query.where(_C.c.unit_id.in_(within))):
        found.names.setdefault(f"lot/{code}", Named(item_id, code, name, name_zh))
        sets.setdefault((f"lot/{code}", place[unit_id]), {})[lot] = None
    units_of: dict[int, list[int]] = {}
    for unit, order in orders.items():
        if order is not None:
            units_of.setdefault(order, []).append(place[unit])
    shared = query.where(_C.c.unit_id.is_(None), _T.c.order_id.in_(select(_U.c.order_id).where(_U.c.id.in_(within))))
    for _unit, order, item_id, code, name, name_zh, lot in store.execute(shared):
        found.names.setdefault(f"lot/{code}", Named(item_id, code, name, name_zh))
        for at in units_of.get(order, ()):
            sets.setdefault((f"lot/{code}", at), {})[lot] = None
    for (factor, at), codes in sets.items():
        _column(found, factor)[at] = "+".join(sorted(codes))


def _values(store: Store, found: Made, place: Mapping[int, int], within: Select[Any]) -> None:
    """The last value of each characteristic, in five bands of about equally many units."""
    query = select(_M.c.unit_id, _M.c.code, _M.c.value).where(_M.c.unit_id.in_(within), ~_undone(_M.c.report_id))
    for unit_id, code, value in store.execute(query.order_by(_M.c.id)):
        found.values.setdefault(f"value/{code}", [None] * len(found.units))[place[unit_id]] = value
    for factor, values in found.values.items():
        found.columns[factor] = _banded(values)


def _banded(values: list[Decimal | None]) -> Column:
    band = bands([None if value is None else float(value) for value in values])
    inside: dict[int, list[Decimal]] = {}
    for number, value in zip(band, values, strict=True):
        if number is not None and value is not None:
            inside.setdefault(number, []).append(value)
    words = {number: f"{min(some)}…{max(some)}" for number, some in inside.items()}
    return [None if number is None else words[number] for number in band]


__all__ = ["FINISHED", "Made", "made"]
