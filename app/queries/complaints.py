"""Complaints, and the causes that their units share: what `quality.complaint` finds in what the store knows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.events import Store
from app.models import Complaint, Item, Lot, Reason, Unit
from app.queries.complaint_factors import Made, made
from app.queries.trace_rows import Named
from quality.complaint import Candidate, Finding, causes

_C, _U = Complaint.__table__, Unit.__table__


@dataclass(frozen=True)
class Wish:
    """What is asked: a symptom or all, complaints received and units made within a period, an item or all of them."""

    site_id: int
    since: datetime
    until: datetime
    symptom_id: int | None = None
    item_id: int | None = None


@dataclass(frozen=True)
class Row:
    """A complaint in a list."""

    id: int
    code: str
    unit_id: int
    serial: str
    item: Named
    symptom: Named
    status: str
    received_at: datetime
    customer_ref: str | None
    note: str | None


@dataclass(frozen=True)
class Answer:
    """The finding with the units it was made from."""

    finding: Finding
    made: Made


def listing(store: Store, wish: Wish, limit: int = 500) -> list[Row]:
    """The complaints that are asked for, newest first."""
    query = (
        select(_C, _U.c.serial, _U.c.status, Item.id.label("item_id"), Item.code.label("item_code"),
               Item.name.label("item_name"), Item.name_zh.label("item_zh"), Reason.code.label("why_code"),
               Reason.name.label("why_name"), Reason.name_zh.label("why_zh"))
        .join(_U, _U.c.id == _C.c.unit_id).join(Item, Item.id == _U.c.item_id)
        .join(Reason, Reason.id == _C.c.symptom_id).where(*_asked(wish))
        .order_by(_C.c.received_at.desc(), _C.c.id.desc()).limit(limit)
    )  # fmt: skip
    return [
        Row(row.id, row.code, row.unit_id, row.serial, Named(row.item_id, row.item_code, row.item_name, row.item_zh),
            Named(row.symptom_id, row.why_code, row.why_name, row.why_zh), row.status, row.received_at,
            row.customer_ref, row.note)
        for row in store.execute(query)
    ]  # fmt: skip


def _asked(wish: Wish) -> Iterable[Any]:
    yield _C.c.site_id == wish.site_id
    yield _C.c.received_at >= wish.since
    yield _C.c.received_at < wish.until
    if wish.symptom_id is not None:
        yield _C.c.symptom_id == wish.symptom_id
    if wish.item_id is not None:
        yield _C.c.unit_id.in_(select(_U.c.id).where(_U.c.item_id == wish.item_id))


def items(store: Store, site_id: int) -> list[Named]:
    """The items that anybody complained about."""
    query = (
        select(Item.id, Item.code, Item.name, Item.name_zh).join(_U, _U.c.item_id == Item.id)
        .join(_C, _C.c.unit_id == _U.c.id).where(_C.c.site_id == site_id).distinct().order_by(Item.code)
    )  # fmt: skip
    return [Named(*row) for row in store.execute(query)]


def complained(store: Store, wish: Wish) -> frozenset[int]:
    """The units of the complaints that are asked for."""
    return frozenset(store.execute(select(_C.c.unit_id).where(*_asked(wish)).distinct()).scalars())


def analysis(store: Store, wish: Wish) -> Answer:
    """What the units with complaints share: all finished units of the same items and period are compared."""
    bad = complained(store, wish)
    found = made(store, wish.site_id, _items(store, wish, bad), wish.since, wish.until)
    return Answer(causes([unit in bad for unit in found.units], found.columns), found)


def _items(store: Store, wish: Wish, bad: frozenset[int]) -> list[int]:
    if wish.item_id is not None:
        return [wish.item_id]
    query = select(_U.c.item_id).join(_C, _C.c.unit_id == _U.c.id).where(*_asked(wish)).distinct()
    return list(store.execute(query).scalars()) if bad else []


def sharing(store: Store, wish: Wish, parts: Mapping[str, str]) -> tuple[list[int], frozenset[int]]:
    """All units, those still being made too, that have these levels of factors; and which of them are complained about.

    What is contained must be all of it, so a level that the finished units show is looked for in every unit.
    """
    bad = complained(store, wish)
    found = made(store, wish.site_id, _items(store, wish, bad), wish.since, wish.until, finished=False)
    return [found.units[at] for at in found.having(parts)], bad


def lots_of(store: Store, site_id: int, parts: Mapping[str, str]) -> list[int]:
    """The lots that levels name, so that what is left of them in stock is held with the units."""
    found: list[int] = []
    for factor, level in parts.items():
        scope, _slash, item = factor.partition("/")
        if scope == "lot":
            query = select(Lot.id).join(Item, Item.id == Lot.item_id)
            mine = (Lot.site_id == site_id, Item.code == item, Lot.code.in_(level.split("+")))
            found += store.execute(query.where(*mine)).scalars()
    return found


def count(store: Store, site_id: int) -> int:
    """How many complaints a site has in all."""
    return store.execute(select(func.count()).select_from(_C).where(_C.c.site_id == site_id)).scalar_one()


__all__ = ["Answer", "Candidate", "Row", "Wish", "analysis", "complained", "count", "items", "listing",
           "lots_of", "sharing"]  # fmt: skip
