"""Containment in one action: a nonconformance over everything affected, all of it held, customers on a recall list.

Nobody releases what they contained themselves: each of these holds needs a second person. What is with a customer
cannot be held; it stands on the recall list until it is returned.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Disposition, Hold, Lot, Nonconformance, Reason, Recall, Task, Unit
from app.queries.containment import Affected, sorted_out
from app.services.notices import Matter, open_notice
from app.services.numbers import take
from app.states.flow import ONE
from quality.nonconformance import State

MOST = 20_000
MOVES = {"open": ("informed", "returned"), "informed": ("returned",), "returned": ()}


def contain(
    site_id: int, what: Affected, title: str, reason_id: int | None, user_id: int | None, actor: str, now: datetime
) -> int:
    """Open a nonconformance over all of it, hold it and list what is with customers; gives the case's id.

    Invalid without a title or when nothing is left to hold or recall; NotFound for what is not of this site.
    """
    with transaction() as session:
        if not title.strip():
            raise Invalid("value.missing", field="title")
        if not 0 < what.count <= MOST:
            raise Invalid("quality.too_many" if what.count else "containment.nothing", count=what.count, most=MOST)
        _check(session, site_id, what, reason_id)
        # What a unit is may have changed since the page was read: shipped meanwhile, it is recalled and not held.
        fresh = sorted_out(session, site_id, (*what.units, *what.away), what.lots, what.tasks)
        has_pieces = bool(fresh.units or fresh.lots)
        state = State.CONTAINED if has_pieces else State.DISPOSITIONED  # nothing here to decide about
        row = _case(session, site_id, title, state, reason_id, user_id, now)
        _pieces(session, row, fresh)
        _hold(session, row, fresh, user_id, actor, now)
        _recall(session, row, fresh.away, user_id, now)
        told = {"units": len(fresh.units), "lots": len(fresh.lots), "tasks": len(fresh.tasks), "away": len(fresh.away)}
        events.record(session, site_id, "nonconformance.opened", ("nonconformance", row.id), actor, now, told)
        events.record(session, site_id, "nonconformance.contained", ("nonconformance", row.id), actor, now, told)
        matter = Matter(site_id, "containment", ("nonconformance", row.id))
        open_notice(session, matter, "crit", now, actor, data={"case": row.code, "away": told["away"],
                                                               "held": fresh.count - told["away"]})  # fmt: skip
        return row.id


def _check(session: Session, site_id: int, what: Affected, reason_id: int | None) -> None:
    wanted: tuple[tuple[str, Any, Iterable[int]], ...] = (
        ("unit", Unit, (*what.units, *what.away)), ("lot", Lot, what.lots), ("task", Task, what.tasks),
        ("reason", Reason, [reason_id] if reason_id is not None else []),
    )  # fmt: skip
    for word, model, ids in wanted:
        keys = sorted(set(ids))
        for at in range(0, len(keys), 400):
            part = keys[at : at + 400]
            known = set(session.scalars(select(model.id).where(model.site_id == site_id, model.id.in_(part))))
            for key in part:
                if key not in known:
                    raise NotFound(f"{word}.unknown", **{word: key})


def _case(
    session: Session, site_id: int, title: str, state: State, reason_id: int | None, user_id: int | None,
    now: datetime,
) -> Nonconformance:  # fmt: skip
    row = Nonconformance(
        site_id=site_id, code=f"NC-{take(session, site_id, 'nonconformance'):05d}", title=title.strip()[:2000],
        status=str(state), reason_id=reason_id, opened_by=user_id, opened_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _pieces(session: Session, row: Nonconformance, what: Affected) -> None:
    pairs = [(unit, None) for unit in what.units] + [(None, lot) for lot in what.lots]
    rows = [{"site_id": row.site_id, "nonconformance_id": row.id, "unit_id": unit, "lot_id": lot, "quantity": ONE}
            for unit, lot in pairs]  # fmt: skip
    if rows:
        session.execute(insert(Disposition), rows)


def _hold(
    session: Session, row: Nonconformance, what: Affected, user_id: int | None, actor: str, now: datetime
) -> None:
    kinds = (("unit", what.units), ("lot", what.lots), ("task", what.tasks))
    rows = [{"site_id": row.site_id, "target_type": kind, "target_id": key, "reason_id": row.reason_id,
             "note": row.code, "opened_by": user_id, "opened_at": now, "needs_second": True}
            for kind, keys in kinds for key in keys]  # fmt: skip
    if not rows:
        return
    made = session.execute(insert(Hold).returning(Hold.id, Hold.target_type, Hold.target_id), rows)
    for found in made.all():
        subject = (found.target_type, found.target_id)
        events.record(session, row.site_id, "hold.opened", subject, actor, now, {"hold": found.id})


def _recall(session: Session, row: Nonconformance, units: Iterable[int], user_id: int | None, now: datetime) -> None:
    rows = [{"site_id": row.site_id, "nonconformance_id": row.id, "unit_id": unit, "status": "open",
             "changed_by": user_id, "changed_at": now} for unit in units]  # fmt: skip
    if rows:
        session.execute(insert(Recall), rows)


def move_recall(site_id: int, recall_id: int, status: str, user_id: int | None, actor: str, now: datetime) -> int:
    """Say that the customer was informed or that the unit came back, which is in the house again; gives the case."""
    with transaction() as session:
        row = session.get(Recall, recall_id, with_for_update=True)
        if row is None or row.site_id != site_id:
            raise NotFound("recall.unknown", recall=recall_id)
        if status not in MOVES[row.status]:
            raise Conflict("recall.move", status=row.status, to=status[:20])
        before, row.status, row.changed_by, row.changed_at = row.status, status, user_id, now
        if status == "returned":
            _take_back(session, row, user_id, actor, now)
        events.record(session, site_id, "recall.moved", ("nonconformance", row.nonconformance_id), actor, now,
                      {"unit": row.unit_id, "was": before, "now": status})  # fmt: skip
        return row.nonconformance_id


def _take_back(session: Session, row: Recall, user_id: int | None, actor: str, now: datetime) -> None:
    """A unit that came back is held and waits for a decision like every other piece of the case."""
    session.get_one(Unit, row.unit_id).status = "returned"
    case = session.get_one(Nonconformance, row.nonconformance_id, with_for_update=True)
    case.status = str(State.CONTAINED)
    what = Affected(units=(row.unit_id,))
    _pieces(session, case, what)
    _hold(session, case, what, user_id, actor, now)


def check_second(row: Hold, user_id: int | None) -> None:
    """Conflict when somebody would release a hold that wants a second person and that they laid themselves."""
    if row.needs_second and (user_id is None or row.opened_by == user_id):
        raise Conflict("hold.second")


__all__ = ["MOST", "MOVES", "check_second", "contain", "move_recall"]
