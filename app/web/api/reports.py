"""Scans, reports and undoing at a station: the same services as the station's page."""

from typing import Any

from app.auth import actor, identity
from app.db import db, end_read, now_utc, to_micro
from app.errors import Conflict, Invalid, NotFound
from app.models import Reason, Station, Task
from app.queries import by_code
from app.queries.resources import tasks as rows
from app.services import station
from app.services.consuming import Use
from app.services.execution import Entry
from app.services.idempotency import Answer
from app.services.measuring import Value
from app.services.reporting import report_once, undo_once
from app.services.station_words import rendered
from app.services.undoing import Undo
from app.web.again import is_fresh
from app.web.api.operation import N_, operation
from app.web.api.shapes import Queue, Reported, ReportNew, Scanned, ScanNew, Undone, UndoNew, UseNew
from app.web.api.values import Given
from app.web.problems import problem

CHANNEL = "api"


@operation("GET", "/stations/<code>/queue", "station", "board.view", N_("What can be worked at a station now"),
           answer=Queue, refusals=(404,))  # fmt: skip
def station_queue(code: str) -> dict[str, Any]:
    """The queue of a station, the most urgent first, all kinds of orders mixed."""
    site_id = identity().site_id
    place = by_code.one(db.session, Station, site_id, code, "station")
    return {"station": place.code, "rows": rows.queue(db.session, site_id, place.id)}


@operation("POST", "/stations/<code>/scans", "station", "station.use", N_("Scan a code at a station"), body=ScanNew,
           answer=Scanned, repeat="uuid", refusals=(404, 409))  # fmt: skip
def scan_code(code: str, body: ScanNew) -> Any:
    """What a scanner read, done as on the station's page: a badge signs in, a task opens, a unit is reported."""
    site_id = identity().site_id
    station_id = by_code.one(db.session, Station, site_id, code, "station").id
    # What was read to find the station ends here: a request must not hold two connections.
    end_read()
    wish = station.Scan(body.uuid, body.raw, body.sequence, body.device_at, CHANNEL)
    status, answer = station.scan(site_id, station_id, wish, actor(), now_utc())
    told = rendered(answer)
    if not answer["accepted"]:
        return problem(
            status, told["code"], told["message"], told["values"], next=told["next"], next_code=told["next_code"]
        )
    return Answer(status, _text(Scanned, told))


@operation("POST", "/stations/<code>/reports", "station", "station.use", N_("Report what was made"), body=ReportNew,
           answer=Reported, status=201, repeat="uuid", refusals=(404, 409))  # fmt: skip
def report_work(code: str, body: ReportNew) -> Answer:
    """A report of good, scrap or rework; what it makes available flows on at once."""
    entry = _entry(code, body)
    payload = {"operation": "report", "station": code, "body": body.model_dump(mode="json")}
    return report_once(identity().user_id, entry, payload, now_utc(), lambda found: _text(Reported, found))


@operation("POST", "/reports/<int:report>/undo", "station", "station.use", N_("Take a report back"), body=UndoNew,
           answer=Undone, status=201, repeat="uuid", refusals=(404, 409))  # fmt: skip
def undo_report(report: int, body: UndoNew) -> Answer:
    """A reversing report: within ten minutes by who reported, later by a team lead with a reason."""
    site_id = identity().site_id
    reason_id = by_code.id_of(db.session, Reason, site_id, body.reason, "reason")
    is_lead = identity().may("reports.correct") and reason_id is not None and is_fresh()
    person_id = _person(body.person)
    if person_id is None and not is_lead:
        # Nobody is not who reported it.
        raise Conflict("report.not_yours")
    wish = Undo(body.uuid, site_id, report, person_id, CHANNEL, is_lead, reason_id)
    payload = {"operation": "undo", "report": report, "body": body.model_dump(mode="json")}
    return undo_once(identity().user_id, wish, payload, now_utc(), lambda found: _text(Undone, found))


def _entry(code: str, body: ReportNew) -> Entry:
    # Whether the task exists here is asked once, under its lock, by the report itself.
    site_id = identity().site_id
    return Entry(
        uuid=body.uuid, site_id=site_id, kind=body.kind, quantity=body.quantity, task_id=body.task,
        station_id=by_code.id_of(db.session, Station, site_id, code, "station"), person_id=_person(body.person),
        channel=CHANNEL, reason_id=by_code.id_of(db.session, Reason, site_id, body.reason, "reason"),
        unit_id=_unit(site_id, body) if body.unit else None,
        device_at=body.device_at, uses=tuple(_use(site_id, use) for use in body.uses),
        values=tuple(Value(value.code, value.value, value.instrument) for value in body.values),
    )  # fmt: skip


def _unit(site_id: int, body: ReportNew) -> int:
    task = db.session.get(Task, body.task)
    if task is None or task.site_id != site_id:
        raise NotFound("task.unknown", task=body.task)
    return by_code.unit(db.session, site_id, str(body.unit), task.item_id).id


def _person(code: str | None) -> int | None:
    """Who did it: by badge or code, else the person of the login."""
    return identity().person_id if code is None else by_code.person_id(db.session, identity().site_id, code)


def _use(site_id: int, use: UseNew) -> Use:
    item = by_code.item(db.session, site_id, use.item)
    if use.unit is not None:
        unit = by_code.unit(db.session, site_id, use.unit, item.id)
        if by_code.is_held(db.session, "unit", unit.id):
            raise Conflict("unit.held", unit=use.unit)
        if use.quantity != 1:
            raise Invalid("unit.one")
        return Use(item.id, to_micro(1), unit_id=unit.id)
    return Use(item.id, to_micro(use.quantity), _lot(site_id, use.lot, item.id) if use.lot else None)


def _lot(site_id: int, code: str, item_id: int) -> int:
    lot = by_code.lot(db.session, site_id, code, item_id)
    if by_code.is_held(db.session, "lot", lot.id):
        raise Conflict("lot.held", lot=code)
    if lot.status != "available":
        raise Conflict("lot.status", lot=code, status=lot.status)
    if lot.expires_on is not None and lot.expires_on < now_utc().date():
        raise Conflict("lot.expired", lot=code, day=lot.expires_on.isoformat())
    return lot.id


def _text(shape: type[Given], found: dict[str, Any]) -> str:
    """The part of a service's answer that the API promises."""
    return shape.model_validate({name: found[name] for name in shape.model_fields}).model_dump_json()
