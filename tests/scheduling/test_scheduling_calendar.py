"""The working axis: two maps that differ at the edge of a break, repetition, holes, and an honest end."""

import pytest

from scheduling.calendar import Axes, Axis
from scheduling.errors import HorizonTooShort
from scheduling.problem import Calendar, Hole, Pool, Resource
from scheduling.windows import intersect, merge, staffed, steps, stretch, subtract

DAY = Calendar("day", ((480, 720), (780, 1020)), repeat=1440)


def axis(calendar: Calendar = DAY, *holes: Hole) -> Axis:
    return Axes(1440, {calendar.id: calendar}, {}, holes).of(Resource("saw", calendar.id))


def test_the_two_maps_differ_at_a_break() -> None:
    day = axis()
    assert (day.start_r(240), day.end_r(240)) == (780, 720)
    assert (day.start_r(239), day.end_r(241)) == (719, 781)
    assert (day.start_r(480), day.end_r(480)) == (1920, 1020)
    assert [day.to_w(tick) for tick in (0, 480, 700, 720, 750, 780, 1020, 2000)] == [0, 0, 220, 240, 240, 240, 480, 560]


def test_repetition_goes_on_for_ever_and_holes_are_cut_out() -> None:
    assert axis().start_r(480 * 1000) == 1440 * 1000 + 480
    assert axis(DAY, Hole("saw", 0, 1440)).start_r(0) == 1920
    assert axis(DAY, Hole("saw", 500, 600)).end_r(120) == 700
    assert axis(DAY, Hole("saw", 500, 600), Hole("saw", 550, 650)).end_r(90) == 720


def test_touching_windows_are_no_break() -> None:
    shifts = axis(Calendar("two", ((0, 480), (480, 1440)), repeat=1440))
    assert (shifts.start_r(480), shifts.end_r(480)) == (480, 480)
    assert shifts.whole(470, 5000) == 470
    assert axis().whole(200, 41) == 240
    assert axis().whole(200, 40) == 200


def test_a_calendar_that_does_not_repeat_ends_with_an_error() -> None:
    once = axis(Calendar("once", ((480, 720),)))
    assert once.end_r(240) == 720
    assert once.to_w(5000) == 240
    for ask in (lambda: once.end_r(241), lambda: once.start_r(240), lambda: once.whole(0, 241)):
        with pytest.raises(HorizonTooShort):
            ask()


def test_a_repetition_that_never_opens_ends_too() -> None:
    with pytest.raises(HorizonTooShort):
        axis(Calendar("never", ((0, 10),), repeat=1430)).start_r(10)


def test_segments_are_the_open_pieces() -> None:
    assert axis().segments(200, 260) == [(680, 720), (780, 800)]
    assert axis().open_between(700, 800) == 40


def test_window_lists() -> None:
    assert merge([(5, 9), (0, 5), (20, 30), (25, 26), (3, 3)]) == [(0, 9), (20, 30)]
    assert subtract([(0, 10), (20, 30)], [(25, 40), (2, 4), (9, 21)]) == [(0, 2), (4, 9), (21, 25)]
    assert intersect([(0, 10), (20, 30)], [(5, 25), (28, 40)]) == [(5, 10), (20, 25), (28, 30)]
    assert stretch(DAY, 1440, 700, 2000) == [(700, 720), (780, 1020), (1920, 2000)]
    assert stretch(DAY, 1440, 4700, 5000) == [(4800, 5000)]


def test_a_pool_adds_up_its_shifts() -> None:
    calendars = {"a": Calendar("a", ((0, 10),), repeat=20), "b": Calendar("b", ((5, 15),), repeat=20)}
    pool = Pool("p", (("a", 1), ("b", 2)))
    assert steps(pool, calendars, 20, 0, 25) == [(0, 5, 1), (5, 10, 3), (10, 15, 2), (15, 20, 0), (20, 25, 1)]
    assert staffed(pool, 2, calendars, 20, 0, 40) == [(5, 15), (25, 35)]
