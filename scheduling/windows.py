"""Lists of open windows: repeat, cut out, meet; the ground both the checks and the working axis stand on."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from scheduling.records import Absence, Calendar, Pool, Window


def merge(windows: Iterable[Window]) -> list[Window]:
    """Sorted windows with touching and overlapping ones joined: a shift change is no break."""
    out: list[Window] = []
    for start, end in sorted(windows):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        elif start < end:
            out.append((start, end))
    return out


def subtract(windows: Sequence[Window], holes: Sequence[Window]) -> list[Window]:
    """The windows (sorted, disjoint) without what lies in the holes (any order)."""
    out = list(windows)
    for low, high in holes:
        cut: list[Window] = []
        for start, end in out:
            if end <= low or start >= high:
                cut.append((start, end))
                continue
            if start < low:
                cut.append((start, low))
            if end > high:
                cut.append((high, end))
        out = cut
    return out


def intersect(left: Sequence[Window], right: Sequence[Window]) -> list[Window]:
    """What is open in both lists (each sorted and disjoint)."""
    out: list[Window] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            out.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return out


def stretch(calendar: Calendar, horizon: int, low: int, high: int) -> list[Window]:
    """The calendar's open windows inside [low, high), repeated after the horizon when it repeats."""
    out = [(max(a, low), min(b, high)) for a, b in calendar.windows if a < high and b > low]
    if calendar.repeat and high > horizon:
        pattern = [(max(a, horizon - calendar.repeat), b) for a, b in calendar.windows if b > horizon - calendar.repeat]
        turn = max(0, (low - horizon) // calendar.repeat)
        while horizon + turn * calendar.repeat < high:
            shift = (turn + 1) * calendar.repeat
            out += [(max(a + shift, low), min(b + shift, high)) for a, b in pattern if a + shift < high]
            turn += 1
    return merge(window for window in out if window[0] < window[1])


def steps(
    pool: Pool,
    calendars: dict[str, Calendar],
    horizon: int,
    low: int,
    high: int,
    absences: Iterable[Absence] = (),
) -> list[tuple[int, int, int]]:
    """The pool's capacity in [low, high) as adjoining (start, end, count) pieces; who is absent does not count."""
    change = {low: 0, high: 0}
    for name, count in pool.shifts:
        for start, end in stretch(calendars[name], horizon, low, high):
            change[start] = change.get(start, 0) + count
            change[end] = change.get(end, 0) - count
    for absence in absences:
        if absence.pool == pool.id and absence.start < high and absence.end > low:
            start, end = max(absence.start, low), min(absence.end, high)
            change[start] = change.get(start, 0) - absence.count
            change[end] = change.get(end, 0) + absence.count
    out: list[tuple[int, int, int]] = []
    count, edges = 0, sorted(change)
    for start, end in pairwise(edges):
        count += change[start]
        out.append((start, end, max(0, count)))
    return out


def staffed(
    pool: Pool,
    quantity: int,
    calendars: dict[str, Calendar],
    horizon: int,
    low: int,
    high: int,
    absences: Iterable[Absence] = (),
) -> list[Window]:
    """The windows in [low, high) in which the pool has at least this quantity on shift."""
    return merge((a, b) for a, b, count in steps(pool, calendars, horizon, low, high, absences) if count >= quantity)
