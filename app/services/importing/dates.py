"""Days and moments of a cell: ISO, as Chinese spreadsheets write them, or relative to today."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.services.importing.problems import BadCell

_RELATIVE = re.compile(r"([+-]\d{1,4})d(?:\s+(\d{1,2}:\d{2}))?", re.ASCII)
_FROM_NOW = re.compile(r"([+-]\d{1,5})([hm])", re.ASCII)
_DAY = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?", re.ASCII)
_WEEKDAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Clock:
    """The moment of the import and the zone of the site the row belongs to."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The day it is at the site."""
        return self.now.astimezone(self.zone).date()


def is_relative(text: str) -> bool:
    """Tell whether a cell means another day tomorrow than it means today."""
    return bool(_RELATIVE.fullmatch(text) or _FROM_NOW.fullmatch(text))


def minutes(text: str) -> int:
    """Minutes after midnight of ``6:00`` or ``22:30``."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise BadCell("bad_clock", value=text)
    return int(found[1]) * 60 + int(found[2])


def day(text: str, clock: Clock) -> date:
    """The date of ``2027-01-05``, ``2027/1/5``, ``+3d``."""
    relative = _RELATIVE.fullmatch(text)
    if relative and not relative[2]:
        return clock.today + timedelta(days=int(relative[1]))
    found = _DAY.fullmatch(text.removesuffix(" 00:00"))
    if not found:
        raise BadCell("bad_date", value=text)
    return _date(found, text)


def moment(text: str, clock: Clock, bare: str) -> datetime:
    """The moment of a day with a time of day, in the site's zone unless it names one; a bare day is at ``bare``."""
    from_now = _FROM_NOW.fullmatch(text)
    if from_now:
        step = {"h": 3600, "m": 60}[from_now[2]]
        return clock.now + timedelta(seconds=int(from_now[1]) * step)
    relative = _RELATIVE.fullmatch(text)
    if relative:
        found = clock.today + timedelta(days=int(relative[1]))
        return _at(found, relative[2] or bare, clock)
    absolute = _DAY.match(text)
    if not absolute:
        raise BadCell("bad_moment", value=text)
    rest = text[absolute.end() :].lstrip(" T")
    found = _date(absolute, text)
    if "+" in rest or rest.endswith("Z"):
        return _with_offset(found, rest, text)
    return _at(found, rest or bare, clock)


def _date(found: re.Match[str], text: str) -> date:
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError as error:
        raise BadCell("bad_date", value=text) from error


def _at(found: date, clock_text: str, clock: Clock) -> datetime:
    at = minutes(clock_text)
    return datetime.combine(found, time(at // 60, at % 60), clock.zone).astimezone(UTC)


def _with_offset(found: date, rest: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(f"{found.isoformat()}T{rest}").astimezone(UTC)
    except ValueError as error:
        raise BadCell("bad_moment", value=text) from error


def weekdays(text: str) -> list[int]:
    """Days of the week, 0 Monday, of ``1-5``, ``1;3;7`` or ``mon-fri;sun``."""
    chosen: set[int] = set()
    for part in filter(None, (p.strip().casefold() for p in text.split(";"))):
        first, _, last = part.partition("-")
        low = _weekday(first, text)
        high = _weekday(last, text) if last else low
        if low > high:
            raise BadCell("bad_weekdays", value=text)
        chosen.update(range(low, high + 1))
    return sorted(chosen)


def _weekday(word: str, text: str) -> int:
    word = word.strip()
    if word[:3] in _WEEKDAY_NAMES:
        return _WEEKDAY_NAMES.index(word[:3])
    if word in set("1234567"):
        return int(word) - 1
    raise BadCell("bad_weekdays", value=text)


def breaks(text: str) -> list[list[int]]:
    """Pairs of minutes after midnight of ``08:00-08:10;10:00-10:30``, as written; a shift moves them past midnight."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        start, dash, end = part.partition("-")
        if not dash:
            raise BadCell("bad_breaks", value=text)
        found.append([minutes(start), minutes(end)])
    return found
