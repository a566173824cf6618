"""Quantities reported at a station: good, scrap, rework, their undo, and what still has to be said before them."""

from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select

from app.db import to_micro
from app.errors import Conflict, Invalid, NotFound
from app.models import Reason, Report
from app.queries.known import kept, machine_of
from app.services import execution, sessions, undoing
from app.services import station_parts as parts
from app.services import station_tasks as tasks
from app.services.measuring import Value
from app.services.station_here import Here, Outcome
from app.states.task import CLOSED

BAD = ("scrap", "rework")
_R = Report.__table__


def report(
    here: Here, kind: str, quantity: Decimal | None = None, reason_id: int | None = None, unit: Any = None
) -> Outcome:
    """Report on the open task what was said and what was scanned before; raises what execution.report raises."""
    facts, person_id = here.open_task(), here.person()
    pieces = Decimal(here.pending.get("quantity") or 1) if quantity is None else quantity
    unit_id = unit.id if unit is not None else here.pending.get("unit")
    _wake(here, facts)
    entry = execution.Entry(
        uuid=here.wish.uuid, site_id=here.site_id, kind=kind, quantity=pieces, task_id=facts.row.id,
        station_id=here.station_id, person_id=person_id, channel=here.wish.channel, reason_id=reason_id,
        unit_id=unit_id, machine_id=machine_of(here.connection, here.station_id),
        work_session_id=here.pending.get("session"), device_at=here.wish.device_at, values=_values(here),
        uses=parts.uses(here, _micro(pieces)) if kind == "good" else (),
    )  # fmt: skip
    told = execution.report(here.connection, entry, here.now)
    here.keep(quantity=None, kind=None, reason=None, unit=None, values=None, confirm=None)
    if kind == "good":
        here.keep(parts=None)
    if tasks.state_of(here, facts.row.id).status in CLOSED:
        tasks.leave(here)
    values = facts.names | {name: told[name] for name in ("quantity", "good", "of", "serial")}
    code = f"report.{kind}" + ("_unit" if told["serial"] else "")
    return Outcome("report", code, values, told | {"closed": here.task_id is None})


def bad(here: Here, kind: str | None, reason_id: int | None, quantity: Decimal | None = None) -> Outcome:
    """Scrap or rework, in any order of saying: what, why, and which unit. Reports as soon as all is known."""
    facts = here.open_task()
    here.person()
    here.keep(kind=kind or here.pending.get("kind"), reason=reason_id or here.pending.get("reason"), confirm=None)
    if quantity is not None:
        here.keep(quantity=str(quantity))
    if here.pending.get("reason") is not None and here.pending.get("kind") is None:
        here.keep(kind=kind_of_reason(here, here.pending["reason"]))
    if here.pending.get("reason") is None:
        return Outcome("pending", f"pending.{here.pending['kind']}_reason", facts.names)
    if facts.needs_unit and here.pending.get("unit") is None:
        return Outcome("pending", f"pending.{here.pending['kind']}_unit", facts.names)
    return report(here, here.pending["kind"], reason_id=here.pending["reason"])


def reason_row(here: Here, reason: int | str) -> Any:
    """A reason of this site by id or code; NotFound otherwise."""

    def load() -> Any:
        column = Reason.id if isinstance(reason, int) else Reason.code
        query = select(Reason.id, Reason.kind, Reason.code).where(column == reason, Reason.site_id == here.site_id)
        return here.connection.execute(query).one_or_none()

    row = kept(("reason", here.site_id, reason), load)
    if row is None:
        raise NotFound("reason.unknown", reason=reason)
    return row


def kind_of_reason(here: Here, reason_id: int) -> str:
    """scrap or rework, as the reason says; Conflict when it is for something else."""
    row = reason_row(here, reason_id)
    if row.kind not in BAD:
        raise Conflict("reason.other_use", reason=row.code)
    return str(row.kind)


