"""What quality looks at: holds, values outside their limits, defects by reason, first-pass yield, nonconformances."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, func, select, type_coerce

from app.db import from_micro
from app.errors import NotFound
from app.events import Store
from app.models import (
    Disposition,
    EventSeal,
    Hold,
    Item,
    Measurement,
    Nonconformance,
    Operation,
    Reason,
    Report,
    Task,
    User,
)
from app.queries.trace_history import measured, reports, stops
from app.queries.trace_links import Node
from app.queries.trace_rows import Named, Step, Stop, Value
from app.queries.trace_things import Thing, things
from quality.inspection import allowed_dispositions
from quality.kpi import FPY

_R, _T, _M, _H = Report.__table__, Task.__table__, Measurement.__table__, Hold.__table__
_N, _D = Nonconformance.__table__, Disposition.__table__
_LOOK_BACK = 200_000  # values; far enough for weeks, near enough to read in a moment


@dataclass(frozen=True)
class Defect:
    """A reason with how much was scrapped or sent to rework for it, undone reports taken off."""

    reason: Named | None
    kind: str
    quantity: Decimal
    reports: int


@dataclass(frozen=True)
class Yield:
    """First pass yield of an operation (ISO 22400-2: FPY = good at the first inspection / inspected)."""

    operation: Named
    item: str
    inspected: Decimal
    good: Decimal
    share: Decimal | None


@dataclass(frozen=True)
class Case:
    """A nonconformance in a list: ``pieces`` in all, ``undecided`` of them."""

    id: int
    code: str
    title: str
    status: str
    opened_at: datetime
    closed_at: datetime | None
    pieces: int
    undecided: int
    reason: Named | None = None
    opened_by: str | None = None


@dataclass(frozen=True)
class Piece:
    """A piece of a nonconformance, what was decided, and what may be decided in its state."""

    id: int
    thing: Thing
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    allowed: tuple[str, ...]


def open_holds(store: Store, site_id: int, limit: int = 200) -> list[Stop]:
    """The holds that lie over something now, newest first."""
    return stops(store, and_(_H.c.site_id == site_id, _H.c.released_at.is_(None)), limit)


def targets(store: Store, site_id: int, rows: Iterable[Stop]) -> dict[Node, Thing]:
    """The things under holds."""
    known = {row.target for row in rows if row.target.kind in ("unit", "lot", "task", "order")}
    return things(store, site_id, sorted(known))


def out_of_limits(store: Store, site_id: int, limit: int = 50) -> list[Value]:
    """The newest values outside their limits."""
    newest = store.execute(select(func.max(_M.c.id))).scalar() or 0
    mine = and_(_M.c.site_id == site_id, _M.c.verdict == "fail", _M.c.id > newest - _LOOK_BACK)
    return measured(store, mine, limit, newest=True)


def _period(site_id: int, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (_R.c.site_id == site_id, _R.c.server_at >= since, _R.c.server_at < until)


def _total() -> Any:
    return func.coalesce(func.sum(type_coerce(_R.c.quantity, BigInteger)), 0)


def defects(store: Store, site_id: int, since: datetime, until: datetime) -> list[Defect]:
    """Scrap and rework by reason, largest first."""
    query = (
        select(_R.c.kind, Reason.id, Reason.code, Reason.name, Reason.name_zh, _total().label("total"),
               func.count().label("reports"))
        .outerjoin(Reason, Reason.id == _R.c.reason_id)
        .where(*_period(site_id, since, until), _R.c.kind.in_(("scrap", "rework")), ~_undone())
        .group_by(_R.c.kind, Reason.id, Reason.code, Reason.name, Reason.name_zh)
    )  # fmt: skip
    rows = [
        Defect(Named(row.id, row.code, row.name, row.name_zh) if row.id else None, row.kind,
               from_micro(int(row.total)), row.reports)
        for row in store.execute(query)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.quantity, row.reason.code if row.reason else ""))


def _undone() -> ColumnElement[bool]:
    """A report that was taken back, and the row that takes it back."""
    back = _R.alias("back")
    taken = select(back.c.id).where(back.c.reverses_id == _R.c.id).correlate(_R).exists()
    return taken | _R.c.reverses_id.is_not(None)


def first_pass(store: Store, site_id: int, since: datetime, until: datetime) -> list[Yield]:
    """First pass yield by operation, worst first: what was good the first time, rework loops left out."""
    good = func.coalesce(func.sum(type_coerce(_R.c.quantity, BigInteger)).filter(_R.c.kind == "good"), 0)
    query = (
        select(Operation.id, Operation.key, Operation.name, Operation.name_zh, Item.code.label("item"),
               _total().label("inspected"), good.label("good"))
        .select_from(_R).join(_T, _T.c.id == _R.c.task_id).join(Operation, Operation.id == _T.c.operation_id)
        .join(Item, Item.id == _T.c.item_id)
        .where(*_period(site_id, since, until), _T.c.loop_no == 0, _R.c.kind.in_(("good", "scrap", "rework")),
               ~_undone())
        .group_by(Operation.id, Operation.key, Operation.name, Operation.name_zh, Item.code)
    )  # fmt: skip
    rows = []
    for row in store.execute(query):
        inspected, passed = from_micro(int(row.inspected)), from_micro(int(row.good))
        name = Named(row.id, row.key, row.name, row.name_zh)
        rows.append(Yield(name, row.item, inspected, passed, FPY(passed, inspected)))
    return sorted(rows, key=lambda row: (row.share if row.share is not None else Decimal(2), row.operation.code))


def rows(
    store: Store, site_id: int, since: datetime, until: datetime, kind: str | None = None, reason_id: int | None = None,
    operation_id: int | None = None,
) -> list[Step]:  # fmt: skip
    """The reports behind a figure, undone ones left out; reason 0 means that none was given."""
    kept = [*_period(site_id, since, until), ~_undone()]
    kept.append(_R.c.kind == kind if kind else _R.c.kind.in_(("good", "scrap", "rework")))
    if reason_id is not None:
        kept.append(_R.c.reason_id == reason_id if reason_id else _R.c.reason_id.is_(None))
    if operation_id is not None:
        kept.append(_T.c.operation_id == operation_id)
    return reports(store, and_(*kept), 500)


def cases(store: Store, site_id: int, limit: int = 100) -> list[Case]:
    """Nonconformances, those that are not closed first, newest first."""
    query = _cases(_N.c.site_id == site_id).order_by(_N.c.closed_at.is_not(None), _N.c.id.desc()).limit(limit)
    return [_case(row) for row in store.execute(query)]


def case(store: Store, site_id: int, row_id: int) -> Case:
    """One nonconformance; NotFound when it is not of this site."""
    row = store.execute(_cases(and_(_N.c.site_id == site_id, _N.c.id == row_id))).one_or_none()
    if row is None:
        raise NotFound("quality.unknown", nonconformance=row_id)
    return _case(row)


def _cases(where: ColumnElement[bool]) -> Any:
    mine = _D.c.nonconformance_id == _N.c.id
    return (
        select(_N, select(func.count()).select_from(_D).where(mine).scalar_subquery().label("pieces"),
               select(func.count()).select_from(_D).where(mine, _D.c.decision.is_(None)).scalar_subquery()
               .label("undecided"),
               Reason.id.label("why_id"), Reason.code.label("why_code"), Reason.name.label("why_name"),
               Reason.name_zh.label("why_zh"), User.name.label("opener"))
        .outerjoin(Reason, Reason.id == _N.c.reason_id).outerjoin(User, User.id == _N.c.opened_by).where(where)
    )  # fmt: skip


def _case(row: Any) -> Case:
    why = Named(row.why_id, row.why_code, row.why_name, row.why_zh) if row.why_id else None
    return Case(row.id, row.code, row.title, row.status, row.opened_at, row.closed_at, row.pieces, row.undecided, why,
                row.opener)  # fmt: skip


def pieces(store: Store, site_id: int, row_id: int) -> list[Piece]:
    """The pieces of a nonconformance, in the order in which they were added."""
    query = (
        select(_D, User.name.label("decider")).outerjoin(User, User.id == _D.c.decided_by)
        .where(_D.c.site_id == site_id, _D.c.nonconformance_id == row_id).order_by(_D.c.id)
    )  # fmt: skip
    found = list(store.execute(query))
    nodes = {row.id: Node("unit", row.unit_id) if row.unit_id else Node("lot", row.lot_id) for row in found}
    known = things(store, site_id, nodes.values())
    return [_piece(row, known[nodes[row.id]]) for row in found if nodes[row.id] in known]


def _piece(row: Any, thing: Thing) -> Piece:
    allowed = tuple(sorted(map(str, allowed_dispositions(thing.node.kind, thing.status or ""))))
    if (thing.node.kind, thing.status) == ("unit", "scrapped"):
        allowed = ("scrap",)  # it was reported already; the decision says that this is right
    return Piece(row.id, thing, row.decision, row.decider, row.decided_at, row.note, () if row.decision else allowed)


def reasons(store: Store, site_id: int, *kinds: str) -> list[Named]:
    """The reasons of some kinds that can be chosen."""
    query = select(Reason.id, Reason.code, Reason.name, Reason.name_zh).where(
        Reason.site_id == site_id, Reason.kind.in_(kinds), Reason.retired.is_(False)
    )
    return [Named(*row) for row in store.execute(query.order_by(Reason.code))]


def last_seal(store: Store, site_id: int) -> str | None:
    """Position and hash of the last sealed event of a site; None before the first."""
    query = select(EventSeal.position, EventSeal.hash).where(EventSeal.site_id == site_id)
    row = store.execute(query.order_by(EventSeal.position.desc()).limit(1)).one_or_none()
    return f"{row.position} {row.hash}" if row else None


__all__ = ["Case", "Defect", "Piece", "Yield", "case", "cases", "defects", "first_pass", "last_seal", "open_holds",
           "out_of_limits", "pieces", "reasons", "rows", "targets"]  # fmt: skip
