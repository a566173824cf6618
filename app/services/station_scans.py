"""What a scan or a button means at a station: which kind of thing it is, and the effect the table names for it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from app.errors import Conflict, Invalid, NotFound
from app.queries.codes import Found, resolve
from app.services import bought_units, conceding, taking_over
from app.services import station_batch as batch
from app.services import station_calls as calls
from app.services import station_counter as counters
from app.services import station_limits as limits
from app.services import station_parts as parts
from app.services import station_people as people
from app.services import station_reports as reports
from app.services import station_tasks as tasks
from app.services.station_here import Here, Outcome
from app.states.station import Kind, decide

# What is printed on the command cards; a number once given away keeps its meaning for ever.
COMMANDS = {
    1: "start", 2: "finish", 3: "good", 4: "scrap", 5: "rework", 6: "undo", 7: "pause", 8: "help", 9: "sign_out",
    10: "confirm", 11: "cancel", 12: "load", 13: "batch_start", 14: "batch_end", 15: "unload", 16: "setup",
    17: "material", 18: "concession", 19: "override",
}  # fmt: skip
_KINDS = {"person": Kind.BADGE, "task": Kind.TASK, "order": Kind.ORDER, "unit": Kind.UNIT, "lot": Kind.LOT,
          "number": Kind.NUMBER}  # fmt: skip
_REASONS = {"scrap": Kind.WHY_SCRAP, "rework": Kind.WHY_REWORK, "stop": Kind.WHY_STOP, "pause": Kind.WHY_PAUSE,
            "help": Kind.WHY_HELP}  # fmt: skip
_BUTTONS = {"sign_in": Kind.BADGE, "stop": Kind.WHY_STOP, "quantity": Kind.NUMBER, "value": Kind.VALUE,
            "counter": Kind.COUNTER}  # fmt: skip


class Said(NamedTuple):
    """What an effect is given: the thing that was scanned, or the values of a button."""

    id: int = 0
    others: tuple[int, ...] = ()
    values: dict[str, Any] = {}


def scanned(here: Here, raw: str) -> Outcome:
    """Do what a scanned or typed text says here."""
    try:
        found = resolve(here.connection, here.site_id, raw)
    except NotFound as unknown:
        found = bought_units.receive(here, raw, unknown)
    here.parsed = f"{found.kind}:{found.id}"
    said = Said() if found.kind == "command" else Said(found.id, found.others)
    outcome = _do(here, kind_of(here, found), said, found.text)
    if found.notices or here.notices:
        outcome.data["notices"] = [*found.notices, *here.notices]
    return outcome


def acted(here: Here, action: str, values: dict[str, Any]) -> Outcome:
    """Do what a button or another program says here."""
    here.parsed = f"act:{action}"
    if action not in ACTIONS:
        raise Invalid("value.wrong", field="action", value=action[:40])
    outcome = _do(here, _kind_of_action(here, action, values), Said(values=values), action)
    if here.notices:
        outcome.data["notices"] = list(here.notices)
    return outcome


def kind_of(here: Here, found: Found) -> Kind:
    """The column of the decision table."""
    if found.kind == "command":
        return Kind(COMMANDS[found.id]) if found.id in COMMANDS else Kind.PLACE
    if found.kind == "reason":
        return _REASONS.get(reports.reason_row(here, found.id).kind, Kind.WHY_OTHER)
    return _KINDS.get(found.kind, Kind.PLACE)


def _do(here: Here, kind: Kind, said: Said, text: str) -> Outcome:
    decision = decide(here.state, kind)
    if decision.effect is None:
        raise Conflict(decision.refusal or "", **_values(here, decision.refusal, text))
    return _EFFECTS[decision.effect](here, said)


def _values(here: Here, refusal: str | None, text: str) -> dict[str, Any]:
    if refusal == "station.locked":
        return {"minutes": here.idle_min}
    return {"reason" if refusal == "reason.other_use" else "text": text[:80]}


def _kind_of_action(here: Here, action: str, values: dict[str, Any]) -> Kind:
    """Where a button says the reason with it, the reason is what was scanned."""
    if action in _BUTTONS:
        return _BUTTONS[action]
    if action == "start" and values.get("task"):
        return Kind.TASK
    if action == "reject":
        return Kind.WHY_SCRAP if values.get("reason") else Kind.SCRAP
    return Kind(action)


def _task(here: Here, said: Said) -> int:
    """The task that was scanned, of an order what is next of it here; of a button what it names."""
    if here.parsed and here.parsed.startswith("order:"):
        return tasks.next_of_order(here, said.id)
    return said.id or _whole(said.values, "task")


def _badge(here: Here, said: Said) -> Outcome:
    return tasks.badge(here, said.id or _whole(said.values, "person"))


def _unlock(here: Here, said: Said) -> Outcome:
    return people.unlock(here, said.id or _whole(said.values, "person"))


def _reason_id(here: Here, said: Said, *kinds: str) -> int | None:
    """The reason that was scanned or chosen; Conflict when it is for something else."""
    given: int | str | None = said.id or said.values.get("reason")
    if not given:
        return None
    row = reports.reason_row(here, given)
    if row.kind not in kinds:
        raise Conflict("reason.other_use", reason=row.code)
    return int(row.id)


def _stop(here: Here, said: Said) -> Outcome:
    return calls.stop(here, _reason_id(here, said, "stop"))


def _help(here: Here, said: Said) -> Outcome:
    return calls.help_me(here, _reason_id(here, said, "help"))


def _pause(here: Here, said: Said) -> Outcome:
    return tasks.pause(here, _reason_id(here, said, "pause", "stop"))


def _material(here: Here, said: Said) -> Outcome:
    item = said.values.get("item")
    return calls.material(here, None if item is None else str(item)[:64], _quantity(said.values))


def _concession(here: Here, said: Said) -> Outcome:
    return conceding.concession(here, _named_unit(here, said.values), _quantity(said.values))


def _counter(here: Here, said: Said) -> Outcome:
    return counters.counter(here, _quantity(said.values))


def _number(here: Here, said: Said) -> Outcome:
    return reports.number(here, Decimal(said.id) if said.id else reports.decimal(said.values.get("quantity")))


def _unit(here: Here, said: Said) -> Outcome:
    unit = parts.unit_row(here, said.id)
    here.person()
    facts = here.facts(here.task_id) if here.task_id is not None else None
    if facts is not None and unit.item_id != facts.row.item_id and unit.status in ("good", "built_in"):
        return parts.add_unit(here, unit)
    mine = facts is not None and facts.row.is_serialised and unit.item_id == facts.row.item_id
    plain = mine and facts is not None and unit.order_id == facts.row.order_id and unit.status != "in_rework"
    if not plain or (facts is not None and facts.row.loop_no):
        due = tasks.task_of_unit(here, unit)
        if due is not None and due != here.task_id:
            tasks.open_task(here, due, in_hand=True)
        elif due is None and not mine:
            raise Conflict("unit.not_due", unit=unit.serial)
    if here.pending.get("kind"):
        here.keep(unit=unit.id)
        return reports.bad(here, None, None)
    if batch.size_of(here):
        return batch.load(here, unit=unit)
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
    tasks.open_task(here, due, in_hand=True)
    return reports.report(here, "good", unit=unit)


def _quantity(values: dict[str, Any]) -> Decimal | None:
    return None if values.get("quantity") in (None, "") else reports.decimal(values["quantity"])


def _loaded(here: Here, values: dict[str, Any]) -> Decimal | None:
    return _quantity(values) or (Decimal(here.pending["quantity"]) if here.pending.get("quantity") else None)


def _load(here: Here, said: Said) -> Outcome:
    return batch.load(here, _loaded(here, said.values), _named_unit(here, said.values))


def _good(here: Here, said: Said) -> Outcome:
    return reports.report(here, "good", _quantity(said.values), unit=_named_unit(here, said.values))


def _bad(kind: str | None) -> Callable[[Here, Said], Outcome]:
    def act(here: Here, said: Said) -> Outcome:
        given: int | str | None = said.id or said.values.get("reason")
        row = reports.reason_row(here, given) if given else None
        asked = kind or (here.pending.get("kind") if here.pending.get("reason") is None and said.id else None)
        if row is not None and row.kind not in (reports.BAD if asked is None else (asked,)):
            raise Conflict("reason.other_use", reason=row.code)
        unit = _named_unit(here, said.values)
        if unit is not None:
            here.keep(unit=unit.id)
        what = asked or (row.kind if row else "scrap")
        return reports.bad(here, what, row.id if row else None, _quantity(said.values))

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


def _value(here: Here, said: Said) -> Outcome:
    if not said.values.get("check"):
        raise Invalid("value.missing", field="check")
    given = reports.decimal(said.values.get("quantity"), "value.wrong")
    return reports.value(here, str(said.values["check"])[:60], given)


_EFFECTS: dict[str, Callable[[Here, Said], Outcome]] = {
    "badge": _badge,
    "unlock": _unlock,
    "sign_out": lambda here, said: people.sign_out(here),
    "keep_task": lambda here, said: tasks.keep_task(here, _task(here, said)),
    "open": lambda here, said: taking_over.open_or_offer(here, _task(here, said)),
    "start": lambda here, said: tasks.start(here),
    "setup": lambda here, said: tasks.setup(here),
    "pause": _pause,
    "finish": lambda here, said: reports.finish(here),
    "unit": _unit,
    "lot": lambda here, said: parts.add_lot(here, (said.id, *said.others)),
    "number": _number,
    "value": _value,
    "counter": _counter,
    "good": _good,
    "scrap": _bad("scrap"),
    "rework": _bad("rework"),
    "bad": _bad(None),
    "undo": lambda here, said: reports.undo(here),
    "confirm": lambda here, said: reports.confirm(here),
    "cancel": lambda here, said: reports.cancel(here),
    "help": _help,
    "stop": _stop,
    "material": _material,
    "concession": _concession,
    "override": lambda here, said: limits.override(here),
    "load": _load,
    "batch_start": lambda here, said: batch.start(here),
    "batch_end": lambda here, said: batch.end(here),
    "unload": lambda here, said: batch.unload(here),
    "skip": lambda here, said: calls.skip(here, said.values.get("reason")),
}
ACTIONS = frozenset(COMMANDS.values()) | frozenset(_BUTTONS) | {"reject", "skip"}
