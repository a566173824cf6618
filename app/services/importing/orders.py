"""Orders of a folder: drafts made by the same service as those of the form, once for each number."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import ExternalRef, ProductionOrder, WorkOrder
from app.services.importing.description import Record
from app.services.importing.known import Known
from app.services.importing.result import Counts
from app.services.orders import create_production


def create(
    session: Session, records: Iterable[Record], known: Known, counts: Counts, actor: str | None, now: datetime
) -> set[str]:
    """Create the orders whose number is new; an order that is there is the planner's and stays as it is."""
    sites = known.site_ids()
    before = _existing(session)
    touched = set()
    for record in records:
        values = record.values
        found = before.get((sites[record.site], values["system"], values["number"]))
        if found is None:
            _make(record, sites[record.site], known, actor, now)
            counts.created += 1
            touched.add(record.site)
        elif _differs(found, record, known):
            counts.kept += 1
        else:
            counts.unchanged += 1
    return touched


def _existing(session: Session) -> dict[tuple[int, str, str], ProductionOrder]:
    query = (
        select(ExternalRef.site_id, ExternalRef.system, ExternalRef.ref, ProductionOrder)
        .join(ProductionOrder, WorkOrder.id == ExternalRef.target_id)
        .where(ExternalRef.type == "order")
    )
    return {(site_id, system, ref): order for site_id, system, ref, order in session.execute(query)}


def _make(record: Record, site_id: int, known: Known, actor: str | None, now: datetime) -> None:
    values = record.values
    create_production(
        site_id=site_id, item=values["item"], quantity=values["quantity"], due_at=values["due"],
        priority=values["priority"], actor=actor, now=now, earliest_at=values["earliest"],
        customer_order=values["customer_order"], customer_ref=values["customer"],
        line_id=known.stored["lines"][record.site, values["line"]] if values["line"] else None,
        external=(values["system"], values["number"]),
    )  # fmt: skip


def _differs(order: ProductionOrder, record: Record, known: Known) -> bool:
    values = record.values
    same_day = "due" in record.relative or order.due_at == values["due"]
    item_id = known.stored["items"][record.site, values["item"]]
    return (order.item_id, order.quantity, order.priority) != (
        item_id,
        values["quantity"],
        values["priority"],
    ) or not same_day
