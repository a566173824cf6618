"""What is made and used: items, bills of material, lots and stock."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Amount, BigKey, Code, Document, Key, Model, Moment, Name, Word, to


class Item(Model):
    """A material definition.

    ``supply`` is make_to_order, stock, buy or phantom; ``decimals`` (at most 6) how fine its stock unit is
    counted; ``tolerance_percent`` how far a report may exceed what is available; ``negative_stock`` refuse or mark.
    """

    __tablename__ = "item"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    unit: Mapped[Word] = mapped_column(default="pcs")
    decimals: Mapped[int] = mapped_column(default=0)
    supply: Mapped[Word]
    is_serialised: Mapped[bool] = mapped_column(default=False)
    is_lot_tracked: Mapped[bool] = mapped_column(default=False)
    tolerance_percent: Mapped[Amount] = mapped_column(default=Decimal(0))
    negative_stock: Mapped[Word] = mapped_column(default="mark")
    serial_prefix: Mapped[Word | None]
    retired: Mapped[bool] = mapped_column(default=False)


class ItemUnit(Model):
    """Another unit of an item: 1 of it is numerator / denominator stock units."""

    __tablename__ = "item_unit"
    item_id: Mapped[int] = to("item.id", primary_key=True)
    unit: Mapped[Word] = mapped_column(primary_key=True)
    numerator: Mapped[int]
    denominator: Mapped[int] = mapped_column(default=1)


class Bom(Model):
    """A revision of a bill of material; status draft, approved or retired. An item has one draft at most.

    ``version`` counts the saves of a draft, ``based_on_id`` is the revision it began from.
    """

    __tablename__ = "bom"
    __table_args__ = (
        UniqueConstraint("item_id", "revision"),
        Index("uq_bom_one_draft", "item_id", unique=True, sqlite_where=text("status = 'draft'"),
              postgresql_where=text("status = 'draft'")),
    )  # fmt: skip
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    item_id: Mapped[int] = to("item.id")
    revision: Mapped[Word] = mapped_column(default="A")
    status: Mapped[Word] = mapped_column(default="approved")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    based_on_id: Mapped[int | None] = mapped_column(BigKey)
    changed_by: Mapped[int | None] = mapped_column(BigKey)
    changed_at: Mapped[Moment | None]
    approved_by: Mapped[int | None] = mapped_column(BigKey)
    approved_at: Mapped[Moment | None]


class BomDraftRow(Model):
    """A row of a draft as it was typed: texts by column, so that what cannot be read yet is kept as well."""

    __tablename__ = "bom_draft_row"
    bom_id: Mapped[int] = to("bom.id", primary_key=True)
    key: Mapped[Code] = mapped_column(primary_key=True)
    position: Mapped[int]
    cells: Mapped[dict[str, Any]] = mapped_column(Document)


class BomLine(Model):
    """``quantity`` of the component goes into ``per`` pieces of the item; valid from (inclusive) to (exclusive)."""

    __tablename__ = "bom_line"
    __table_args__ = (UniqueConstraint("bom_id", "position"),)
    id: Mapped[Key]
    bom_id: Mapped[int] = to("bom.id")
    position: Mapped[int]
    item_id: Mapped[int] = to("item.id")
    quantity: Mapped[Amount]
    per: Mapped[Amount] = mapped_column(default=Decimal(1))
    scrap_percent: Mapped[Amount] = mapped_column(default=Decimal(0))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    alternate_group: Mapped[Code | None]
    priority: Mapped[int] = mapped_column(default=1)
    operation: Mapped[Code | None]
    backflush: Mapped[bool] = mapped_column(default=True)


class Location(Model):
    """A place for stock."""

    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("site_id", "code"),)
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id")
    code: Mapped[Code]
    name: Mapped[Name]
    name_zh: Mapped[Name | None]
    kind: Mapped[Word] = mapped_column(default="store")


class Lot(Model):
    """A material lot: expected, quarantine, available, consumed, rejected or expired; holds lie over it."""

    __tablename__ = "lot"
    __table_args__ = (UniqueConstraint("site_id", "item_id", "code"), Index("ix_lot_supplier_lot", "supplier_lot"))
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    item_id: Mapped[int] = to("item.id")
    code: Mapped[Code] = mapped_column(index=True)
    status: Mapped[Word] = mapped_column(default="available")
    supplier: Mapped[Name | None]
    supplier_lot: Mapped[Code | None]
    received_at: Mapped[Moment | None]
    expires_on: Mapped[date | None]


class StockMove(Model):
    """What moved: receipt, issue, produce, scrap, adjust or ship. Append-only; the sign is the direction."""

    __tablename__ = "stock_move"
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    kind: Mapped[Word]
    item_id: Mapped[int] = to("item.id")
    lot_id: Mapped[int | None] = to("lot.id", nullable=True)
    location_id: Mapped[int] = to("location.id", index=False)
    quantity: Mapped[Amount]
    report_id: Mapped[int | None] = to("report.id", nullable=True)
    actor: Mapped[Code | None]
    reason: Mapped[Name | None]
    at: Mapped[Moment]


class StockBalance(Model):
    """The counter of stock_move by item, lot and location (lot 0: without lot)."""

    __tablename__ = "stock_balance"
    item_id: Mapped[int] = to("item.id", primary_key=True)
    lot_key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    location_id: Mapped[int] = to("location.id", primary_key=True)
    site_id: Mapped[int] = to("site.id", index=False)
    quantity: Mapped[Amount] = mapped_column(default=Decimal(0))


class ExpectedReceipt(Model):
    """Material that was ordered and is expected (open purchase order line); planning waits for it.

    ``received_at`` ends the waiting; what really came stands in ``stock_move``.
    """

    __tablename__ = "expected_receipt"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        Index("ix_expected_receipt_item_id_due_at", "item_id", "due_at"),
    )
    id: Mapped[Key]
    site_id: Mapped[int] = to("site.id", index=False)
    code: Mapped[Code]
    item_id: Mapped[int] = to("item.id", index=False)
    quantity: Mapped[Amount]
    due_at: Mapped[Moment]
    received_at: Mapped[Moment | None]
