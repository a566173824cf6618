"""What holds for every structure: explosion against plain path enumeration, and every break-down in itself."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor, prod

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from bom.aggregate import aggregated
from bom.errors import StructureCycle
from bom.explode import requirements
from bom.process import Link, LinkKind, Operation, ProcessGraph, StationChoice, graph
from bom.structure import BomLine, Structure, Supply
from bom.tasks import BreakDown, break_down
from bom.where_used import where_used

START = date(2026, 1, 1)
ROOT = "i0"
FEW = settings(max_examples=60, deadline=None)
days = st.integers(0, 6).map(lambda day: START + timedelta(days=day))
quantities = st.fractions(Fraction(1, 6), 6, max_denominator=6)
scraps = st.sampled_from([Decimal(0), Decimal("2.5"), Decimal(10)])


@st.composite
def lines(draw: st.DrawFn, loops: bool = False) -> list[BomLine]:
    """Lines among seven items, downwards only unless `loops`, some with dates, pers and scrap."""
    made = []
    for at in range(draw(st.integers(1, 12))):
        one, other = sorted(draw(st.lists(st.integers(0, 6), min_size=2, max_size=2, unique=True)))
        if loops and draw(st.booleans()):
            one, other = other, one
        start, end = draw(st.none() | days), draw(st.none() | days)
        if start and end and start >= end:
            end = None
        made.append(
            BomLine(
                str(at), f"i{one}", f"i{other}", draw(quantities), draw(st.sampled_from([Fraction(1), Fraction(3)])),
                start, end, draw(scraps), phantom=draw(st.integers(0, 4)) == 0,
            )
        )  # fmt: skip
    return [*made, BomLine("first", ROOT, "i6", Fraction(1))]


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    found = draw(lines())
    items = sorted({name for line in found for name in (line.parent, line.child)} - {ROOT})
    supply = st.sampled_from(list(Supply))
    return Structure(found, draw(st.dictionaries(st.sampled_from(items), supply)))


def paths(structure: Structure, item: str, on: date, stop: bool) -> list[tuple[BomLine, ...]]:
    """Every way down, one tuple of lines each: slow and plainly right."""
    found = []
    for line in structure.lines:
        if line.parent == item and line.valid_on(on):
            found.append((line,))
            passes = line.phantom or structure.supply_of(line.child) is Supply.PHANTOM
            if passes or not stop or structure.supply_of(line.child) is Supply.MAKE_TO_ORDER:
                found += [(line, *rest) for rest in paths(structure, line.child, on, stop)]
    return found


@FEW
@given(structures(), quantities, days, st.booleans())
def test_explosion_agrees_with_every_single_path(structure: Structure, amount: Fraction, on: date, stop: bool) -> None:
    totals: dict[str, Fraction] = defaultdict(Fraction)
    levels: dict[str, int] = defaultdict(int)
    for path in paths(structure, ROOT, on, stop):
        item = path[-1].child
        levels[item] = max(levels[item], len(path))
        if not path[-1].phantom and structure.supply_of(item) is not Supply.PHANTOM:
            totals[item] += amount * prod(line.gross for line in path)
    needs = requirements(structure, ROOT, amount, on, stop)
    assert {need.item: need.quantity for need in needs} == totals
    assert all(need.level == levels[need.item] for need in needs)


@FEW
@given(structures(), quantities, quantities, days)
def test_explosion_is_linear(structure: Structure, one: Fraction, other: Fraction, on: date) -> None:
    together = {need.item: need.quantity for need in requirements(structure, ROOT, one + other, on)}
    apart: dict[str, Fraction] = defaultdict(Fraction)
    for part in (one, other):
        for need in requirements(structure, ROOT, part, on):
            apart[need.item] += need.quantity
    assert together == apart


@FEW
@given(structures(), st.dictionaries(st.sampled_from(["i0", "i1", "i6", "i3"]), quantities), days, st.booleans())
def test_needs_of_many_demands_are_the_sum_of_each(
    structure: Structure, demands: dict[str, Fraction], on: date, stop: bool
) -> None:
    demands = {item: amount for item, amount in demands.items() if item in structure.items}
    apart: dict[str, Fraction] = defaultdict(Fraction)
    levels: dict[str, int] = defaultdict(int)
    for item, amount in demands.items():
        for need in requirements(structure, item, amount, on, stop):
            apart[need.item] += need.quantity
            levels[need.item] = max(levels[need.item], need.level)
    together = aggregated(structure, demands, on, stop)
    assert {need.item: need.quantity for need in together} == apart
    assert all(need.level >= levels[need.item] for need in together)


@FEW
@given(structures(), days)
def test_where_used_is_explosion_read_upwards(structure: Structure, on: date) -> None:
    for item in structure.items:
        for use in where_used(structure, item, on):
            assert item in {need.item for need in requirements(structure, use.item, 1, on, phantoms=True)}
        above = {use.item for use in where_used(structure, item, on)}
        for other in set(structure.items) - above:
            assert item not in {need.item for need in requirements(structure, other, 1, on, phantoms=True)}


def loops_on_some_day(found: list[BomLine]) -> bool:
    every_day = [START + timedelta(days=day) for day in range(-1, 8)]
    graphs = (nx.DiGraph((line.parent, line.child) for line in found if line.valid_on(day)) for day in every_day)
    return not all(nx.is_directed_acyclic_graph(one) for one in graphs)


@FEW
@given(lines(loops=True))
def test_a_cycle_is_refused_exactly_when_some_day_has_one(found: list[BomLine]) -> None:
    try:
        Structure(found)
    except StructureCycle as refused:
        path = refused.values["path"]
        assert isinstance(path, tuple)
        assert path[0] == path[-1]
        assert loops_on_some_day(found)
    else:
        assert not loops_on_some_day(found)


@FEW
@given(lines(loops=True))
def test_a_new_line_closes_a_loop_exactly_when_the_structure_with_it_is_refused(found: list[BomLine]) -> None:
    new, rest = found[0], found[1:]
    if loops_on_some_day(rest):
        return
    assert bool(Structure(rest).loop_with(new)) == loops_on_some_day(found)


@st.composite
def processes(draw: st.DrawFn) -> ProcessGraph:
    """Up to five operations, joined downwards, sometimes with rework back."""
    size = draw(st.integers(1, 5))
    operations = [Operation(f"o{at}", "", Fraction(1), stations=(StationChoice("S"),)) for at in range(size)]
    pairs = {(draw(st.integers(0, at - 1)), at) for at in range(1, size)}
    pairs |= {(one, other) for one in range(size) for other in range(one + 1, size) if draw(st.integers(0, 3)) == 0}
    links = [Link(f"o{one}", f"o{other}") for one, other in sorted(pairs)]
    if links and draw(st.booleans()):
        back = draw(st.sampled_from(links))
        links.append(Link(back.succ, back.pred, kind=LinkKind.REWORK))
    return graph(operations, links)


@st.composite
def orders(draw: st.DrawFn) -> BreakDown:
    structure = draw(structures())
    routings = {item: draw(processes()) for item in structure.items}
    return break_down(structure, routings, ROOT, draw(quantities), draw(days))


@FEW
@given(orders())
def test_every_key_is_unique_and_every_link_goes_forward(order: BreakDown) -> None:
    place = {task.op_key: task.sequence for task in order.tasks}
    assert len(place) == len(order.tasks)
    assert sorted(place.values()) == list(range(1, len(place) + 1))
    forward = [link for link in order.links if link.kind is not LinkKind.REWORK]
    assert all(place[link.pred] < place[link.succ] for link in forward)
    assert all(place[link.pred] > place[link.succ] for link in order.links if link.kind is LinkKind.REWORK)


@FEW
@given(orders())
def test_every_task_leads_to_the_end_of_the_order(order: BreakDown) -> None:
    flow = nx.DiGraph((link.pred, link.succ) for link in order.links if link.kind is not LinkKind.REWORK)
    flow.add_nodes_from(task.op_key for task in order.tasks)
    final = {task.op_key for task in order.tasks if task.is_final}
    for task in order.tasks:
        assert task.op_key in final or nx.descendants(flow, task.op_key) & final


@FEW
@given(orders())
def test_when_every_task_passes_its_quantity_every_successor_can_do_its_own(order: BreakDown) -> None:
    planned = {task.op_key: task.quantity for task in order.tasks}
    inputs: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for link in order.links:
        if link.kind is not LinkKind.REWORK:
            inputs[link.succ][link.input_key] += Fraction(planned[link.pred]) * link.ratio
    for key, joined in inputs.items():
        assert min(floor(available) for available in joined.values()) >= planned[key]
    for link in order.links:
        if link.kind is LinkKind.REWORK:
            assert link.input_key in inputs[link.succ] or link.input_key == link.succ


@FEW
@given(structures(), quantities, days)
def test_needs_of_a_break_down_cover_the_exact_requirements(structure: Structure, amount: Fraction, on: date) -> None:
    routing = graph([Operation("o", "", Fraction(1), stations=(StationChoice("S"),))], [])
    order = break_down(structure, dict.fromkeys(structure.items, routing), ROOT, amount, on)
    taken = {need.item: need for need in order.needs}
    exact = requirements(structure, ROOT, amount, on, stop_at_supply=True)
    assert {need.item for need in exact} == set(taken)
    for need in exact:
        assert taken[need.item].quantity >= need.quantity
        assert taken[need.item].level <= need.level  # less where the deepest line only passes the item through
    assert order.content_hash == break_down(
        structure, dict.fromkeys(structure.items, routing), ROOT, amount, on
    ).content_hash  # fmt: skip
