"""Opening, pausing and leaving tasks at a station."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, bindparam, select, type_coerce

from app.db import from_micro
from app.errors import Conflict, NotFound, listed, names
from app.models import Hold, Station, Task, TaskLink, TaskStation, WorkOrder
from app.queries.known import holds_of, skill_known, skill_of, stations_of
from app.services import sessions, units
from app.services import station_limits as limits
from app.services import station_people as people
from app.services.notices import Matter, clear_notices
from app.services.station_here import Facts, Here, Outcome
from app.states.order import WORKABLE
from app.states.task import CLOSED, QUEUED

_T, _TS, _L, _O = Task.__table__, TaskStation.__table__, TaskLink.__table__, WorkOrder.__table__
# How long a task waits for the badge that opens it.
PATIENCE = timedelta(seconds=20)
_NOW = (
    select(
        _T.c.id, _T.c.order_id, _T.c.status, _O.c.status.label("order_status"),
        *(type_coerce(_T.c[name], BigInteger).label(name)
          for name in ("quantity", "quantity_input", "quantity_good", "quantity_scrap", "quantity_rework")),
    )
    .join(_O, _O.c.id == _T.c.order_id)
    .where(_T.c.id == bindparam("task"))
)  # fmt: skip


def open_task(here: Here, task_id: int, in_hand: bool = False) -> Outcome:
    """Open a task here and begin a run; refused with the reason when it cannot be done now.

    ``in_hand`` work was begun before and is only reported now: a limit that forbids to start does not touch it.
    """
    facts = here.facts(task_id)
    here.person()
    if here.task_id == task_id and is_running(here):
        here.keep(kind=None, reason=None, unit=None, confirm=None, offer=None)
        return Outcome("task", "task.is_open", figures(here, facts))
    check_open(here, facts)
    if not in_hand:
        limits.check_start(here, facts)
    again = here.task_id == task_id
    if here.task_id is not None and not again:
        leave(here)
    here.move(task_id=task_id)
    here.keep(confirm=None, offer=None)
    resume(here)
    sessions.begin(here.connection, task_id, here.station_id, here.who, here.now)
    people.run_clock(here, "run")
    return Outcome("task", "task.continues" if again else "task.opened", figures(here, facts), {"task": task_id})


def keep_task(here: Here, task_id: int) -> Outcome:
    """A task before the badge: it is opened when the badge follows soon."""
    facts = here.facts(task_id)
    check_open(here, facts)
    here.keep(wanted={"task": task_id, "at": here.at.isoformat()})
    return Outcome("pending", "pending.task", facts.names, {"task": task_id})


def badge(here: Here, person_id: int) -> Outcome:
    """A badge; after a task that waits for it, the task opens, too."""
    wanted = here.pending.get("wanted")
    here.keep(wanted=None)
    told = people.sign(here, person_id)
    if told.code != "person.in" or not wanted or here.at - datetime.fromisoformat(wanted["at"]) > PATIENCE:
        return told
    try:
        return open_task(here, wanted["task"])
    except Conflict as refusal:
        # The badge was good, the task is not: who signed in stays so.
        return Outcome("refused", refusal.code, refusal.values, told.data, refusal.status)


def is_running(here: Here) -> bool:
    """Whether somebody's time runs on the open task."""
    idle = here.stopped is not None or here.pending.get("paused") or here.pending.get("setup")
    return "session" in here.pending and not idle


def check_open(here: Here, facts: Facts) -> None:
    """Raise the reason why a task cannot be done here now by this person."""
    task = facts.row
    state = state_of(here, task.id)
    if state.order_status not in WORKABLE or state.status in CLOSED:
        raise Conflict("task.closed", **names(task=task),
                       status=state.status if state.status in CLOSED else state.order_status)  # fmt: skip
    capable = stations_of(here.connection, task.id, here.station_id)
    if capable and here.station_id not in capable:
        raise Conflict("task.other_station", stations=", ".join(sorted(capable.values())))
    check_work(here, task, state)


def check_work(here: Here, task: Any, state: Any) -> None:
    """Raise why a task cannot be worked on, wherever: a hold, a skill that lacks, nothing to work on."""
    if holds_of(here.connection, task):
        raise Conflict("task.held", **names(task=task))
    if task.skill_id and here.person_id and not skill_known(here.connection, here.person_id, task.skill_id, here.now):
        raise Conflict("skill.missing", **names(task=task, skill=skill_of(here.connection, task.skill_id)))
    if state.quantity_input <= state.quantity_good + state.quantity_scrap + state.quantity_rework:
        waiting = _waiting_for(here, task.id) or [(task.name, task.name_zh)]
        raise Conflict("task.no_input", **names(task=task), **listed("waiting_for", waiting))


def leave(here: Here) -> None:
    """Put the open task aside: its time ends, scanned parts are free again, it keeps its state."""
    people.end_clock(here)
    here.move(task_id=None)
    here.keep(parts=None, lots=None, values=None, kind=None, reason=None, unit=None, quantity=None, confirm=None,
              offer=None, counter=None, paused=None, setup=None)  # fmt: skip


def start(here: Here) -> Outcome:
    """Go on with what is open, else open what is next here."""
    here.person()
    if here.task_id is None:
        following = next_task(here)
        if following is None:
            raise Conflict("station.nothing_next")
        return open_task(here, following)
    return open_task(here, here.task_id)


