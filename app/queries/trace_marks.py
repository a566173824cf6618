"""What many things of a trace are put together by: the lot (or order) they belong to, and the shift they began in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.events import Store
from app.models import Lot, Report, ShiftPattern, Unit, WorkOrder
from app.queries.trace_links import Node, chunks

_R, _U, _S, _O = Report.__table__, Unit.__table__, ShiftPattern.__table__, WorkOrder.__table__


@dataclass(frozen=True)
class Mark:
    """The lot a unit came in, else its order; and day and shift of its first report. Of a lot: supplier and day."""

    lot: str = ""
    shift: str = ""


def marks(store: Store, nodes: Iterable[Node]) -> dict[Node, Mark]:
    """The marks of units and lots; other things have none."""
    units, lots = [], []
    for node in nodes:
        (units if node.kind == "unit" else lots if node.kind == "lot" else []).append(int(node.id))
    found: dict[Node, Mark] = {}
    for chunk in chunks(units):
        for row in store.execute(_first(chunk)):
            day = row.business_date.isoformat() if row.business_date else ""
            found[Node("unit", row.id)] = Mark(row.lot or row.order_code or "", f"{day} {row.shift or ''}".strip())
    for chunk in chunks(lots):
        query = select(Lot.id, Lot.supplier, Lot.received_at).where(Lot.id.in_(chunk))
        for row in store.execute(query):
            day = row.received_at.date().isoformat() if row.received_at else ""
            found[Node("lot", row.id)] = Mark(row.supplier or "", day)
    return found


def _first(ids: list[int]) -> Any:
    first = (
        select(_R.c.unit_id, func.min(_R.c.id).label("report")).where(_R.c.unit_id.in_(ids))
        .group_by(_R.c.unit_id).subquery()
    )  # fmt: skip
    return (
        select(_U.c.id, Lot.code.label("lot"), _O.c.code.label("order_code"), _R.c.business_date,
               _S.c.code.label("shift"))
        .outerjoin(first, first.c.unit_id == _U.c.id).outerjoin(_R, _R.c.id == first.c.report)
        .outerjoin(_S, _S.c.id == _R.c.shift_id).outerjoin(Lot, Lot.id == _U.c.lot_id)
        .outerjoin(_O, _O.c.id == _U.c.order_id).where(_U.c.id.in_(ids))
    )  # fmt: skip


__all__ = ["Mark", "marks"]
