"""Who is there when: for each skill the times people who have it work, as rosters and absences say.

A person works the shifts they are rostered for. On a day nobody is rostered for yet, people are taken to work their
usual shift; who never stood on a roster may work any.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.events import Store
from app.models import Person, PersonSkill, Roster
from app.queries.shifts import Calendar, Shift

Span = tuple[datetime, datetime]
Crew = tuple[tuple[tuple[Span, ...], int], ...]  # times, and how many people of the skill work just these
_LOOK_BACK_DAYS = 28


def crews(store: Store, site_id: int, shifts: Calendar, now: datetime, days: int) -> dict[int, Crew]:
    """The people of each skill by the times they are there in the coming days."""
    first = now.astimezone(ZoneInfo(shifts.zone)).date() - timedelta(days=1)
    wanted = [first + timedelta(days=n) for n in range(days + 2)]
    skills = store.execute(
        select(PersonSkill.person_id, PersonSkill.skill_id, PersonSkill.valid_from, PersonSkill.valid_until)
        .join(Person, Person.id == PersonSkill.person_id)
        .where(Person.site_id == site_id, Person.retired.is_(False))
    ).all()
    roster = _roster(store, site_id, first - timedelta(days=_LOOK_BACK_DAYS), wanted[-1])
    covered = {row.day for row in roster}
    mine: dict[int, list[Any]] = {}
    for row in roster:
        mine.setdefault(row.person_id, []).append(row)
    pieces: dict[tuple[int, date], tuple[Span, ...]] = {}
    known: dict[tuple[Any, ...], tuple[Span, ...]] = {}
    found: dict[int, Counter[tuple[Span, ...]]] = {}
    for row in skills:
        key = (tuple(sorted((r.day, r.shift_id, r.absent) for r in mine.get(row.person_id, ()))),
               row.valid_from, row.valid_until)  # fmt: skip
        if key not in known:
            days_there = [day for day in wanted if _valid(row, day)]
            known[key] = _times(shifts, mine.get(row.person_id, []), days_there, covered, pieces, now)
        found.setdefault(row.skill_id, Counter())[known[key]] += 1
    return {skill: tuple((spans, count) for spans, count in counts.items() if spans) for skill, counts in found.items()}


def _roster(store: Store, site_id: int, since: date, until: date) -> list[Any]:
    query = select(Roster.person_id, Roster.day, Roster.shift_id, Roster.absent).where(
        Roster.site_id == site_id, Roster.day >= since, Roster.day <= until
    )
    return list(store.execute(query.order_by(Roster.person_id, Roster.day, Roster.shift_id)).all())


def _valid(row: Any, day: date) -> bool:
    return (row.valid_from is None or row.valid_from <= day) and (row.valid_until is None or day <= row.valid_until)


def _times(
    shifts: Calendar, mine: list[Any], days: Iterable[date], covered: set[date],
    pieces: dict[tuple[int, date], tuple[Span, ...]], now: datetime,
) -> tuple[Span, ...]:  # fmt: skip
    """The times of one person: rostered, else their usual shift where nobody is rostered yet."""
    by_id = {shift.id: shift for shift in shifts.shifts}
    usual = Counter(row.shift_id for row in mine if not row.absent).most_common(1)
    habit = [by_id[usual[0][0]]] if usual and usual[0][0] in by_id else list(shifts.shifts)
    found: list[Span] = []
    for day in days:
        rows = [row for row in mine if row.day == day]
        if rows:
            there = [by_id[row.shift_id] for row in rows if not row.absent and row.shift_id in by_id]
        else:
            there = [] if day in covered else [shift for shift in habit if shifts.works(shift, day)]
        for shift in there:
            found += _pieces(shifts, shift, day, pieces)
    return _joined(sorted((max(a, now), b) for a, b in found if b > now))


def _pieces(
    shifts: Calendar, shift: Shift, day: date, known: dict[tuple[int, date], tuple[Span, ...]]
) -> tuple[Span, ...]:  # fmt: skip
    if (shift.id, day) not in known:
        known[shift.id, day] = tuple(shifts.pieces(shift, day))
    return known[shift.id, day]


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    out: list[Span] = []
    for begins, ends in spans:
        if out and begins <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], ends))
        elif begins < ends:
            out.append((begins, ends))
    return tuple(out)