def pause(here: Here, reason_id: int | None = None) -> Outcome:
    """Stop the clock of the open task until START; a reason may be said at once or after."""
    facts = here.open_task()
    here.person()
    people.run_clock(here, "pause", reason_id)
    here.keep(confirm=None, kind=None, reason=None)
    sessions.pause(here.connection, facts.row, here.station_id, here.who, here.now)
    values: dict[str, Any] = dict(facts.names)
    return Outcome("task", "task.paused", values if reason_id is None else values | {"reason": reason_id})


def setup(here: Here) -> Outcome:
    """The time from now to START is setup: changing tools, first piece, trial."""
    facts = here.open_task()
    here.person()
    resume(here)
    people.run_clock(here, "setup")
    here.keep(confirm=None, kind=None, reason=None)
    return Outcome("task", "task.setup", facts.names)


def resume(here: Here) -> None:
    """The station works again: its stop is over."""
    here.keep(paused=None, setup=None)
    if here.stopped is not None:
        here.move(stopped=None)
        matter = Matter(here.site_id, "stop", ("station", here.station_id))
        clear_notices(here.connection, matter, here.now, here.who)
        here.tell("station.resumed")


def next_task(here: Here) -> int | None:
    """The task that is next here: in work before ready, then as planned by priority and due date."""
    query = (
        select(_T.c.id)
        .join(_TS, _TS.c.task_id == _T.c.id)
        .join(_O, _O.c.id == _T.c.order_id)
        .where(_TS.c.station_id == here.station_id, _T.c.status.in_(tuple(QUEUED)), _O.c.status.in_(tuple(WORKABLE)),
               _T.c.site_id == here.site_id, *_free())
        .order_by((_T.c.status == "ready"), _O.c.priority, _O.c.due_at, _T.c.sequence, _T.c.id)
        .limit(1)
    )  # fmt: skip
    return here.connection.execute(query).scalar()


def next_of_order(here: Here, order_id: int) -> int:
    """The order's next workable task at this station; Conflict names where its work is instead."""
    order = here.connection.execute(
        select(_O.c.code, _O.c.status).where(_O.c.id == order_id, _O.c.site_id == here.site_id)
    ).one_or_none()
    if order is None:
        raise NotFound("order.unknown", order=order_id)
    if order.status not in WORKABLE:
        raise Conflict("order.not_workable", order=order.code, status=order.status)
    mine = select(_T.c.id, _T.c.status).join(_TS, _TS.c.task_id == _T.c.id)
    mine = mine.where(_T.c.order_id == order_id, _TS.c.station_id == here.station_id).order_by(_T.c.sequence, _T.c.id)
    rows = [row for row in here.connection.execute(mine) if row.status not in CLOSED]
    for row in rows:
        if row.status in QUEUED:
            return int(row.id)
    if rows:
        return int(rows[0].id)
    raise Conflict("order.elsewhere", order=order.code, stations=_places(here, order_id))


def task_of_unit(here: Here, unit: Any) -> int | None:
    """The task of this station at which a unit is due: of its order and item, where it was not yet counted."""
    query = select(_T.c.id).join(_TS, _TS.c.task_id == _T.c.id).where(
        _TS.c.station_id == here.station_id, _T.c.order_id == unit.order_id, _T.c.item_id == unit.item_id,
        _T.c.is_serialised.is_(True), _T.c.status.not_in(tuple(CLOSED)),
    ).order_by(_T.c.loop_no.desc() if unit.status == "in_rework" else _T.c.loop_no, _T.c.sequence)  # fmt: skip
    found = list(here.connection.execute(query).scalars())
    counted = {task for (task, _), pieces in units.counted(here.connection, unit.id).items() if pieces > 0}
    left = [task_id for task_id in found if task_id not in counted]
    return left[0] if left else None


def is_counted(here: Here, unit_id: int) -> bool:
    """Whether a unit was already reported on the open task."""
    return any(task == here.task_id and n > 0 for (task, _), n in units.counted(here.connection, unit_id).items())


def state_of(here: Here, task_id: int) -> Any:
    """The state and figures of a task at this moment, in millionths."""
    return here.connection.execute(_NOW, {"task": task_id}).one()


def figures(here: Here, facts: Facts) -> dict[str, Any]:
    """The names of a task with how many are good of how many, for an answer."""
    now = state_of(here, facts.row.id)
    return facts.names | {"good": str(from_micro(now.quantity_good)), "of": str(from_micro(now.quantity))}


def _free() -> tuple[Any, ...]:
    held = select(Hold.id).where(Hold.released_at.is_(None), Hold.target_type == "task", Hold.target_id == _T.c.id)
    order = select(Hold.id).where(Hold.released_at.is_(None), Hold.target_type == "order", Hold.target_id == _O.c.id)
    used = _T.c.quantity_good + _T.c.quantity_scrap + _T.c.quantity_rework
    return ~held.exists(), ~order.exists(), _T.c.quantity_input > used


def _waiting_for(here: Here, task_id: int) -> list[tuple[str, str | None]]:
    query = select(_T.c.name, _T.c.name_zh).join(_L, _L.c.pred_id == _T.c.id).where(
        _L.c.succ_id == task_id, _L.c.kind != "return", _L.c.is_chosen.is_(True), _T.c.status.not_in(tuple(CLOSED))
    )  # fmt: skip
    return [(row.name, row.name_zh) for row in here.connection.execute(query)]


def _places(here: Here, order_id: int) -> str:
    query = (
        select(Station.code)
        .join(_TS, _TS.c.station_id == Station.id)
        .join(_T, _T.c.id == _TS.c.task_id)
        .where(_T.c.order_id == order_id, _T.c.status.in_(tuple(QUEUED)))
        .distinct()
    )
    return ", ".join(sorted(here.connection.execute(query).scalars())) or "–"
