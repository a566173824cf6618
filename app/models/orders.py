"""The order store: one table for every kind of order, with joined children (operations request)."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Amount, Code, Document, Key, Model, Moment, Name, Text, Word, to


class WorkOrder(Model):
    """What is common to all orders. Lists read these columns only: loading every kind was five times slower."""

    __tablename__ = "work_order"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        Index("ix_work_order_site_id_status_due_at", "site_id", "status", "due_at"),
    )
    __mapper_args__ = {"polymorphic_on": "kind"}
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    code: Mapped[Code]
    kind: Mapped[Word]
    status: Mapped[Word] = mapped_column(default="draft")
    title: Mapped[Name]
    priority: Mapped[int] = mapped_column(default=3)
    due_at: Mapped[Moment]
    earliest_at: Mapped[Moment | None]
    line_id: Mapped[int | None] = to("line.id", nullable=True)
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    created_at: Mapped[Moment]
    released_at: Mapped[Moment | None]
    started_at: Mapped[Moment | None]
    completed_at: Mapped[Moment | None]


class ProductionOrder(WorkOrder):
    """Make a quantity of an item (生产工单)."""

    __tablename__ = "production_order"
    __mapper_args__ = {"polymorphic_identity": "production"}
    id: Mapped[int] = to("work_order.id", primary_key=True)
    item_id: Mapped[int] = to("item.id")
    quantity: Mapped[Amount]
    customer_order: Mapped[Code | None] = mapped_column(index=True)
    customer_ref: Mapped[Code | None]


class ReworkOrder(WorkOrder):
    """Rework of goods returned or already received (返工工单)."""

    __tablename__ = "rework_order"
    __mapper_args__ = {"polymorphic_identity": "rework"}
    id: Mapped[int] = to("work_order.id", primary_key=True)
    item_id: Mapped[int] = to("item.id")
    quantity: Mapped[Amount]
    unit_id: Mapped[int | None] = to("unit.id", nullable=True)
    minutes: Mapped[Amount] = mapped_column(default=Decimal(30))
    station_id: Mapped[int | None] = to("station.id", nullable=True)


class ServiceOrder(WorkOrder):
    """After-sales work (售后工单); its own state stands beside the order's."""

    __tablename__ = "service_order"
    __mapper_args__ = {"polymorphic_identity": "service"}
    id: Mapped[int] = to("work_order.id", primary_key=True)
    state: Mapped[Word] = mapped_column(default="new")
    customer_ref: Mapped[Code | None]
    unit_id: Mapped[int | None] = to("unit.id", nullable=True)
    description: Mapped[Text | None]
    minutes: Mapped[Amount]
    station_id: Mapped[int | None] = to("station.id", nullable=True)
    skill_id: Mapped[int | None] = to("skill.id", nullable=True)


class MaintenanceOrder(WorkOrder):
    """Planned or predicted maintenance of a machine (维护工单)."""

    __tablename__ = "maintenance_order"
    __mapper_args__ = {"polymorphic_identity": "maintenance"}
    id: Mapped[int] = to("work_order.id", primary_key=True)
    state: Mapped[Word] = mapped_column(default="confirmed")
    machine_id: Mapped[int] = to("machine.id")
    description: Mapped[Text | None]
    minutes: Mapped[Amount]
    skill_id: Mapped[int | None] = to("skill.id", nullable=True)


class OrderLink(Model):
    """How orders belong together: parent, rework_of, caused_by, spawned, member_of."""

    __tablename__ = "order_link"
    from_id: Mapped[int] = to("work_order.id", primary_key=True)
    to_id: Mapped[int] = to("work_order.id", primary_key=True)
    type: Mapped[Word] = mapped_column(primary_key=True)


class OrderRevision(Model):
    """What the order was released with: BOM lines and process graph, frozen, with a hash of the content."""

    __tablename__ = "order_revision"
    __table_args__ = (UniqueConstraint("order_id", "revision"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    order_id: Mapped[int] = to("work_order.id")
    revision: Mapped[int]
    snapshot: Mapped[dict[str, Any]] = mapped_column(Document)
    content_hash: Mapped[Code]
    effective: Mapped[Word] = mapped_column(default="immediate")
    created_at: Mapped[Moment]


class ExternalRef(Model):
    """Another system's number for one of ours."""

    __tablename__ = "external_ref"
    __table_args__ = (UniqueConstraint("site_id", "system", "type", "ref"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    system: Mapped[Word]
    type: Mapped[Word]
    ref: Mapped[Code] = mapped_column(index=True)
    target_id: Mapped[int]


class Hold(Model):
    """Stops a target (order, task, unit, lot, item) until released; several at once, its own status stays.

    ``needs_second`` says that who laid it cannot release it.
    """

    __tablename__ = "hold"
    __table_args__ = (Index("ix_hold_target_type_target_id", "target_type", "target_id"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    target_type: Mapped[Word]
    target_id: Mapped[int]
    reason_id: Mapped[int | None] = to("reason.id", index=False, nullable=True)
    note: Mapped[Text | None]
    opened_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    opened_at: Mapped[Moment]
    needs_second: Mapped[bool] = mapped_column(default=False, server_default=false())
    released_by: Mapped[int | None] = to("user_account.id", index=False, nullable=True)
    released_at: Mapped[Moment | None]
