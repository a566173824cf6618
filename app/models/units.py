"""Single units with a serial number, what they are packed in and to whom they went."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Amount, Code, Key, Model, Moment, Name, Word, to


class Unit(Model):
    """A serialised piece (sublot).

    planned, in_process, in_rework, good, scrapped, shipped, in_service or returned. ``task_id`` is where it was
    last reported.
    """

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("site_id", "item_id", "serial"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    item_id: Mapped[int] = to("item.id")
    serial: Mapped[Code] = mapped_column(index=True)
    order_id: Mapped[int | None] = to("work_order.id", nullable=True)
    lot_id: Mapped[int | None] = to("lot.id", nullable=True)
    task_id: Mapped[int | None] = to("task.id", nullable=True)
    status: Mapped[Word] = mapped_column(default="in_process")
    created_at: Mapped[Moment]


class Container(Model):
    """A box, rack or pallet."""

    __tablename__ = "container"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    kind: Mapped[Word]
    location_id: Mapped[int | None] = to("location.id", nullable=True)


class ContainerItem(Model):
    """What is in a container, from when to when: a unit, a quantity of a lot, or another container."""

    __tablename__ = "container_item"
    id: Mapped[Key]
    container_id: Mapped[int] = to("container.id")
    unit_id: Mapped[int | None] = to("unit.id", nullable=True)
    lot_id: Mapped[int | None] = to("lot.id", nullable=True)
    inner_id: Mapped[int | None] = to("container.id", nullable=True)
    quantity: Mapped[Amount]
    packed_at: Mapped[Moment]
    unpacked_at: Mapped[Moment | None]


class Shipment(Model):
    """A unit that left: to whom, for which customer order, when."""

    __tablename__ = "shipment"
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    unit_id: Mapped[int | None] = to("unit.id", nullable=True)
    container_id: Mapped[int | None] = to("container.id", nullable=True)
    customer_ref: Mapped[Name | None]
    customer_order: Mapped[Code | None] = mapped_column(index=True)
    at: Mapped[Moment]
