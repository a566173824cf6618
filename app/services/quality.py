"""Holds over units and lots, and nonconformances: found, contained, decided piece by piece, closed.

The moves and what may be decided stand in the room ``quality``; here they change rows. Containing lays a hold over
each piece; a decision takes that hold away, except where the piece is to be scrapped and is still on its way: it
stays held until its scrap is reported.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import Disposition, Hold, Lot, Nonconformance, Reason, Recall, StockBalance, Task, Unit
from app.services import orders
from app.services.capa import open_actions
from app.services.containment import check_second
from app.services.numbers import take
from app.services.signing import sign
from app.services.stock import Move, post
from app.states.flow import ONE
from quality import inspection
from quality.errors import DispositionRefused, MoveRefused
from quality.nonconformance import Move as Step
from quality.nonconformance import State, moved

FINISHED = ("good", "returned")
MOST_PIECES = 2000


def hold(
    site_id: int, kind: str, target_id: int, reason_id: int | None, note: str, user_id: int | None, actor: str,
    now: datetime,
) -> int:  # fmt: skip
    """Lay a hold over an order, task, unit or lot and give its id; it wants a reason or a note."""
    note = note.strip()[:2000]
    with transaction() as session:
        if not note and reason_id is None:
            raise Invalid("report.reason")
        _check_reason(session, site_id, reason_id)
        if kind != "lot":
            return orders.hold(site_id, kind, target_id, reason_id, note or None, user_id, actor, now)
        _piece(session, Lot, site_id, target_id)
        return _hold(session, site_id, ("lot", target_id), reason_id, note or None, user_id, actor, now)


def resume(
    site_id: int, hold_id: int, note: str, user_id: int | None, actor: str, now: datetime, signed: bool = False
) -> None:
    """Release a hold and keep why; refused while a nonconformance has not decided about the piece.

    One that a second person must release wants a signature: ``signed`` says that the secret was entered again.
    """
    note = note.strip()
    with transaction() as session:
        row = session.get(Hold, hold_id)
        if row is None or row.site_id != site_id:
            raise NotFound("hold.unknown", hold=hold_id)
        if not note:
            raise Invalid("report.reason")
        if row.released_at is None:
            check_second(row, user_id)
            _check_decided(session, row)
            if row.needs_second:
                _sign(session, site_id, ("hold", row.id), "release", {"note": note}, signed, user_id, actor, now)
            row.note = " → ".join(filter(None, (row.note, note)))[:2000]
        orders.resume(site_id, hold_id, user_id, actor, now)


def open_nonconformance(
    site_id: int, title: str, reason_id: int | None, units: Iterable[int], lots: Iterable[int], task_id: int | None,
    user_id: int | None, actor: str, now: datetime,
) -> int:  # fmt: skip
    """Open a nonconformance over units and lots (at least one) and give its id; nothing is held yet."""
    with transaction() as session:
        if not title.strip():
            raise Invalid("value.missing", field="title")
        _check_reason(session, site_id, reason_id)
        units, lots = list(units), list(lots)
        _check_pieces(session, site_id, {Task: [task_id] if task_id is not None else [], Unit: units, Lot: lots})
        row = Nonconformance(
            site_id=site_id, code=f"NC-{take(session, site_id, 'nonconformance'):05d}", title=title.strip()[:2000],
            reason_id=reason_id, task_id=task_id, opened_by=user_id, opened_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        added = _add(session, row, units, lots)
        _tell(session, row, "opened", actor, now, {"pieces": added})
        return row.id


def contain(site_id: int, row_id: int, user_id: int | None, actor: str, now: datetime) -> None:
    """Hold every piece that is not decided yet: open becomes contained."""
    with transaction() as session:
        row = _of_site(session, site_id, row_id)
        _move(row, Step.CONTAIN)
        _hold_pieces(session, row, user_id, actor, now)
        _tell(session, row, "contained", actor, now)


def extend(
    site_id: int, row_id: int, units: Iterable[int], lots: Iterable[int], user_id: int | None, actor: str, now: datetime
) -> None:
    """Add pieces that are affected, too, and hold them."""
    with transaction() as session:
        row, units, lots = _of_site(session, site_id, row_id), list(units), list(lots)
        _check_pieces(session, site_id, {Unit: units, Lot: lots})
        _move(row, Step.EXTEND)
        added = _add(session, row, units, lots)
        _hold_pieces(session, row, user_id, actor, now)
        _tell(session, row, "extended", actor, now, {"pieces": added})


def decide(
    site_id: int, row_id: int, piece_id: int, decision: str, note: str, roles: frozenset[str], user_id: int | None,
    actor: str, now: datetime, signed: bool = False,
) -> None:  # fmt: skip
    """Decide about one piece; the last decision makes the nonconformance dispositioned.

    A concession (让步接收) is for the role quality alone and wants a signature: ``signed`` says that the secret was
    entered again. Conflict when it is not contained, the piece is decided
    already, or its state does not allow the decision.
    """
    with transaction() as session:
        row = _of_site(session, site_id, row_id)
        pieces = _pieces(session, row.id)
        piece = next((found for found in pieces if found.id == piece_id), None)
        if piece is None:
            raise NotFound("quality.piece_unknown", piece=piece_id)
        if row.status != State.CONTAINED:
            raise Conflict("quality.move", status=row.status, move=str(Step.DISPOSE))
        if piece.decision is not None:
            raise Conflict("quality.decided")
        if decision == inspection.Disposition.CONCESSION and "quality" not in roles:
            raise Forbidden("quality.concession")
        if decision == inspection.Disposition.CONCESSION:
            content = {"case": row.code, "unit": piece.unit_id, "lot": piece.lot_id, "note": note.strip()[:2000]}
            _sign(session, site_id, ("disposition", piece.id), "concession", content, signed, user_id, actor, now)
        _apply(session, row, piece, decision, user_id, actor, now)
        piece.decision, piece.decided_by, piece.decided_at = decision, user_id, now
        piece.note = note.strip()[:2000] or None
        data = {"piece": piece.id, "unit": piece.unit_id, "lot": piece.lot_id, "decision": decision}
        _tell(session, row, "decided", actor, now, data)
        if all(found.decision is not None for found in pieces):
            _move(row, Step.DISPOSE, [found.decision for found in pieces])
            _tell(session, row, "dispositioned", actor, now)


def close(site_id: int, row_id: int, user_id: int | None, actor: str, now: datetime) -> None:
    """Close what is decided, and let the operations go on that were held with it.

    Refused while a piece that is to be scrapped was not reported as scrap, or a customer was not informed yet.
    """
    with transaction() as session:
        row = _of_site(session, site_id, row_id)
        _move(row, Step.CLOSE)
        waiting = select(Unit.serial).join(Disposition, Disposition.unit_id == Unit.id).where(
            Disposition.nonconformance_id == row.id, Disposition.decision == "scrap", Unit.status != "scrapped"
        )  # fmt: skip
        serials = list(session.scalars(waiting.order_by(Unit.serial).limit(5)))
        if serials:
            raise Conflict("quality.not_scrapped", units=", ".join(serials))
        recalled = session.scalar(
            select(func.count()).select_from(Recall).where(Recall.nonconformance_id == row.id, Recall.status == "open")
        )
        if waiting := open_actions(session, row.id):
            raise Conflict("capa.open", count=waiting)
        if recalled:
            raise Conflict("quality.recall_open", count=recalled)
        _let_tasks_go(session, row, user_id, actor, now)
        row.closed_at = now
        _tell(session, row, "closed", actor, now)


def reopen(site_id: int, row_id: int, actor: str, now: datetime) -> None:
    """Open a closed nonconformance again."""
    with transaction() as session:
        row = _of_site(session, site_id, row_id)
        _move(row, Step.REOPEN)
        row.closed_at = None
        _tell(session, row, "reopened", actor, now)


def _sign(
    session: Session, site_id: int, subject: tuple[str, int], meaning: str, content: dict[str, Any], signed: bool,
    user_id: int | None, actor: str, now: datetime,
) -> None:  # fmt: skip
    if not signed:
        raise Invalid("sign.secret_missing")
    sign(session, site_id, subject, meaning, content, user_id, actor, now)


def _let_tasks_go(session: Session, row: Nonconformance, user_id: int | None, actor: str, now: datetime) -> None:
    held = select(Hold).where(Hold.site_id == row.site_id, Hold.target_type == "task", Hold.note == row.code,
                              Hold.released_at.is_(None))  # fmt: skip
    for found in session.scalars(held).all():
        check_second(found, user_id)
        orders.resume(row.site_id, found.id, user_id, actor, now)


def _of_site(session: Session, site_id: int, row_id: int) -> Nonconformance:
    row = session.get(Nonconformance, row_id, with_for_update=True)
    if row is None or row.site_id != site_id:
        raise NotFound("quality.unknown", nonconformance=row_id)
    return row


def _piece(session: Session, model: Any, site_id: int, key: int) -> Any:
    row = session.get(model, key)
    if row is None or row.site_id != site_id:
        word = str(model.__tablename__)
        raise NotFound(f"{word}.unknown", **{word: key})
    return row


def _check_pieces(session: Session, site_id: int, wanted: dict[Any, list[int]]) -> None:
    if not wanted.get(Unit) and not wanted.get(Lot):
        raise Invalid("value.missing", field="units")
    for model, keys in wanted.items():
        for key in keys:
            _piece(session, model, site_id, key)


def _pieces(session: Session, row_id: int) -> list[Disposition]:
    query = select(Disposition).where(Disposition.nonconformance_id == row_id).order_by(Disposition.id)
    return list(session.scalars(query))


def _check_reason(session: Session, site_id: int, reason_id: int | None) -> None:
    if reason_id is not None:
        reason = session.get(Reason, reason_id)
        if reason is None or reason.site_id != site_id:
            raise NotFound("reason.unknown", reason=reason_id)


def _move(row: Nonconformance, step: Step, decisions: Iterable[str | None] = ()) -> None:
    try:
        row.status = str(moved(State(row.status), step, decisions))
    except MoveRefused as error:
        raise Conflict("quality.move", status=row.status, move=str(step)) from error


def _add(session: Session, row: Nonconformance, units: Iterable[int], lots: Iterable[int]) -> int:
    known = {(piece.unit_id, piece.lot_id) for piece in _pieces(session, row.id)}
    wanted = {(key, None) for key in units} | {(None, key) for key in lots}
    fresh = sorted(wanted - known, key=lambda pair: (pair[0] or 0, pair[1] or 0))
    if len(fresh) > MOST_PIECES:
        raise Invalid("quality.too_many", count=len(fresh), most=MOST_PIECES)
    for unit_id, lot_id in fresh:
        session.add(Disposition(site_id=row.site_id, nonconformance_id=row.id, unit_id=unit_id, lot_id=lot_id,
                                quantity=Decimal(1)))  # fmt: skip
    session.flush()
    return len(fresh)


def _hold_pieces(session: Session, row: Nonconformance, user_id: int | None, actor: str, now: datetime) -> None:
    for piece in _pieces(session, row.id):
        if piece.decision is None and not _hold_of(session, row, piece):
            _hold(session, row.site_id, _target(piece), row.reason_id, row.code, user_id, actor, now)


def _target(piece: Disposition) -> tuple[str, int]:
    return ("unit", piece.unit_id) if piece.unit_id is not None else ("lot", piece.lot_id or 0)


def _hold_of(session: Session, row: Nonconformance, piece: Disposition) -> list[Hold]:
    kind, key = _target(piece)
    return list(session.scalars(select(Hold).where(
        Hold.target_type == kind, Hold.target_id == key, Hold.note == row.code, Hold.released_at.is_(None)
    )))  # fmt: skip


def _hold(
    session: Session, site_id: int, target: tuple[str, int], reason_id: int | None, note: str | None,
    user_id: int | None, actor: str, now: datetime,
) -> int:  # fmt: skip
    row = Hold(site_id=site_id, target_type=target[0], target_id=target[1], reason_id=reason_id, note=note,
               opened_by=user_id, opened_at=now)  # fmt: skip
    session.add(row)
    session.flush()
    events.record(session, site_id, "hold.opened", target, actor, now, {"hold": row.id})
    return row.id


def _check_decided(session: Session, hold_row: Hold) -> None:
    if hold_row.target_type not in ("unit", "lot"):
        return  # decisions are taken of pieces; an operation's number may by chance be that of a lot
    kind = Disposition.unit_id if hold_row.target_type == "unit" else Disposition.lot_id
    query = (
        select(Nonconformance.code).join(Disposition, Disposition.nonconformance_id == Nonconformance.id)
        .where(Nonconformance.site_id == hold_row.site_id, Nonconformance.code == hold_row.note,
               kind == hold_row.target_id, Disposition.decision.is_(None))
    )  # fmt: skip
    code = session.scalar(query)
    if code:
        raise Conflict("quality.undecided", nonconformance=code)


def _apply(
    session: Session, row: Nonconformance, piece: Disposition, decision: str, user_id: int | None, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    unit = session.get(Unit, piece.unit_id) if piece.unit_id is not None else None
    lot = session.get(Lot, piece.lot_id) if piece.lot_id is not None else None
    state = unit.status if unit else lot.status if lot else ""
    if decision == "scrap" and unit and state == "scrapped":
        return _let_go(session, row, piece, user_id, actor, now)  # its report was faster than the decision
    try:
        wish = inspection.Disposition(decision)
        inspection.check_disposition("unit" if unit else "lot", state, wish)
    except ValueError:
        raise Invalid("value.wrong", field="decision", value=decision[:40]) from None
    except DispositionRefused as error:
        allowed = ", ".join(str(word) for word in error.values["allowed"])  # type: ignore[attr-defined]
        raise Conflict("quality.refused", status=state, decision=decision, allowed=allowed or "–") from error
    if lot:
        lot.status = {"scrap": "rejected", "return": "rejected", "concession": "available"}.get(decision, lot.status)
    if unit and decision == "scrap":
        if state not in FINISHED:
            return None
        _scrap_finished(session, row, unit, actor, now)
    return _let_go(session, row, piece, user_id, actor, now)


def _let_go(
    session: Session, row: Nonconformance, piece: Disposition, user_id: int | None, actor: str, now: datetime
) -> None:
    for found in _hold_of(session, row, piece):
        check_second(found, user_id)
        orders.resume(row.site_id, found.id, user_id, actor, now)


def _scrap_finished(session: Session, row: Nonconformance, unit: Unit, actor: str, now: datetime) -> None:
    """A finished piece has left its tasks: it is scrapped here, and leaves the stock it stands in."""
    unit.status = "scrapped"
    query = select(StockBalance.location_id).where(
        StockBalance.item_id == unit.item_id, StockBalance.lot_key == 0, StockBalance.quantity > 0
    )
    place = session.scalar(query.order_by(StockBalance.quantity.desc(), StockBalance.location_id).limit(1))
    if place is not None:
        post(session, Move("scrap", unit.item_id, -ONE, None, None, row.code), row.site_id, place, actor, now)


def _tell(
    session: Session, row: Nonconformance, what: str, actor: str, now: datetime, data: dict[str, Any] | None = None
) -> None:
    events.record(session, row.site_id, f"nonconformance.{what}", ("nonconformance", row.id), actor, now, data)


__all__ = ["close", "contain", "decide", "extend", "hold", "open_nonconformance", "reopen", "resume"]
