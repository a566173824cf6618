"""A station while one scan or button is answered: who is signed in, what is open, what the next scan completes.

The row of the station is locked first, so that two scans of one station come one after the other; tasks are locked
after it, in the order of their ids.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection

from app import events
from app.db import upsert
from app.errors import Conflict, NotFound
from app.models import Item, Person, Scan, Station, StationState, Task, TaskLink, WorkOrder
from app.queries.known import kept
from app.states import station as table
from app.states.device_clock import Made, made
from app.states.station import State

_ST, _S, _T, _O, _L = (
    StationState.__table__, Station.__table__, Task.__table__, WorkOrder.__table__, TaskLink.__table__,
)  # fmt: skip
_STATE = (
    select(_ST, _S.c.code, _S.c.line_id, _S.c.people, _S.c.idle_min)
    .join(_S, _S.c.id == _ST.c.station_id)
    .where(_ST.c.station_id == bindparam("station"), _S.c.site_id == bindparam("site"))
    .with_for_update(of=_ST)
)
_SAVE = update(_ST).where(_ST.c.station_id == bindparam("station"))
_STORE = insert(Scan.__table__).returning(Scan.__table__.c.id)
_SC = Scan.__table__
_BEFORE = (
    select(_SC.c.device_at)
    .where(_SC.c.station_id == bindparam("station"), _SC.c.device == bindparam("device"),
           _SC.c.sequence < bindparam("sequence"))
    .order_by(_SC.c.id.desc())
    .limit(1)
)  # fmt: skip
LATE = timedelta(seconds=60)
_FACTS = (
    select(
        _T.c.id, _T.c.site_id, _T.c.order_id, _T.c.name, _T.c.name_zh, _T.c.item_id, _T.c.operation_id, _T.c.skill_id,
        _T.c.is_serialised, _T.c.loop_no, _T.c.piece_min, _O.c.code.label("order_code"), _O.c.kind.label("order_kind"),
        Item.code.label("item_code"), _T.c.quantity,
    )
    .join(_O, _O.c.id == _T.c.order_id)
    .outerjoin(Item, Item.id == _T.c.item_id)
    .where(_T.c.id == bindparam("task"), _T.c.site_id == bindparam("site"))
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What a device sent: its own number for it, how it was made, and when by the device's clock.

    ``sent_at`` is what that clock showed when it was sent, ``device`` the device's own name; ``is_lead`` says that
    the login may override a limit.
    """

    uuid: str
    channel: str
    actor: str
    sequence: int | None = None
    device_at: datetime | None = None
    sent_at: datetime | None = None
    device: str | None = None
    is_lead: bool = False


class Facts(NamedTuple):
    """What never changes of a task; ``needs_unit`` says that units come to it with their numbers."""

    row: Any
    needs_unit: bool

    @property
    def names(self) -> dict[str, str | None]:
        """The operation in both languages, for the answer."""
        return {"operation": self.row.name, "operation_zh": self.row.name_zh, "order": self.row.order_code}


@dataclass
class Outcome:
    """What came of it: a code of app.services.station_words with its values, and what programs want beside it.

    A ``status`` other than 200 is a refusal that still changed something, such as the question it ends with.
    """

    kind: str
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass
class Here:
    """The station, as read and locked; changes of the state are saved once, at the end.

    ``made`` tells when the scan was made; windows and dwell use ``at``, what is written first uses ``now``.
    """

    connection: Connection
    site_id: int
    station_id: int
    station_code: str
    line_id: int
    wish: Wish
    now: datetime
    person_id: int | None
    task_id: int | None
    pending: dict[str, Any]
    stopped: str | None
    made: Made
    seen_at: datetime | None = None
    people: int = 1
    idle_min: int = 0
    parsed: str | None = None
    notices: list[str] = field(default_factory=list)

    @property
    def who(self) -> str:
        """The actor in events: the person at the station, else the device's login."""
        return f"person:{self.person_id}" if self.person_id else self.wish.actor

    @property
    def at(self) -> datetime:
        """When it happened: the device's clock put right, the server's where that cannot be believed."""
        return self.made.at

    @property
    def is_late(self) -> bool:
        """Whether it waited in the device: nobody stands there to answer a question."""
        return self.now - self.at > LATE

    @property
    def is_locked(self) -> bool:
        """Whether nobody did anything for longer than the station allows, and than two pieces take."""
        if self.person_id is None or self.seen_at is None or not self.idle_min:
            return False
        minutes = float(self.idle_min)
        if self.task_id is not None:
            minutes = max(minutes, 2 * float(self.facts(self.task_id).row.piece_min))
        return self.at - self.seen_at > timedelta(minutes=minutes)

    @property
    def state(self) -> State:
        """The row of the decision table."""
        return table.state_of(self.person_id is not None, self.task_id is not None, self.is_locked,
                              self.stopped is not None, self.pending)  # fmt: skip

    def person(self) -> int:
        """Who is signed in; Conflict when nobody is."""
        if self.person_id is None:
            raise Conflict("station.sign_in")
        return self.person_id

    def open_task(self) -> Facts:
        """The task that is open here; Conflict when none is."""
        if self.task_id is None:
            raise Conflict("station.task_first")
        return self.facts(self.task_id)

    def facts(self, task_id: int) -> Facts:
        """The frozen facts of a task of this site."""
        return facts_of(self.connection, self.site_id, task_id)

    def keep(self, **values: Any) -> None:
        """Change what is pending; None takes a value away."""
        for name, value in values.items():
            if value is None:
                self.pending.pop(name, None)
            else:
                self.pending[name] = value

    def move(self, **values: Any) -> None:
        """Change who is signed in (person_id), what is open (task_id) or why it stands (stopped)."""
        for name, value in values.items():
            setattr(self, name, value)

    def tell(self, topic: str, **data: Any) -> None:
        """Record an event about this station."""
        told = {"line": self.line_id, **data}
        events.record(self.connection, self.site_id, topic, ("station", self.station_id), self.who, self.now, told)

    def save(self) -> None:
        """Write the state, and that somebody was here just now."""
        self.seen_at = seen_at = max(self.at, self.seen_at or self.at)
        self.connection.execute(
            _SAVE,
            {"station": self.station_id, "person_id": self.person_id, "task_id": self.task_id,
             "pending": self.pending, "stopped_reason": self.stopped, "updated_at": seen_at},
        )  # fmt: skip