def undo(here: Here) -> Outcome:
    """Take the last report of this person at this station back."""
    person_id = here.person()
    taken = select(_R.c.reverses_id).where(_R.c.reverses_id.is_not(None), _R.c.station_id == here.station_id)
    query = (
        select(_R.c.id, _R.c.task_id)
        .where(_R.c.station_id == here.station_id, _R.c.person_id == person_id, _R.c.quantity > 0,
               _R.c.kind.in_(("good", *BAD)), _R.c.id.not_in(taken))
        .order_by(_R.c.id.desc())
        .limit(1)
    )  # fmt: skip
    last = here.connection.execute(query).one_or_none()
    if last is None:
        raise Conflict("station.nothing_to_undo")
    wish = undoing.Undo(here.wish.uuid, here.site_id, last.id, person_id, here.wish.channel)
    told = undoing.undo(here.connection, wish, here.now)
    if here.task_id is None:
        here.move(task_id=last.task_id)
    values = here.facts(last.task_id).names | {"quantity": told["quantity"], "undone": told["undone"]}
    return Outcome("undo", "report.undone", values, told)


def finish(here: Here) -> Outcome:
    """Leave the open task. Work that is not counted is done with it; counted work that is left over needs a yes."""
    facts = here.open_task()
    here.person()
    if facts.row.order_kind != "production" and not facts.row.is_serialised:
        now = tasks.state_of(here, facts.row.id)
        left = now.quantity_input - now.quantity_good - now.quantity_scrap - now.quantity_rework
        if left > 0:
            return report(here, "good", Decimal(left) / 10**6)
    here.keep(confirm="finish")
    return Outcome("pending", "pending.finish", tasks.figures(here, facts))


def confirm(here: Here) -> Outcome:
    """Say yes to what was asked."""
    if here.pending.get("confirm") != "finish":
        raise Conflict("station.nothing_to_confirm")
    facts = here.open_task()
    sessions.pause(here.connection, facts.row, here.station_id, here.who, here.now)
    tasks.leave(here)
    return Outcome("task", "task.left", facts.names)


def cancel(here: Here) -> Outcome:
    """Forget what was scanned for the next report."""
    here.keep(kind=None, reason=None, unit=None, quantity=None, confirm=None, parts=None, values=None)
    return Outcome("pending", "pending.cancelled")


def number(here: Here, quantity: Decimal) -> Outcome:
    """The quantity of the next report."""
    facts = here.open_task()
    if quantity <= 0:
        raise Invalid("quantity.wrong", quantity=str(quantity))
    if facts.row.is_serialised and quantity != 1:
        raise Invalid("unit.one")
    here.keep(quantity=str(quantity))
    if here.pending.get("kind") and here.pending.get("reason") is not None:
        return bad(here, None, None)
    return Outcome("pending", "pending.quantity", facts.names | {"quantity": str(quantity)})


def value(here: Here, check: str, given: Decimal) -> Outcome:
    """A value for a check of the next report."""
    facts = here.open_task()
    here.keep(values={**here.pending.get("values", {}), check: str(given)})
    return Outcome("pending", "pending.value", facts.names | {"check": check, "value": str(given)})


def decimal(text: Any, code: str = "quantity.wrong") -> Decimal:
    """A number from a device; Invalid when it is none."""
    try:
        found = Decimal(str(text).strip().replace(",", "."))
    except InvalidOperation:
        raise Invalid(code, quantity=str(text)[:40], field="value", value=str(text)[:40]) from None
    if not found.is_finite():
        raise Invalid(code, quantity=str(text)[:40], field="value", value=str(text)[:40])
    return found


def _micro(quantity: Decimal) -> int:
    try:
        return to_micro(quantity)
    except (ValueError, ArithmeticError):
        raise Invalid("quantity.wrong", quantity=str(quantity)) from None


def _values(here: Here) -> tuple[Value, ...]:
    return tuple(Value(code, Decimal(text)) for code, text in here.pending.get("values", {}).items())


def _wake(here: Here, facts: Any) -> None:
    """A piece that was made says that the station works, whatever was pressed before."""
    if not tasks.is_running(here):
        tasks.open_task(here, facts.row.id)
