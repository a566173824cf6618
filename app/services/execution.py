"""Reports: what was made, scrapped or sent to rework, with everything that follows in the same transaction.

``report`` is the path of every scan. It runs inside a transaction of its caller (the shared commit on SQLite).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from app import events
from app.db import from_micro, to_micro
from app.errors import Conflict, Invalid, NotFound, listed, names
from app.models import Report
from app.prepared import Prepared
from app.queries.known import holds_of, shift_of, skill_known, skill_of, stations_of
from app.services import flow as flows
from app.services import rework, units
from app.services.consuming import Use, consume
from app.services.measuring import Value, measure
from app.services.orders_progress import after_report
from app.services.stock import Place, produce
from app.states.flow import ONE, available, floored, state_after, target
from app.states.order import WORKABLE
from app.states.task import CLOSED

KINDS = ("good", "scrap", "rework")
_INSERT = Prepared(
    insert(Report.__table__).returning(Report.__table__.c.id),
    (
        "site_id", "uuid", "kind", "quantity", "task_id", "unit_id", "station_id", "machine_id", "person_id",
        "on_behalf_of", "shift_id", "business_date", "work_session_id", "reason_id", "channel", "reverses_id",
        "device_at", "server_at", "uncertain",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What somebody reports. ``uuid`` is made by the device before its first try and never changes.

    ``is_opening`` says that it was done before this system was there: stock and values are those of afterwards.
    """

    uuid: str
    site_id: int
    kind: str
    quantity: Decimal
    task_id: int
    station_id: int | None
    person_id: int | None
    channel: str
    reason_id: int | None = None
    unit_id: int | None = None
    machine_id: int | None = None
    on_behalf_of: int | None = None
    work_session_id: int | None = None
    device_at: datetime | None = None
    uncertain: bool = False
    uses: tuple[Use, ...] = ()
    values: tuple[Value, ...] = ()
    reverses_id: int | None = field(default=None, compare=False)
    is_opening: bool = False


def report(connection: Connection, entry: Entry, now: datetime) -> dict[str, Any]:
    """Write a report and all that follows from it; returns what a station shows.

    Raises Invalid for a wrong value, NotFound for an unknown task and Conflict when the state of things forbids
    it; nothing is written then.
    """
    flow = flows.read(connection, entry.task_id)
    if flow is None or flow.task.site_id != entry.site_id:
        raise NotFound("task.unknown", task=entry.task_id)
    amount = _amount(entry, flow.task)
    _check_state(connection, flow.task, entry, now)
    _check_input(connection, flow, amount, now, entry.is_opening)
    unit_id, lifted = units.before_report(connection, flow, entry, now)
    report_id = _insert(connection, flow.task, entry, amount, unit_id, now)
    place = Place(entry.site_id, entry.station_id, f"person:{entry.person_id}", now)
    if entry.kind == "good" and not entry.is_opening:
        consume(connection, flow.task, report_id, unit_id, amount, entry.uses, place)
        if flow.task.is_final:
            produce(connection, flow.task, report_id, amount, place)
    verdicts = [] if entry.is_opening else measure(connection, flow.task, report_id, unit_id, entry, now)
    closing = _apply(connection, flow, entry, amount, report_id, now)
    units.after_report(connection, flow.task, entry.kind, unit_id)
    after_report(connection, flow.task, closing, now)
    _tell(connection, flow, entry, report_id, unit_id, amount, now)
    return answer(flow.task, entry, report_id, unit_id, lifted, amount, verdicts)


def _amount(entry: Entry, task: Any) -> int:
    if entry.kind not in KINDS:
        raise Invalid("value.wrong", field="kind", value=entry.kind)
    try:
        amount = to_micro(entry.quantity)
    except (ValueError, ArithmeticError):
        raise Invalid("quantity.wrong", quantity=str(entry.quantity)) from None
    if amount <= 0 or amount >= 1 << 62:
        raise Invalid("quantity.wrong", quantity=str(entry.quantity))
    if amount % flows.step(task):
        raise Invalid(
            "quantity.decimals", quantity=str(entry.quantity), item=task.item_code or "", decimals=task.decimals or 0
        )
    if task.is_serialised and amount != ONE:
        raise Invalid("unit.one")
    if entry.kind != "good" and entry.reason_id is None and not entry.is_opening:
        raise Invalid("report.reason")
    return amount


def _check_state(connection: Connection, task: Any, entry: Entry, now: datetime) -> None:
    if task.order_status not in WORKABLE or task.status in CLOSED:
        raise Conflict(
            "task.closed", **names(task=task), status=task.status if task.status in CLOSED else task.order_status
        )
    if holds_of(connection, task):
        raise Conflict("task.held", **names(task=task))
    capable = stations_of(connection, task.id, entry.station_id)
    if entry.station_id is not None and capable and entry.station_id not in capable:
        raise Conflict("task.other_station", stations=", ".join(sorted(capable.values())))
    if task.skill_id and entry.person_id and not skill_known(connection, entry.person_id, task.skill_id, now):
        raise Conflict("skill.missing", **names(task=task, skill=skill_of(connection, task.skill_id)))


