"""A limit is effective when fewer pieces come, whatever the machine answers."""

from __future__ import annotations

from devices.effect import EffectWatch


def working(cycle_s: float = 10.0) -> EffectWatch:
    """Return the watch of a machine that made ten pieces, one each cycle; it is second 100."""
    watch = EffectWatch(counts=True)
    for n in range(11):
        watch.counted(1, n * cycle_s)
    assert watch.cycle_s == cycle_s
    return watch


def test_a_held_machine_may_finish_its_piece_and_no_more():
    watch = working()
    watch.demanded("hold", 0, 100)
    watch.counted(1, 105)
    assert watch.verdict(False, 110) is None
    assert watch.verdict(False, 120) == "effective"
    watch.counted(2, 130)
    assert watch.verdict(False, 131) == "ineffective"


def test_a_machine_that_stands_at_once_is_effective_at_once():
    watch = working()
    watch.demanded("hold", 0, 100)
    assert watch.verdict(True, 101) == "effective"


def test_what_was_made_before_the_demand_is_not_held_against_the_machine():
    watch = working(cycle_s=1.0)
    watch.demanded("hold", 0, 14)
    watch.counted(4, 15)  # read at 10 before: four pieces of which nobody knows when
    assert watch.verdict(False, 17) == "effective"
    watch.counted(3, 18)
    assert watch.verdict(False, 18) == "ineffective"


def test_a_machine_that_obeys_late_is_effective_from_then_on():
    watch = working()
    watch.demanded("hold", 0, 100)
    watch.counted(0, 100)
    watch.counted(4, 125)
    assert watch.verdict(True, 126) == "ineffective"
    assert watch.verdict(False, 150) == "ineffective"
    assert watch.verdict(True, 145) == "effective"


def test_a_slowed_machine_is_judged_by_its_pace():
    obeys, ignores = working(), working()
    for watch, cycle in ((obeys, 20), (ignores, 10)):
        watch.demanded("limit", 500, 100)
        assert watch.verdict(False, 139) is None
        for n in range(1, 10):
            watch.counted(1, 100 + n * cycle)
    assert obeys.verdict(False, 280) == "effective"
    assert ignores.verdict(False, 190) == "ineffective"


def test_a_machine_without_a_counter_is_believed_and_the_same_demand_goes_on():
    assert EffectWatch(counts=False).verdict(False, 0) == "effective"
    watch = working()
    watch.demanded("hold", 0, 100)
    watch.counted(1, 101)
    watch.demanded("hold", 0, 150)
    assert (watch.since, watch.pieces) == (100, 1)
