"""What a scan or a button means at a station: one table by kind of code, one by action."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.errors import Conflict, Invalid, NotFound
from app.queries.codes import Found, resolve
from app.services import bought_units
from app.services import station_calls as calls
from app.services import station_parts as parts
from app.services import station_reports as reports
from app.services import station_tasks as tasks
from app.services.station_here import Here, Outcome

# What is printed on the command cards; a number once given away keeps its meaning for ever.
COMMANDS = {
    1: "start", 2: "finish", 3: "good", 4: "scrap", 5: "rework", 6: "undo", 7: "pause", 8: "help", 9: "sign_out",
    10: "confirm", 11: "cancel",
}  # fmt: skip


def scanned(here: Here, raw: str) -> Outcome:
    """Do what a scanned or typed text says here."""
    try:
        found = resolve(here.connection, here.site_id, raw)
    except NotFound as unknown:
        found = bought_units.receive(here, raw, unknown)
    here.parsed = f"{found.kind}:{found.id}"
    handler = _BY_KIND.get(found.kind)
    if handler is None:
        raise Conflict("code.not_here", text=found.text[:80])
    outcome = handler(here, found)
    if found.notices:
        outcome.data["notices"] = list(found.notices)
    return outcome


def acted(here: Here, action: str, values: dict[str, Any]) -> Outcome:
    """Do what a button or another program says here."""
    here.parsed = f"act:{action}"
    handler = _BY_ACTION.get(action)
    if handler is None:
        raise Invalid("value.wrong", field="action", value=action[:40])
    return handler(here, values)


def _command(here: Here, found: Found) -> Outcome:
    action = COMMANDS.get(found.id)
    if action is None:
        raise Conflict("code.not_here", text=found.text)
    return _BY_ACTION[action](here, {})


def _reason(here: Here, found: Found) -> Outcome:
    row = reports.reason_row(here, found.id)
    if row.kind == "stop":
        return calls.stop(here, row.id)
    if row.kind == "help":
        return calls.help_me(here, row.id)
    kind = here.pending.get("kind") or reports.kind_of_reason(here, row.id)
    if row.kind != kind:
        raise Conflict("reason.other_use", reason=row.code)
    return reports.bad(here, kind, row.id)


def _unit(here: Here, found: Found) -> Outcome:
    unit = parts.unit_row(here, found.id)
    here.person()
    facts = here.facts(here.task_id) if here.task_id is not None else None
    if facts is not None and unit.item_id != facts.row.item_id and unit.status in ("good", "built_in"):
        return parts.add_unit(here, unit)
    mine = facts is not None and facts.row.is_serialised and unit.item_id == facts.row.item_id
    plain = mine and facts is not None and unit.order_id == facts.row.order_id and unit.status != "in_rework"
    if not plain or (facts is not None and facts.row.loop_no):
        due = tasks.task_of_unit(here, unit)
        if due is not None and due != here.task_id:
            tasks.open_task(here, due)
        elif due is None and not mine:
            raise Conflict("unit.not_due", unit=unit.serial)
    if here.pending.get("kind"):
        here.keep(unit=unit.id)
        return reports.bad(here, None, None)
    return _good_unit(here, unit)


def _good_unit(here: Here, unit: Any) -> Outcome:
    try:
        return reports.report(here, "good", unit=unit)
    except Conflict as refusal:
        # Nothing is written yet: all this is checked before the first row.
        if refusal.code not in ("task.no_input", "task.input", "unit.done") or not tasks.is_counted(here, unit.id):
            raise
    # Counted on the open task already: it comes back from rework to another one, or was scanned twice.
    due = tasks.task_of_unit(here, unit)
    if due is None:
        raise Conflict("unit.done", unit=unit.serial)
    tasks.open_task(here, due)
    return reports.report(here, "good", unit=unit)


def _quantity(values: dict[str, Any]) -> Decimal | None:
    return None if values.get("quantity") in (None, "") else reports.decimal(values["quantity"])


def _good(here: Here, values: dict[str, Any]) -> Outcome:
    return reports.report(here, "good", _quantity(values), unit=_named_unit(here, values))


def _bad(kind: str | None) -> Callable[[Here, dict[str, Any]], Outcome]:
    def act(here: Here, values: dict[str, Any]) -> Outcome:
        reason = values.get("reason")
        row = reports.reason_row(here, reason) if reason is not None else None
        if row is not None and row.kind not in (reports.BAD if kind is None else (kind,)):
            raise Conflict("reason.other_use", reason=row.code)
        unit = _named_unit(here, values)
        if unit is not None:
            here.keep(unit=unit.id)
        return reports.bad(here, kind or (row.kind if row else "scrap"), row.id if row else None, _quantity(values))

    return act


def _named_unit(here: Here, values: dict[str, Any]) -> Any:
    """A unit given by its number or label beside an action."""
    if not values.get("unit"):
        return None
    found = resolve(here.connection, here.site_id, str(values["unit"]))
    if found.kind != "unit":
        raise Conflict("code.not_here", text=found.text[:80])
    return parts.unit_row(here, found.id)


def _whole(values: dict[str, Any], name: str) -> int:
    try:
        return int(values[name])
    except (KeyError, TypeError, ValueError):
        raise Invalid("value.missing", field=name) from None


def _start(here: Here, values: dict[str, Any]) -> Outcome:
    return tasks.open_task(here, _whole(values, "task")) if values.get("task") else tasks.start(here)


def _value(here: Here, values: dict[str, Any]) -> Outcome:
    if not values.get("check"):
        raise Invalid("value.missing", field="check")
    return reports.value(here, str(values["check"])[:60], reports.decimal(values.get("quantity"), "value.wrong"))


_BY_KIND: dict[str, Callable[[Here, Found], Outcome]] = {
    "person": lambda here, found: tasks.sign(here, found.id),
    "task": lambda here, found: tasks.open_task(here, found.id),
    "order": lambda here, found: tasks.open_task(here, tasks.next_of_order(here, found.id)),
    "unit": _unit,
    "lot": lambda here, found: parts.add_lot(here, (found.id, *found.others)),
    "reason": _reason,
    "command": _command,
    "number": lambda here, found: reports.number(here, Decimal(found.id)),
}
_BY_ACTION: dict[str, Callable[[Here, dict[str, Any]], Outcome]] = {
    "start": _start,
    "finish": lambda here, values: reports.finish(here),
    "good": _good,
    "scrap": _bad("scrap"),
    "rework": _bad("rework"),
    "reject": _bad(None),
    "undo": lambda here, values: reports.undo(here),
    "pause": lambda here, values: tasks.pause(here),
    "help": lambda here, values: calls.help_me(here, values.get("reason")),
    "stop": lambda here, values: calls.stop(here, values.get("reason")),
    "sign_in": lambda here, values: tasks.sign(here, _whole(values, "person")),
    "sign_out": lambda here, values: tasks.sign_out(here),
    "confirm": lambda here, values: reports.confirm(here),
    "cancel": lambda here, values: reports.cancel(here),
    "quantity": lambda here, values: reports.number(here, reports.decimal(values.get("quantity"))),
    "value": _value,
}  # fmt: skip
ACTIONS = frozenset(_BY_ACTION)
