"""Station tasks and how quantity flows between them (job order)."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Amount, Code, Key, Model, Moment, Name, Text, Word, to


class Task(Model):
    """One operation of an order at a station.

    ``quantity_input`` is what is available to it by its links; it is a counter of ``task_link`` and kept so that a
    station's queue need not derive it. ready means that quantity is available, not that the predecessor is finished.
    """

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("order_id", "op_key", "split_no", "loop_no"),
        Index("ix_task_station_id_status", "station_id", "status"),
        Index("ix_task_site_id_status", "site_id", "status"),
        CheckConstraint("quantity_good >= 0 AND quantity_scrap >= 0 AND quantity_rework >= 0", name="counters"),
    )
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    order_id: Mapped[int] = to("work_order.id")
    op_key: Mapped[Name]
    node: Mapped[Name]
    split_no: Mapped[int] = mapped_column(default=0)
    loop_no: Mapped[int] = mapped_column(default=0)
    sequence: Mapped[int] = mapped_column(default=0)
    kind: Mapped[Word] = mapped_column(default="normal")
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    item_id: Mapped[int | None] = to("item.id", nullable=True)
    operation_id: Mapped[int | None] = to("operation.id", nullable=True)
    skill_id: Mapped[int | None] = to("skill.id", index=False, nullable=True)
    station_id: Mapped[int | None] = to("station.id", index=False, nullable=True)
    machine_id: Mapped[int | None] = to("machine.id", index=False, nullable=True)
    status: Mapped[Word] = mapped_column(default="waiting")
    quantity: Mapped[Amount]
    quantity_input: Mapped[Amount] = mapped_column(default=Decimal(0))
    quantity_good: Mapped[Amount] = mapped_column(default=Decimal(0))
    quantity_scrap: Mapped[Amount] = mapped_column(default=Decimal(0))
    quantity_rework: Mapped[Amount] = mapped_column(default=Decimal(0))
    piece_min: Mapped[Amount]
    fixed_min: Mapped[Amount] = mapped_column(default=Decimal(0))
    batch_size: Mapped[int | None]
    setup_family: Mapped[Code | None]
    outside_min: Mapped[int | None]
    max_loops: Mapped[int] = mapped_column(default=3)
    is_final: Mapped[bool] = mapped_column(default=False)
    is_serialised: Mapped[bool] = mapped_column(default=False)
    instruction: Mapped[Text | None]
    instruction_zh: Mapped[Text | None]
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]
    version: Mapped[int] = mapped_column(default=1)


class TaskLink(Model):
    """Quantity that flows from a task to the next.

    ``quantity_passed`` is the truth of the flow. Links of one ``input_key`` add up, inputs are joined by the
    minimum; one piece passed makes ratio_num / ratio_den pieces of the successor available. A link that is not
    chosen carries nothing: of an alternate that is not done, or closed because a task was skipped
    (``closed_by_id``). ``bridges_id`` names the skipped task that a link leads past.
    """

    __tablename__ = "task_link"
    __table_args__ = (UniqueConstraint("pred_id", "succ_id", "kind"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    order_id: Mapped[int] = to("work_order.id")
    pred_id: Mapped[int] = to("task.id", index=False)
    succ_id: Mapped[int] = to("task.id")
    type: Mapped[Word] = mapped_column(default="finish_start")
    kind: Mapped[Word] = mapped_column(default="normal")
    input_key: Mapped[Name]
    ratio_num: Mapped[int] = mapped_column(default=1)
    ratio_den: Mapped[int] = mapped_column(default=1)
    lag_min: Mapped[int] = mapped_column(default=0)
    transfer_batch: Mapped[int | None]
    alternate_group: Mapped[Code | None]
    is_chosen: Mapped[bool] = mapped_column(default=True)
    bridges_id: Mapped[int | None] = to("task.id", nullable=True)
    closed_by_id: Mapped[int | None] = to("task.id", nullable=True)
    quantity_passed: Mapped[Amount] = mapped_column(default=Decimal(0))


class TaskStation(Model):
    """A station where the task may be done."""

    __tablename__ = "task_station"
    task_id: Mapped[int] = to("task.id", primary_key=True)
    station_id: Mapped[int] = to("station.id", primary_key=True)
    machine_id: Mapped[int | None] = to("machine.id", index=False, nullable=True)
    factor: Mapped[Amount] = mapped_column(default=Decimal(1))
    preference: Mapped[int] = mapped_column(default=0)


class TaskMaterial(Model):
    """What a task uses: need_num / need_den stock units for each of its pieces; issued is a counter."""

    __tablename__ = "task_material"
    __table_args__ = (UniqueConstraint("task_id", "line_key"),)
    id: Mapped[Key]
    task_id: Mapped[int] = to("task.id")
    item_id: Mapped[int] = to("item.id")
    line_key: Mapped[Code]
    need_num: Mapped[int]
    need_den: Mapped[int] = mapped_column(default=1)
    backflush: Mapped[bool] = mapped_column(default=True)
    quantity_issued: Mapped[Amount] = mapped_column(default=Decimal(0))