def read(connection: Connection, site_id: int, station_id: int, wish: Wish, now: datetime) -> Here:
    """Lock a station of this site and read what goes on there; NotFound otherwise."""
    found = connection.execute(_STATE, {"station": station_id, "site": site_id}).one_or_none()
    if found is None:
        _make(connection, site_id, station_id, now)
        found = connection.execute(_STATE, {"station": station_id, "site": site_id}).one()
    return Here(connection, site_id, station_id, found.code, found.line_id, wish, now, found.person_id, found.task_id,
                dict(found.pending or {}), found.stopped_reason, _made(connection, station_id, wish, now),
                found.updated_at, found.people, found.idle_min)  # fmt: skip


def _made(connection: Connection, station_id: int, wish: Wish, now: datetime) -> Made:
    before = None
    if wish.device and wish.sequence is not None and wish.device_at is not None:
        mine = {"station": station_id, "device": wish.device, "sequence": wish.sequence}
        before = connection.execute(_BEFORE, mine).scalar()
    return made(wish.device_at, wish.sent_at, now, before)


def _make(connection: Connection, site_id: int, station_id: int, now: datetime) -> None:
    mine = (_S.c.id == station_id) & (_S.c.site_id == site_id) & _S.c.retired.is_(False)
    if connection.execute(select(_S.c.id).where(mine)).scalar() is None:
        raise NotFound("station.unknown", station=station_id)
    row = {"station_id": station_id, "pending": {}, "updated_at": now}
    connection.execute(upsert(_ST).values(row).on_conflict_do_nothing())


def facts_of(connection: Connection, site_id: int, task_id: int) -> Facts:
    """What never changes of a task; NotFound when it is not of this site."""

    def load() -> Facts | None:
        row = connection.execute(_FACTS, {"task": task_id, "site": site_id}).one_or_none()
        return None if row is None else Facts(row, bool(row.is_serialised and _has_input(connection, row)))

    found = kept(("station task", site_id, task_id), load)
    if found is None:
        raise NotFound("task.unknown", task=task_id)
    return found


def _has_input(connection: Connection, row: Any) -> bool:
    if row.loop_no:
        return True
    same = (_T.c.id == _L.c.pred_id) & (_T.c.item_id == row.item_id)
    query = select(_L.c.id).join(_T, same).where(_L.c.succ_id == row.id, _L.c.kind != "return").limit(1)
    return connection.execute(query).scalar() is not None


def person_exists(connection: Connection, site_id: int, person_id: int) -> bool:
    """Whether somebody of this site may sign in."""
    mine = (Person.id == person_id) & (Person.site_id == site_id) & Person.retired.is_(False)
    return connection.execute(select(Person.id).where(mine)).scalar() is not None


def store_scan(here: Here, raw: str, payload_hash: str, status: int, answer: dict[str, Any]) -> int:
    """Write what was sent with the answer it gets; gives the row's id."""
    stored = here.connection.execute(
        _STORE,
        {
            "site_id": here.site_id, "uuid": here.wish.uuid, "payload_hash": payload_hash, "raw": raw,
            "parsed": here.parsed, "station_id": here.station_id, "person_id": here.person_id,
            "sequence": here.wish.sequence, "accepted": answer["accepted"], "status": status, "answer": answer,
            "device": here.wish.device, "device_at": here.wish.device_at, "offset_ms": here.made.offset_ms,
            "made_at": here.at, "server_at": here.now, "uncertain": here.made.uncertain,
        },
    )  # fmt: skip
    return int(stored.scalar_one())
