"""What can or will be done at a station: one queue for every kind of order, in the order of the newest plan."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select

from app.events import Store
from app.i18n import named
from app.models import Hold, Item, Plan, PlannedTask, Skill, Task, TaskLink, TaskStation, WorkOrder
from app.queries.known import skill_known
from app.states.order import WORKABLE
from app.states.task import CLOSED, OPEN

MOST = 50
_T, _O, _TS, _P = Task.__table__, WorkOrder.__table__, TaskStation.__table__, PlannedTask.__table__
_BEGUN = ("running", "paused")
_COLUMNS = (
    _T.c.id, _T.c.order_id, _T.c.name, _T.c.name_zh, _T.c.status, _T.c.loop_no, _T.c.kind.label("task_kind"),
    _T.c.station_id, _T.c.skill_id, _T.c.quantity, _T.c.quantity_input, _T.c.quantity_good, _T.c.quantity_scrap,
    _T.c.quantity_rework, _T.c.is_serialised, _O.c.code.label("order_code"), _O.c.kind, _O.c.title, _O.c.priority,
    _O.c.due_at, Item.code.label("item_code"), Item.name.label("item_name"), Item.name_zh.label("item_name_zh"),
    _P.c.station_id.label("planned_station"), _P.c.start_at, _P.c.end_at, _P.c.is_late,
)  # fmt: skip


@dataclass(frozen=True)
class Queued:
    """A task in a queue. ``blocked`` is (code, values) of a refusal, or None when it can be started now."""

    row: Any
    available: Decimal
    is_late: bool
    blocked: tuple[str, dict[str, str]] | None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def newest_plan(store: Store, site_id: int) -> int | None:
    """The plan that counts."""
    query = select(func.max(Plan.id)).where(Plan.site_id == site_id, Plan.status == "published")
    return store.execute(query).scalar()


def station_queue(
    store: Store, site_id: int, station_id: int, now: datetime, person_id: int | None = None, most: int = MOST
) -> list[Queued]:
    """Open tasks of a station: as planned, then by priority and due date; those planned elsewhere are left out.

    Reads base columns only. ``person_id`` is who would do it: a missing skill is a reason why not.
    """
    plan_id = newest_plan(store, site_id)
    query = (
        select(*_COLUMNS)
        .join(_TS, _TS.c.task_id == _T.c.id)
        .join(_O, _O.c.id == _T.c.order_id)
        .outerjoin(Item, Item.id == _T.c.item_id)
        .outerjoin(_P, (_P.c.task_id == _T.c.id) & (_P.c.plan_id == plan_id))
        .where(
            _TS.c.station_id == station_id, _T.c.site_id == site_id, _T.c.status.in_(tuple(OPEN)),
            _O.c.status.in_(tuple(WORKABLE)),
            or_(_P.c.station_id.is_(None), _P.c.station_id == station_id, _T.c.station_id == station_id),
        )
        .order_by(_T.c.status.not_in(_BEGUN), _P.c.start_at.is_(None), _P.c.start_at, _O.c.priority, _O.c.due_at,
                  _T.c.sequence, _T.c.id)
        .limit(most)
    )  # fmt: skip
    rows = list(store.execute(query))
    held, waiting = _held(store, rows), _waiting(store, rows)
    skills = _skills(store, rows)
    found = [_queued(store, row, now, person_id, held, waiting, skills) for row in rows]
    # What can be done comes before what waits at the same place of the plan; the sort keeps the rest as it is.
    return sorted(found, key=lambda task: task.blocked is not None and task.start_at is None)


def _queued(
    store: Store, row: Any, now: datetime, person_id: int | None, held: set[tuple[str, int]],
    waiting: dict[int, list[str]], skills: dict[int, str],
) -> Queued:  # fmt: skip
    left = row.quantity_input - row.quantity_good - row.quantity_scrap - row.quantity_rework
    blocked: tuple[str, dict[str, str]] | None = None
    if ("task", row.id) in held or ("order", row.order_id) in held:
        blocked = ("task.held", {"task": named(row)})
    elif left <= 0:
        blocked = ("task.no_input", {"task": named(row), "waiting_for": ", ".join(waiting.get(row.id, [])) or "–"})
    elif row.skill_id and person_id and not skill_known(store, person_id, row.skill_id, now):
        blocked = ("skill.missing", {"task": named(row), "skill": skills.get(row.skill_id, "")})
    late = bool(row.is_late) or row.due_at < now or (row.end_at is not None and row.end_at > row.due_at)
    return Queued(row, max(left, Decimal(0)), late, blocked)


def _held(store: Store, rows: Iterable[Any]) -> set[tuple[str, int]]:
    tasks, orders = {row.id for row in rows}, {row.order_id for row in rows}
    if not tasks:
        return set()
    query = select(Hold.target_type, Hold.target_id).where(
        Hold.released_at.is_(None),
        or_(
            (Hold.target_type == "task") & Hold.target_id.in_(tasks),
            (Hold.target_type == "order") & Hold.target_id.in_(orders),
        ),
    )
    return {(row.target_type, row.target_id) for row in store.execute(query)}


def _waiting(store: Store, rows: Iterable[Any]) -> dict[int, list[str]]:
    """The names of what each waiting task waits for."""
    # Also one that was begun waits when it has used up what came.
    tasks = [row.id for row in rows if row.status != "ready"]
    if not tasks:
        return {}
    pred = _T.alias("pred")
    query = (
        select(TaskLink.succ_id, pred.c.name, pred.c.name_zh)
        .join(pred, pred.c.id == TaskLink.pred_id)
        .where(TaskLink.succ_id.in_(tasks), TaskLink.kind != "return", TaskLink.is_chosen.is_(True),
               pred.c.status.not_in(tuple(CLOSED)))
        .order_by(TaskLink.succ_id, pred.c.sequence)
    )  # fmt: skip
    found: dict[int, list[str]] = {}
    for row in store.execute(query):
        found.setdefault(row.succ_id, []).append(named(row))
    return found


def _skills(store: Store, rows: Iterable[Any]) -> dict[int, str]:
    wanted = {row.skill_id for row in rows if row.skill_id}
    if not wanted:
        return {}
    query = select(Skill.id, Skill.name, Skill.name_zh).where(Skill.id.in_(wanted))
    return {row.id: named(row) for row in store.execute(query)}
