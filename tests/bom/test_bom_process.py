"""Process graphs: each rule holds and is broken."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from bom.critical import critical_path
from bom.errors import (
    BadAlternate,
    BadQuantity,
    BadRework,
    BadValue,
    DuplicateKey,
    NotOptional,
    ProcessCycle,
    SelfLoop,
    UnknownOperation,
    Unreachable,
)  # fmt: skip
from bom.operation import StationChoice
from bom.optional import without_optional
from bom.process import End, Link, LinkKind, LinkType, Operation, ProcessGraph, graph


def op(key: str, minutes: int = 1, **more: object) -> Operation:
    return Operation(key, key.upper(), Fraction(minutes), **more)  # type: ignore[arg-type]


def alt(pred: str, succ: str, group: str = "g") -> Link:
    return Link(pred, succ, kind=LinkKind.ALTERNATE, alternate_group=group)


def rework(pred: str, succ: str) -> Link:
    return Link(pred, succ, kind=LinkKind.REWORK)


def of(operations: str, *links: Link | str, **minutes: int) -> ProcessGraph:
    made = [Link(*link) if isinstance(link, str) else link for link in links]
    return graph([op(key, minutes.get(key, 1)) for key in operations], made)


FORK = (alt("p", "a"), alt("p", "b"), alt("a", "m"), alt("b", "m"))


def test_parallel_branches_and_a_merge() -> None:
    process = of("abcd", "ab", "ac", "bd", "cd")
    assert process.order == ("a", "b", "c", "d")
    assert (process.sources, process.sinks) == (("a",), ("d",))


def test_a_process_of_one_operation_and_of_none() -> None:
    assert of("a").sources == of("a").sinks == ("a",)
    assert graph([], []).order == ()
    assert critical_path(graph([], []), 1).minutes == 0


def test_unknown_doubled_and_looped_operations_are_refused() -> None:
    with pytest.raises(UnknownOperation) as refused:
        of("ab", "ax")
    assert refused.value.values["operation"] == "x"
    with pytest.raises(DuplicateKey):
        of("aa")
    with pytest.raises(DuplicateKey):
        of("ab", "ab", Link("a", "b", LinkType.START_START))
    with pytest.raises(SelfLoop):
        of("a", "aa")


def test_a_cycle_is_refused_with_its_path() -> None:
    with pytest.raises(ProcessCycle) as refused:
        of("sabct", "sa", "ab", "bc", "ca", "ct")
    assert refused.value.values["path"] in (("a", "b", "c", "a"), ("b", "c", "a", "b"), ("c", "a", "b", "c"))


def test_an_operation_nobody_links_is_refused() -> None:
    with pytest.raises(Unreachable) as refused:
        of("abc", "ab")
    assert refused.value.values["operation"] == "c"


def test_rework_goes_back_and_is_no_cycle() -> None:
    process = of("abc", "ab", "bc", rework("c", "a"))
    assert process.order == ("a", "b", "c")
    for forward in (rework("a", "c"), rework("b", "c")):
        with pytest.raises(BadRework):
            of("abc", "ab", "bc", forward)
    with pytest.raises(BadRework):
        of("abc", "ab", "ac", rework("b", "c"))


def test_impossible_numbers_are_refused() -> None:
    for bad in (-1, Decimal("NaN")):
        with pytest.raises(BadQuantity):
            Operation("a", "A", bad)  # type: ignore[arg-type]
        with pytest.raises(BadQuantity):
            Link("a", "b", lag_min=bad)  # type: ignore[arg-type]
    with pytest.raises(BadQuantity):
        StationChoice("s", factor=Fraction(0))
    for bounds in ({"max_loops": 0}, {"batch_size": 0}):
        with pytest.raises(BadQuantity):
            op("a", **bounds)
    with pytest.raises(BadValue):
        op("")


def test_a_group_belongs_to_alternate_links_only() -> None:
    with pytest.raises(BadValue):
        Link("a", "b", kind=LinkKind.ALTERNATE)
    with pytest.raises(BadValue):
        Link("a", "b", alternate_group="g")


def test_alternates_exclude_each_other_until_they_meet() -> None:
    process = of("pabmz", *FORK, "mz")
    assert process.exclusive("a", "b") == "g"
    assert process.exclusive("a", "m") is None
    assert process.ends == (End(None, ("z",)),)


def test_three_alternates_may_meet_one_after_the_other() -> None:
    links = [alt("p", key) for key in "abc"] + [alt("a", "m"), alt("b", "m"), alt("m", "z"), alt("c", "z")]
    assert of("pabcmz", *links).exclusive("m", "c") == "g"


def test_a_branch_may_be_skipped_by_an_alternate_way_past_it() -> None:
    assert of("pam", alt("p", "a"), alt("p", "m"), alt("a", "m")).order == ("p", "a", "m")


def test_alternates_at_the_start_and_at_the_end() -> None:
    start = graph([op("a", alternate_group="g"), op("b", alternate_group="g"), op("m")], [alt("a", "m"), alt("b", "m")])
    assert start.sources == ("a", "b")
    end = of("pab", alt("p", "a"), alt("p", "b"))
    assert end.ends == (End("g", ("a", "b")),)


@pytest.mark.parametrize(
    ("operations", "links"),
    [
        ("pabm", (alt("p", "a"), "pb", "am", "bm")),  # a choice of one
        ("pabm", (alt("p", "a"), alt("p", "b"), "am", "bm")),  # waits for both although one is chosen
        ("pabxm", (alt("p", "a"), alt("p", "b"), alt("a", "m"), alt("b", "m"), "ax", alt("x", "m"))),  # a comes twice
        ("spqabm", ("sp", "sq", alt("p", "a"), alt("p", "b"), alt("q", "a"), alt("q", "b"), "am")),  # p and q add up
        ("pabxym", (alt("p", "a"), alt("p", "b"), "ax", "ay", "bm")),  # one branch ends twice
    ],
)
def test_a_group_without_a_clear_choice_is_refused(operations: str, links: tuple[Link | str, ...]) -> None:
    with pytest.raises(BadAlternate):
        of(operations, *links)


def test_critical_path_adds_minutes_lags_and_set_up() -> None:
    process = graph(
        [op("a", 2, fixed_minutes=Fraction(10)), op("b", 5), op("c", 1)],
        [Link("a", "b", lag_min=Fraction(3)), Link("a", "c"), Link("b", "c")],
    )
    path = critical_path(process, 10)
    assert (path.minutes, path.operations) == (30 + 3 + 50 + 10, ("a", "b", "c"))


def test_start_start_overlaps() -> None:
    process = of("ab", Link("a", "b", LinkType.START_START, Fraction(4)), a=3, b=2)
    assert critical_path(process, 10).minutes == 30
    assert critical_path(of("ab", Link("a", "b", LinkType.START_START, Fraction(15)), a=3, b=2), 10).minutes == 35


def test_of_alternates_the_shortest_counts() -> None:
    path = critical_path(of("pabm", *FORK, a=7, b=3), 1)
    assert (path.minutes, path.operations) == (5, ("p", "b", "m"))
    assert critical_path(of("pab", alt("p", "a"), alt("p", "b"), a=7, b=3), 1).minutes == 4


def test_a_transfer_batch_lets_the_next_start_early_but_not_finish_before_the_last_batch() -> None:
    slow_then_fast = of("ab", Link("a", "b", transfer_batch=Fraction(2)), a=5, b=1)
    assert critical_path(slow_then_fast, 10).minutes == 50 + 2
    fast_then_slow = of("ab", Link("a", "b", transfer_batch=Fraction(2)), a=1, b=5)
    assert critical_path(fast_then_slow, 10).minutes == 2 + 50
    assert critical_path(of("ab", Link("a", "b", transfer_batch=Fraction(20)), a=1, b=5), 10).minutes == 60


def test_a_started_batch_costs_whole() -> None:
    assert op("a", 2, batch_size=4).minutes(Fraction(5)) == 16


def optional_chain(*links: Link) -> ProcessGraph:
    return graph([op("a"), op("b", optional=True), op("c", optional=True), op("d")], links)


def test_a_skipped_operation_is_bridged() -> None:
    process = optional_chain(
        Link("a", "b", lag_min=Fraction(1), transfer_batch=Fraction(2)),
        Link("b", "c", lag_min=Fraction(2), transfer_batch=Fraction(5)),
        Link("c", "d"),
    )
    short = without_optional(process, ["b", "c"])
    assert short.links == (Link("a", "d", lag_min=Fraction(3), transfer_batch=Fraction(5)),)
    assert without_optional(process, []).order == process.order


def test_rework_to_a_skipped_operation_goes_to_what_follows() -> None:
    process = optional_chain(Link("a", "b"), Link("b", "c"), Link("c", "d"), rework("d", "b"))
    assert rework("d", "c") in without_optional(process, ["b"]).links
    assert all(link.kind is LinkKind.NORMAL for link in without_optional(process, ["b", "c"]).links)


def test_only_optional_and_known_operations_can_be_skipped() -> None:
    process = optional_chain(Link("a", "b"), Link("b", "c"), Link("c", "d"))
    with pytest.raises(NotOptional):
        without_optional(process, ["a"])
    with pytest.raises(UnknownOperation):
        without_optional(process, ["x"])


def test_a_skipped_alternate_leaves_a_way_past_and_a_knot_of_groups_is_refused() -> None:
    skippable = graph([op("p"), op("a", optional=True), op("b"), op("m")], FORK)
    assert set(without_optional(skippable, ["a"]).links) == {alt("p", "b"), alt("b", "m"), alt("p", "m")}
    knot = graph(
        [op("p"), op("a"), op("b"), op("m", optional=True), op("x"), op("y")],
        [*FORK, alt("m", "x", "h"), alt("m", "y", "h")],
    )
    with pytest.raises(NotOptional):
        without_optional(knot, ["m"])


def test_of_two_ways_that_become_one_the_longer_lag_stays() -> None:
    direct = Link("a", "c", lag_min=Fraction(1))
    process = optional_chain(direct, Link("a", "b"), Link("b", "c", lag_min=Fraction(9)), Link("c", "d"))
    assert Link("a", "c", lag_min=Fraction(9)) in without_optional(process, ["b"]).links


def test_an_operation_whose_only_alternate_is_skipped_stands_alone() -> None:
    either = [op("a", alternate_group="g"), op("b", alternate_group="g", optional=True)]
    left = without_optional(graph([*either, op("m")], [alt("a", "m"), alt("b", "m")]), ["b"])
    assert left.operations["a"].alternate_group is None
    assert left.links == (Link("a", "m"),)
