"""What was decided about a thing, what was inspected, held and printed, and by which documents it was made."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from app.events import Store
from app.models import Disposition, Inspection, Nonconformance, OrderRevision, PrintJob, User
from app.queries.trace_rows import Stop
from app.queries.trace_things import Thing

_D, _N, _J, _I = (table.__table__ for table in (Disposition, Nonconformance, PrintJob, Inspection))
PRINTED = {"unit": ("unit",), "lot": ("lot",), "container": ("container",)}
MOST = 500


@dataclass(frozen=True)
class Paper:
    """Something that was decided, inspected, held, printed or valid: its kind, when, what in codes, and by whom.

    ``case_id`` and ``inspection_id`` are what it leads to.
    """

    kind: str
    at: datetime
    what: str
    detail: str = ""
    who: str | None = None
    case_id: int | None = None
    inspection_id: int | None = None


def papers(store: Store, site_id: int, thing: Thing, holds: list[Stop]) -> list[Paper]:
    """All of it in the order of time; things without any of it have none."""
    found = [*_decisions(store, site_id, thing), *_inspections(store, site_id, thing), *_labels(store, site_id, thing),
             *_documents(store, site_id, thing), *_holds(holds)]  # fmt: skip
    return sorted(found, key=lambda paper: (paper.at, paper.kind, paper.what))


def _decisions(store: Store, site_id: int, thing: Thing) -> Iterator[Paper]:
    if thing.node.kind not in ("unit", "lot"):
        return
    column = _D.c.unit_id if thing.node.kind == "unit" else _D.c.lot_id
    query = (
        select(_D.c.decision, _D.c.decided_at, _D.c.note, _N.c.id, _N.c.code, _N.c.title, _N.c.opened_at,
               User.name.label("who"))
        .join(_N, _N.c.id == _D.c.nonconformance_id).outerjoin(User, User.id == _D.c.decided_by)
        .where(_D.c.site_id == site_id, column == int(thing.node.id)).order_by(_D.c.id).limit(MOST)
    )  # fmt: skip
    for row in store.execute(query):
        yield Paper("case", row.opened_at, row.code, row.title, case_id=row.id)
        if row.decision is not None:
            yield Paper(row.decision, row.decided_at, row.code, row.note or "", row.who, row.id)


def _inspections(store: Store, site_id: int, thing: Thing) -> Iterator[Paper]:
    columns = {"unit": _I.c.unit_id, "lot": _I.c.lot_id, "task": _I.c.task_id}
    if thing.node.kind not in columns:
        return
    query = (
        select(_I.c.id, _I.c.kind, _I.c.verdict, _I.c.at, _I.c.done_at, _I.c.nonconforming, _I.c.size,
               User.name.label("who"))
        .outerjoin(User, User.id == _I.c.user_id)
        .where(_I.c.site_id == site_id, columns[thing.node.kind] == int(thing.node.id), _I.c.verdict != "void")
        .order_by(_I.c.id).limit(MOST)
    )  # fmt: skip
    for row in store.execute(query):
        detail = "" if row.nonconforming is None else f"{row.nonconforming} / {row.size}"
        yield Paper(f"inspection_{row.verdict}", row.done_at or row.at, row.kind, detail, row.who, None, row.id)


def _labels(store: Store, site_id: int, thing: Thing) -> Iterator[Paper]:
    if thing.node.kind not in PRINTED:
        return
    where = (_J.c.site_id == site_id, _J.c.template.in_(PRINTED[thing.node.kind]),
             _J.c.subject_id == int(thing.node.id), _J.c.status.in_(("printed", "paper")))  # fmt: skip
    rows = list(store.execute(select(_J).where(*where).order_by(_J.c.id).limit(MOST)))
    names = _names(store, {row.asked_by for row in rows})
    for row in rows:
        detail = " · ".join(filter(None, (f"× {row.copies}" if row.copies > 1 else "", row.reason)))
        yield Paper("label", row.ended_at or row.asked_at, row.title, detail, names.get(row.asked_by))


def _names(store: Store, actors: set[str]) -> dict[str, str]:
    ids = {int(actor[5:]) for actor in actors if actor.startswith("user:") and actor[5:].isdecimal()}
    query = select(User.id, User.name).where(User.id.in_(ids))
    return {f"user:{row.id}": row.name for row in store.execute(query)} if ids else {}


def _documents(store: Store, site_id: int, thing: Thing) -> Iterator[Paper]:
    """The frozen structure and process of the order a thing was made in: revision and hash."""
    row: Any = OrderRevision
    if thing.order_id is None:
        return
    query = select(row.revision, row.content_hash, row.created_at).where(
        and_(row.site_id == site_id, row.order_id == thing.order_id)
    )
    for found in store.execute(query.order_by(row.revision)):
        yield Paper("revision", found.created_at, str(found.revision), found.content_hash)


def _holds(holds: list[Stop]) -> Iterator[Paper]:
    for stop in holds:
        yield Paper("hold", stop.opened_at, stop.note or "", stop.reason.code if stop.reason else "", stop.opened_by)
        if stop.released_at:
            yield Paper("released", stop.released_at, stop.note or "", "", stop.released_by)


__all__ = ["Paper", "papers"]
