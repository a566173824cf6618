"""What people made and how long it took: for piece work (计件) and for hourly work (计时).

A report's pieces belong to those whose run on the task at that station covers its moment, in equal shares, always to
whoever reported; a report on behalf of somebody belongs to that person alone. A reversal takes back from the same
people. Standard minutes are good pieces × the operation's minutes each; what was undone or corrected counts net.
"""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.events import Store
from app.models import Item, Person, Report, Site, Task, WorkSession
from app.queries.known import calendar_of

MOST_DAYS = 62
_R, _T, _W = Report.__table__, Task.__table__, WorkSession.__table__
_FIRST = _R.alias("first")
Span = tuple[datetime, datetime, int]


@dataclass
class Piecework:
    """One operation of a person's period: pieces, and the standard minutes they are worth."""

    item: str
    name: str
    name_zh: str | None
    piece_min: Decimal
    good: Decimal = Decimal(0)
    scrap: Decimal = Decimal(0)
    rework: Decimal = Decimal(0)

    @property
    def earned_min(self) -> Decimal:
        """Standard minutes: good pieces × minutes each."""
        return self.good * self.piece_min


@dataclass
class Output:
    """A person's period: minutes by kind of session, pieces by operation, good pieces by hour of the day."""

    person: Any
    minutes: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    work: dict[int, Piecework] = field(default_factory=dict)
    hours: dict[datetime, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    forgotten: int = 0

    def total(self, name: str) -> Decimal:
        """good, scrap, rework or earned_min over all operations."""
        return sum((getattr(one, name) for one in self.work.values()), Decimal(0))

    @property
    def per_hour(self) -> Decimal | None:
        """Good pieces ÷ hours of run; None without a run."""
        return self.total("good") * 60 / self.minutes["run"] if self.minutes["run"] else None

    @property
    def performance(self) -> Decimal | None:
        """Standard minutes ÷ minutes of run; None without a run."""
        return self.total("earned_min") / self.minutes["run"] if self.minutes["run"] else None


def output(
    store: Store, site_id: int, first: date, last: date, now: datetime, person_id: int | None = None
) -> list[Output]:
    """The output of everybody (or one person) on the business dates from ``first`` to ``last``, by code."""
    last = min(last, first + timedelta(days=MOST_DAYS - 1))
    zone = ZoneInfo(store.execute(select(Site.zone).where(Site.id == site_id)).scalar_one())
    begin = datetime.combine(first, datetime.min.time(), zone)
    sessions = _sessions(store, site_id, begin, begin + timedelta(days=(last - first).days + 2))
    people = {row.id: Output(row) for row in store.execute(
        select(Person.id, Person.code, Person.name, Person.name_zh).where(Person.site_id == site_id)
    )}  # fmt: skip
    _pieces(store, site_id, first, last, sessions, people, zone)
    _minutes(store, site_id, first, last, sessions, people, now)
    found = [one for one in people.values() if one.work or any(one.minutes.values())]
    return sorted((one for one in found if person_id in (None, one.person.id)), key=lambda one: one.person.code)


def _sessions(store: Store, site_id: int, begin: datetime, end: datetime) -> list[Any]:
    query = select(_W).where(
        _W.c.site_id == site_id, _W.c.started_at >= begin - timedelta(days=1), _W.c.started_at < end
    )
    return list(store.execute(query.order_by(_W.c.started_at)))


def _pieces(
    store: Store, site_id: int, first: date, last: date, sessions: list[Any], people: dict[int, Output], zone: ZoneInfo
) -> None:  # fmt: skip
    crews = _crews(sessions)
    made = [_R.c.person_id, _R.c.on_behalf_of, _R.c.device_at, _R.c.server_at, _R.c.uncertain]
    query = (
        select(_R.c.id, _R.c.kind, _R.c.quantity, _R.c.task_id, _R.c.station_id, *made, _R.c.reverses_id,
               *(_FIRST.c[column.name].label(f"first_{column.name}") for column in made), _T.c.name, _T.c.name_zh,
               _T.c.piece_min, _T.c.operation_id, Item.code.label("item_code"))
        .join(_T, _T.c.id == _R.c.task_id)
        .outerjoin(_FIRST, _FIRST.c.id == _R.c.reverses_id)
        .outerjoin(Item, Item.id == _T.c.item_id)
        .where(_R.c.site_id == site_id, _R.c.business_date.between(first, last),
               _R.c.kind.in_(("good", "scrap", "rework")))
        .order_by(_R.c.id)
    )  # fmt: skip
    for row in store.execute(query):
        behalf, person, at = _whose(row)
        who = {behalf} if behalf else _crew(crews.get((row.station_id, row.task_id), []), at) | ({person} - {None})
        for one in sorted(who & set(people)):
            _credit(people[one], row, row.quantity / len(who), at.astimezone(zone))


def _whose(row: Any) -> tuple[int | None, int | None, datetime]:
    """On behalf of whom, by whom and when; of a reversal what the reversed report says."""
    prefix = "first_" if row.reverses_id is not None else ""
    names = ("on_behalf_of", "person_id", "device_at", "server_at", "uncertain")
    of = {name: getattr(row, prefix + name) for name in names}
    at = of["server_at"] if of["uncertain"] or of["device_at"] is None else min(of["device_at"], of["server_at"])
    return of["on_behalf_of"], of["person_id"], at


def _credit(one: Output, row: Any, share: Decimal, at: datetime) -> None:
    work = one.work.setdefault(
        row.operation_id or -row.task_id, Piecework(row.item_code or "", row.name, row.name_zh, row.piece_min)
    )
    setattr(work, row.kind, getattr(work, row.kind) + share)
    if row.kind == "good":
        one.hours[at.replace(minute=0, second=0, microsecond=0)] += share


def _crews(sessions: list[Any]) -> dict[tuple[int, int], list[Span]]:
    """Runs by station and task: (begin, end, person), by begin."""
    found: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for row in sessions:
        if row.kind == "run" and row.person_id is not None:
            end = row.ended_at or datetime.max.replace(tzinfo=row.started_at.tzinfo)
            found[row.station_id, row.task_id].append((row.started_at, end, row.person_id))
    return found


def _crew(spans: list[Span], at: datetime) -> set[int]:
    before = spans[: bisect_right(spans, at, key=lambda span: span[0])]
    return {person for _, end, person in before if at <= end}


def _minutes(
    store: Store, site_id: int, first: date, last: date, sessions: list[Any], people: dict[int, Output], now: datetime
) -> None:  # fmt: skip
    calendar = calendar_of(store, site_id)
    for row in sessions:
        day = calendar.shift_at(row.started_at)[1]
        if row.person_id not in people or not first <= day <= last:
            continue
        seconds = ((row.ended_at or now) - row.started_at).total_seconds()
        people[row.person_id].minutes[row.kind] += round(Decimal(seconds) / 60, 2)
        people[row.person_id].forgotten += row.mark is not None