def _check_input(
    connection: Connection, flow: flows.Flow, amount: int, now: datetime, is_opening: bool = False
) -> None:  # fmt: skip
    task = flow.task
    young = flows.ripening(connection, flow, now)
    if any(young.values()) and not is_opening:
        _check_ripe(flow, amount, young)
    at_hand = available(flow.inflows(task.id), task.quantity, flows.step(task))
    tolerance = floored(task.quantity * (task.tolerance_percent or 0) // 100_000_000, flows.step(task))
    left = at_hand - flows.used(task)
    if amount <= left + (tolerance if at_hand == task.quantity else 0):
        return
    open_ones = [(link.pred_name, link.pred_name_zh) for link in flow.into(task.id) if link.pred_status not in CLOSED]
    if left <= 0 and open_ones:
        raise Conflict("task.no_input", **names(task=task), **listed("waiting_for", open_ones))
    raise Conflict("task.input", available=str(from_micro(max(left, 0))), quantity=str(from_micro(amount)),
                   **listed("waiting_for", open_ones or [(task.name, task.name_zh)]))  # fmt: skip


def _check_ripe(flow: flows.Flow, amount: int, young: dict[int, int]) -> None:
    """Pieces that still cure are not there yet."""
    task = flow.task
    links = [
        inflow._replace(passed=inflow.passed - young.get(link.id, 0))
        for link, inflow in zip(flow.into(task.id), flow.inflows(task.id), strict=True)
    ]
    ripe = available(links, task.quantity, flows.step(task)) - flows.used(task)
    if amount > ripe:
        lag = max(link.lag_min for link in flow.into(task.id))
        raise Conflict("task.lag", available=str(from_micro(max(ripe, 0))), minutes=lag)


def _insert(connection: Connection, task: Any, entry: Entry, amount: int, unit_id: int | None, now: datetime) -> int:
    # What waited in a device belongs to the shift in which it was made, if its clock can be believed.
    made_at = now if entry.uncertain or entry.device_at is None or entry.device_at > now else entry.device_at
    shift_id, day = shift_of(connection, entry.site_id, made_at)
    return _INSERT.scalar(
        connection,
        {
            "site_id": entry.site_id, "uuid": entry.uuid, "kind": entry.kind, "quantity": from_micro(amount),
            "task_id": task.id, "unit_id": unit_id, "station_id": entry.station_id, "machine_id": entry.machine_id,
            "person_id": entry.person_id, "on_behalf_of": entry.on_behalf_of, "shift_id": shift_id,
            "business_date": day, "work_session_id": entry.work_session_id, "reason_id": entry.reason_id,
            "channel": entry.channel, "reverses_id": entry.reverses_id, "device_at": entry.device_at, "server_at": now,
            "uncertain": entry.uncertain,
        },
    )  # fmt: skip


def _apply(
    connection: Connection, flow: flows.Flow, entry: Entry, amount: int, report_id: int, now: datetime
) -> list[Any]:
    task = flow.task
    if entry.kind == "good":
        flows.pass_on(connection, flow, amount, [link for link in flow.out() if carries_good(link)])
    elif entry.kind == "rework":
        rework.send_back(connection, flow, amount, now)
    if task.started_at is None:
        starters = [link for link in flow.out() if link.type == "start_start"]
        flows.pass_on(connection, flow, task.quantity, starters)
    inflows = flow.inflows(task.id)
    handled = flows.used(task) + amount
    to = state_after(_working(task.status), handled, available(inflows, task.quantity, flows.step(task)),
                     target(inflows, task.quantity, flows.step(task)))  # fmt: skip
    counts = {kind: amount if kind == entry.kind else 0 for kind in KINDS}
    flows.count(connection, task, counts["good"], counts["scrap"], counts["rework"], to, entry.station_id, now)
    closed = frozenset({task.id}) if to in CLOSED else frozenset()
    return ([task] if closed else []) + flows.push(connection, flow, closed)


def carries_good(link: Any) -> bool:
    """Whether good pieces travel by a link: rework goes its own way, start-start passed all at the start."""
    return link.type != "start_start" and link.kind != "rework"


def _working(status: str) -> str:
    return "running" if status in ("waiting", "ready", "dispatched", "paused") else status


def _tell(
    connection: Connection,
    flow: flows.Flow,
    entry: Entry,
    report_id: int,
    unit_id: int | None,
    amount: int,
    now: datetime,
) -> None:
    stations = sorted({entry.station_id, *(row.station_id for row in flow.tasks.values())} - {None})
    data: Mapping[str, Any] = {
        "report": report_id, "order": flow.task.order_id, "quantity": str(from_micro(amount)), "unit": unit_id,
        "stations": stations, "next": sorted(set(flow.tasks) - {flow.task.id}), "reason": entry.reason_id,
    }  # fmt: skip
    actor = f"person:{entry.person_id}" if entry.person_id else entry.channel
    events.record(connection, entry.site_id, f"report.{entry.kind}", ("task", flow.task.id), actor, now, dict(data),
                  occurred_at=entry.device_at)  # fmt: skip


def answer(
    task: Any, entry: Entry, report_id: int, unit_id: int | None, lifted: str | None, amount: int, verdicts: list[Any]
) -> dict[str, Any]:
    """What a station shows after a report; the same bytes are stored and given again to a repeated scan."""
    done = task.quantity_good + (amount if entry.kind == "good" else 0)
    return {
        "report": report_id, "kind": entry.kind, "quantity": str(from_micro(amount)), "task": task.id,
        "order": task.order_code, "operation": task.name, "unit": unit_id, "serial": lifted,
        "good": str(from_micro(done)), "of": str(from_micro(task.quantity)), "verdicts": verdicts,
    }  # fmt: skip


__all__ = ["KINDS", "Entry", "Use", "Value", "answer", "report"]
