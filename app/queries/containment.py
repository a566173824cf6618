"""What has to be held because of a suspect thing, and what of it is with customers already."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from app.events import Store
from app.models import ContainerItem, Item, ProductionOrder, Recall, Shipment, Task, Unit, User
from app.queries.trace import Genealogy
from app.queries.trace_links import chunks
from app.queries.trace_rows import Named
from app.states.task import CLOSED

AWAY = ("shipped", "in_service")
PAST = ("planned", "scrapped")
_U, _S, _K, _P = (table.__table__ for table in (Unit, Shipment, ContainerItem, ProductionOrder))
_V = Recall.__table__


@dataclass(frozen=True)
class Affected:
    """What a containment reaches: pieces to hold, stock, operations still open, and what left the house."""

    units: tuple[int, ...] = ()
    lots: tuple[int, ...] = ()
    tasks: tuple[int, ...] = ()
    away: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many things it reaches."""
        return len(self.units) + len(self.lots) + len(self.tasks) + len(self.away)


@dataclass(frozen=True)
class Called:
    """A unit to be called back: to whom it went, with which order, and how far the recall is."""

    id: int
    unit_id: int
    serial: str
    item: Named
    status: str
    customer_ref: str | None
    customer_order: str | None
    shipped_at: datetime | None
    changed_by: str | None
    changed_at: datetime


def affected(store: Store, site_id: int, found: Genealogy) -> Affected:
    """All that a thing went into, or that an order, operation, container or customer's order is made up of."""
    root = found.root
    units = [int(unit.node.id) for unit in found.units() if _mine(root, unit)]
    lots = {int(node.id) for node in found.forward.nodes if node.kind == "lot" and node in found.things}
    tasks = {int(node.id) for node in found.forward.nodes if node.kind == "task" and node in found.things}
    if root.node.kind == "order":
        query = select(Task.id).where(Task.order_id == int(root.node.id))
        tasks |= set(store.execute(query).scalars())
    return sorted_out(store, site_id, units, lots, tasks)


def _mine(root: Any, unit: Any) -> bool:
    return root.node.kind not in ("order", "task") or unit.order_id == root.order_id


def sorted_out(
    store: Store, site_id: int, units: Iterable[int], lots: Iterable[int] = (), tasks: Iterable[int] = ()
) -> Affected:
    """Units by whether they are here; what is scrapped, planned, or an operation already closed is left out."""
    here, away = [], []
    for chunk in chunks(sorted(set(units))):
        query = select(_U.c.id, _U.c.status).where(_U.c.site_id == site_id, _U.c.id.in_(chunk)).order_by(_U.c.id)
        for row in store.execute(query):
            if row.status not in PAST:
                (away if row.status in AWAY else here).append(row.id)
    left = []
    for chunk in chunks(sorted(set(tasks))):
        query = select(Task.id).where(Task.site_id == site_id, Task.id.in_(chunk), Task.status.not_in(tuple(CLOSED)))
        left += list(store.execute(query.order_by(Task.id)).scalars())
    return Affected(tuple(here), tuple(sorted(set(lots))), tuple(left), tuple(away))


def recalls(store: Store, site_id: int, case_id: int) -> list[Called]:
    """The recall list of a nonconformance, by customer and serial; the newest shipment of a unit counts."""
    packed = select(_K.c.container_id).where(_K.c.unit_id == _V.c.unit_id, _K.c.unpacked_at.is_(None))
    sent = (
        select(_S.c.id).where(or_(_S.c.unit_id == _V.c.unit_id, _S.c.container_id.in_(packed.correlate(_V))))
        .order_by(_S.c.at.desc(), _S.c.id.desc()).limit(1).correlate(_V).scalar_subquery()
    )  # fmt: skip
    query = (
        select(_V, _U.c.serial, Item.id.label("item_id"), Item.code, Item.name, Item.name_zh, _S.c.customer_ref,
               _S.c.customer_order, _S.c.at, _P.c.customer_ref.label("of_ref"), _P.c.customer_order.label("of_order"),
               User.name.label("changer"))
        .join(_U, _U.c.id == _V.c.unit_id).join(Item, Item.id == _U.c.item_id).outerjoin(_S, _S.c.id == sent)
        .outerjoin(_P, _P.c.id == _U.c.order_id).outerjoin(User, User.id == _V.c.changed_by)
        .where(_V.c.site_id == site_id, _V.c.nonconformance_id == case_id)
    )  # fmt: skip
    rows = [
        Called(row.id, row.unit_id, row.serial, Named(row.item_id, row.code, row.name, row.name_zh), row.status,
               row.customer_ref or row.of_ref, row.customer_order or row.of_order, row.at, row.changer, row.changed_at)
        for row in store.execute(query)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row.customer_ref or "", row.customer_order or "", row.serial))


__all__ = ["AWAY", "Affected", "Called", "affected", "recalls", "sorted_out"]
