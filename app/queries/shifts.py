"""Which shift it is, and when a station is open: shifts are evaluated in the site's zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.events import Store
from app.models import CalendarDay, ShiftPattern, Site


@dataclass(frozen=True)
class Shift:
    """A pattern in minutes after local midnight."""

    id: int
    code: str
    weekdays: frozenset[int]
    start_min: int
    end_min: int
    breaks: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Calendar:
    """The shifts of a site and the days that differ from the week."""

    zone: str
    shifts: tuple[Shift, ...]
    days: tuple[tuple[date, str], ...]

    def works(self, shift: Shift, day: date) -> bool:
        """Whether a shift is worked on a day: a holiday never, a make-up workday always."""
        kind = dict(self.days).get(day)
        return kind != "holiday" and (kind == "workday" or day.weekday() in shift.weekdays)

    def shift_at(self, moment: datetime) -> tuple[int | None, date]:
        """The shift that runs at a moment and its business date: a night shift's is the day it began."""
        local = moment.astimezone(ZoneInfo(self.zone))
        for day in (local.date(), local.date() - timedelta(days=1)):
            for shift in self.shifts:
                begins, ends = self._span(shift, day)
                if self.works(shift, day) and begins <= moment < ends:
                    return shift.id, day
        return None, local.date()

    def ends_at(self, moment: datetime) -> datetime | None:
        """When the shift that runs at a moment ends; None outside of shifts."""
        shift_id, day = self.shift_at(moment)
        found = next((shift for shift in self.shifts if shift.id == shift_id), None)
        return None if found is None else self._span(found, day)[1]

    def windows(self, codes: tuple[str, ...], start: datetime, days: int) -> list[tuple[datetime, datetime]]:
        """Open times of some shifts (all when none are named), breaks cut out, merged, from ``start`` on."""
        zone, found = ZoneInfo(self.zone), []
        first = start.astimezone(zone).date() - timedelta(days=1)
        wanted = [shift for shift in self.shifts if not codes or shift.code in codes]
        for day in (first + timedelta(days=n) for n in range(days + 2)):
            for shift in wanted:
                if self.works(shift, day):
                    found += [(_at(day, a, zone), _at(day, b, zone)) for a, b in _pieces(shift)]
        end = start + timedelta(days=days)
        return _merged([(max(a, start), min(b, end)) for a, b in found if a < end and b > start])

    def pieces(self, shift: Shift, day: date) -> list[tuple[datetime, datetime]]:
        """The working times of a shift that begins on a day, its breaks cut out."""
        zone = ZoneInfo(self.zone)
        return [(_at(day, a, zone), _at(day, b, zone)) for a, b in _pieces(shift)]

    def _span(self, shift: Shift, day: date) -> tuple[datetime, datetime]:
        zone = ZoneInfo(self.zone)
        return _at(day, shift.start_min, zone), _at(day, shift.end_min, zone)


def calendar(store: Store, site_id: int) -> Calendar:
    """The calendar of a site, read anew."""
    zone = store.execute(select(Site.zone).where(Site.id == site_id)).scalar_one()
    rows = store.execute(
        select(ShiftPattern.__table__).where(ShiftPattern.site_id == site_id).order_by(ShiftPattern.id)
    )
    days = store.execute(select(CalendarDay.day, CalendarDay.kind).where(CalendarDay.site_id == site_id))
    return Calendar(zone, tuple(_shift(row) for row in rows), tuple((row.day, row.kind) for row in days))


def _shift(row: object) -> Shift:
    breaks = tuple((a, b) for a, b in row.breaks)  # type: ignore[attr-defined]
    return Shift(row.id, row.code, frozenset(row.weekdays), row.start_min, row.end_min, breaks)  # type: ignore[attr-defined]


def _pieces(shift: Shift) -> list[tuple[int, int]]:
    edges = [shift.start_min, *(edge for pause in sorted(shift.breaks) for edge in pause), shift.end_min]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]


@lru_cache(maxsize=8192)
def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    # Wall-clock arithmetic, then to UTC: on the day the clocks change a shift still begins at its hour.
    wall = datetime.combine(day, time(), zone) + timedelta(minutes=minutes)
    return wall.astimezone(ZoneInfo("UTC"))


def _merged(windows: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    merged: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(windows):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((begins, ends))
    return merged
