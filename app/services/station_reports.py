"""Quantities reported at a station: good, scrap, rework, their undo, and what still has to be said before them."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select

from app.db import to_micro
from app.errors import Conflict, Invalid, NotFound, names
from app.models import Reason, Report
from app.queries.known import characteristics_of, kept, machine_of
from app.services import conceding, execution, measuring, replacing, sessions, taking_over, undoing
from app.services import station_limits as limits
from app.services import station_parts as parts
from app.services import station_tasks as tasks
from app.services.measuring import Value
from app.services.notices import Matter, open_notice
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
        work_session_id=here.pending.get("session"), device_at=_device_at(here), uncertain=here.made.uncertain,
        values=_values(here),
        uses=parts.uses(here, _micro(pieces)) if kind == "good" else (),
    )  # fmt: skip
    told = execution.report(here.connection, entry, here.now)
    here.keep(quantity=None, kind=None, reason=None, unit=None, values=None, confirm=None, offer=None, replace=None)
    if kind == "good":
        here.keep(parts=None)
    if tasks.state_of(here, facts.row.id).status in CLOSED:
        tasks.leave(here)
    values = facts.names | {name: told[name] for name in ("quantity", "good", "of", "serial")}
    code = f"report.{kind}" + ("_unit" if told["serial"] else "")
    data = told | {"closed": here.task_id is None}
    if kind == "scrap" and facts.row.order_kind == "production":
        here.keep(replace={"task": facts.row.id, "quantity": told["quantity"]})
        data["offer"] = "replace"
    return Outcome("report", code, values, data)


def bad(here: Here, kind: str | None, reason_id: int | None, quantity: Decimal | None = None) -> Outcome:
    """Scrap or rework, in any order of saying: what, why, and which unit. Reports as soon as all is known."""
    facts = here.open_task()
    here.person()
    if kind is None and here.pending.get("kind") == "concession":
        return conceding.concession(here, parts.unit_row(here, here.pending.get("unit") or 0))
    if kind is not None and kind != here.pending.get("kind"):
        here.keep(reason=None)
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
    made_at = None if here.made.uncertain else here.at
    wish = undoing.Undo(here.wish.uuid, here.site_id, last.id, person_id, here.wish.channel, made_at=made_at)
    told = undoing.undo(here.connection, wish, here.now)
    here.keep(kind=None, reason=None, unit=None, confirm=None, offer=None, replace=None)
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
    asked = here.pending.get("confirm")
    if asked == "take_over":
        return taking_over.take_over(here)
    if asked is None and here.pending.get("replace"):
        return _replace(here)
    if asked != "finish":
        raise Conflict("station.nothing_to_confirm")
    facts = here.open_task()
    sessions.pause(here.connection, facts.row, here.station_id, here.who, here.now)
    tasks.leave(here)
    return Outcome("task", "task.left", facts.names)


def _replace(here: Here) -> Outcome:
    """What was scrapped is made again: at once when a lead says so, else the lead is asked."""
    lost = here.pending["replace"]
    here.keep(replace=None)
    facts = here.facts(lost["task"])
    values = facts.names | {"quantity": lost["quantity"]}
    if here.wish.is_lead or limits.is_lead(here):
        made = replacing.replace(here.connection, here.site_id, lost["task"], to_micro(Decimal(lost["quantity"])),
                                 here.who, here.now)  # fmt: skip
        return Outcome("order", "replace.made", values, {"tasks": made})
    notice = open_notice(
        here.connection, Matter(here.site_id, "replacement", ("task", lost["task"])), "warn", here.now, here.who,
        station_id=here.station_id, line_id=here.line_id, quantity=Decimal(lost["quantity"]),
        data={"task": lost["task"], "quantity": lost["quantity"], "person": here.person_id},
    )  # fmt: skip
    return Outcome("call", "replace.asked", values, {"notice": notice})


def cancel(here: Here) -> Outcome:
    """Forget what was scanned for the next report."""
    here.keep(kind=None, reason=None, unit=None, quantity=None, confirm=None, parts=None, values=None, offer=None,
              replace=None, counter=None)  # fmt: skip
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
    """A value for a check of the next report; one out of its limits is said at once and not kept.

    Values of a device come from the device: nobody types past it.
    """
    facts = here.open_task()
    row = next((row for row in characteristics_of(here.connection, facts.row.operation_id) if row.code == check), None)
    if row is None:
        raise Invalid("value.wrong", field="check", value=check)
    if row.source == "device":
        raise Conflict("check.by_device", **names(check=row))
    values = facts.names | names(check=row) | {"value": str(given), **measuring.limits(row), "unit": row.unit or ""}
    known = {code: text for code, text in here.pending.get("values", {}).items() if code != check}
    if measuring.verdict(row, given) == "fail":
        # A required check must be repeated; one that is not is kept with its verdict.
        here.keep(values=(known if row.is_required else known | {check: str(given)}) or None)
        return Outcome("pending", "check.out", values, {"check": check, "verdict": "fail"})
    here.keep(values=known | {check: str(given)})
    return Outcome("pending", "pending.value", values, {"check": check, "verdict": "pass"})


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
        tasks.open_task(here, facts.row.id, in_hand=True)


def _device_at(here: Here) -> datetime | None:
    """When it was made, as far as the device's clock can be believed; what it said where it cannot."""
    return here.wish.device_at if here.made.uncertain or here.wish.device_at is None else here.at
