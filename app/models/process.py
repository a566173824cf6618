"""How it is made: routings, their operations and links, what is checked, and the reasons people give."""

from decimal import Decimal
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Amount, Code, Document, Key, Model, Name, Text, Word, to


class Routing(Model):
    """A revision of an item's process graph (operations definition). An approved one is never changed."""

    __tablename__ = "routing"
    __table_args__ = (UniqueConstraint("item_id", "revision"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    item_id: Mapped[int] = to("item.id")
    revision: Mapped[Word] = mapped_column(default="A")
    status: Mapped[Word] = mapped_column(default="approved")


class Operation(Model):
    """A step (operations segment). ``key`` is stable; the name may change.

    Minutes are exact. ``batch_size`` pieces go into a jig or oven together; ``max_loops`` bounds rework. Between
    operations of different ``setup_family`` a station is set up (``SetupTime``); ``outside_min`` is the real time
    from sending to receiving back of an operation done by others (委外).
    """

    __tablename__ = "operation"
    __table_args__ = (UniqueConstraint("routing_id", "key"),)
    id: Mapped[Key]
    routing_id: Mapped[int] = to("routing.id")
    key: Mapped[Code]
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    kind: Mapped[Word] = mapped_column(default="normal")
    piece_min: Mapped[Amount]
    fixed_min: Mapped[Amount] = mapped_column(default=Decimal(0))
    is_optional: Mapped[bool] = mapped_column(default=False)
    alternate_group: Mapped[Code | None]
    batch_size: Mapped[int | None]
    max_loops: Mapped[int] = mapped_column(default=3)
    skill_id: Mapped[int | None] = to("skill.id", nullable=True)
    instruction: Mapped[Text | None]
    instruction_zh: Mapped[Text | None]
    setup_family: Mapped[Code | None]
    outside_min: Mapped[int | None]
    parameters: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)


class SetupTime(Model):
    """Minutes a station needs from one setup family to another; ``*`` stands for every other family."""

    __tablename__ = "setup_time"
    station_id: Mapped[int] = to("station.id", primary_key=True)
    from_family: Mapped[Code] = mapped_column(primary_key=True)
    to_family: Mapped[Code] = mapped_column(primary_key=True)
    minutes: Mapped[Amount]


class OperationLink(Model):
    """An arrow of the process graph: finish_start or start_start, normal, rework or alternate."""

    __tablename__ = "operation_link"
    __table_args__ = (UniqueConstraint("pred_id", "succ_id", "kind"),)
    id: Mapped[Key]
    routing_id: Mapped[int] = to("routing.id")
    pred_id: Mapped[int] = to("operation.id", index=False)
    succ_id: Mapped[int] = to("operation.id")
    type: Mapped[Word] = mapped_column(default="finish_start")
    kind: Mapped[Word] = mapped_column(default="normal")
    lag_min: Mapped[int] = mapped_column(default=0)
    transfer_batch: Mapped[int | None]
    alternate_group: Mapped[Code | None]


class OperationStation(Model):
    """A station that can do an operation; ``factor`` multiplies its minutes, low ``preference`` comes first."""

    __tablename__ = "operation_station"
    operation_id: Mapped[int] = to("operation.id", primary_key=True)
    station_id: Mapped[int] = to("station.id", primary_key=True)
    machine_id: Mapped[int | None] = to("machine.id", index=False, nullable=True)
    factor: Mapped[Amount] = mapped_column(default=Decimal(1))
    preference: Mapped[int] = mapped_column(default=0)


class Characteristic(Model):
    """What is measured or judged at an operation; ``source`` person or device, ``meaning`` the device's tag."""

    __tablename__ = "characteristic"
    __table_args__ = (UniqueConstraint("operation_id", "code"),)
    id: Mapped[Key]
    operation_id: Mapped[int] = to("operation.id")
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    kind: Mapped[Word] = mapped_column(default="variable")
    unit: Mapped[Word | None]
    lower: Mapped[Amount | None]
    target: Mapped[Amount | None]
    upper: Mapped[Amount | None]
    source: Mapped[Word] = mapped_column(default="device")
    meaning: Mapped[Word | None]
    is_required: Mapped[bool] = mapped_column(default=False)


class Reason(Model):
    """A reason people choose: of scrap (工废, 料废), rework, stop, hold, help, correction or skip."""

    __tablename__ = "reason"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    kind: Mapped[Word]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    retired: Mapped[bool] = mapped_column(default=False)
