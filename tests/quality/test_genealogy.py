"""Tracing both ways through shared parts, splits, rework circles and long chains; folding for a screen."""

from decimal import Decimal

from quality.genealogy import Direction, Graph, Link, Node, folded


def unit(number: int) -> Node:
    return Node("unit", number)


def lot(name: str) -> Node:
    return Node("lot", name)


FRIDGE, OTHER, DOOR, COMPRESSOR = unit(1), unit(2), unit(3), unit(4)
COIL, FOAM = lot("COIL"), lot("FOAM")
LINKS = [
    Link(FRIDGE, DOOR),
    Link(FRIDGE, COMPRESSOR),
    Link(FRIDGE, FOAM, Decimal("3.2")),
    Link(DOOR, FOAM, Decimal("0.8")),
    Link(DOOR, COIL, Decimal("1.5")),
    Link(OTHER, FOAM, Decimal("3.2")),
]
GRAPH = Graph(LINKS)


def test_backward_is_what_went_in_at_the_smallest_depth() -> None:
    trace = GRAPH.backward(FRIDGE)
    assert trace.depths == {FRIDGE: 0, DOOR: 1, COMPRESSOR: 1, FOAM: 1, COIL: 2}
    assert set(trace.links) == set(LINKS[:5])
    assert (trace.direction, trace.starts) == (Direction.BACKWARD, (FRIDGE,))


def test_forward_is_where_it_went() -> None:
    trace = GRAPH.forward(FOAM)
    assert trace.depths == {FOAM: 0, FRIDGE: 1, DOOR: 1, OTHER: 1}
    assert GRAPH.forward(COMPRESSOR).nodes == (COMPRESSOR, FRIDGE)


def test_affected_holds_all_starts_once() -> None:
    assert set(GRAPH.affected([COIL, COMPRESSOR, COIL]).nodes) == {COIL, COMPRESSOR, DOOR, FRIDGE}
    assert GRAPH.affected([]).nodes == ()


def test_what_is_not_affected_stays_out() -> None:
    assert OTHER not in GRAPH.affected([COIL]).depths


def test_an_unfinished_or_unknown_unit_is_its_own_trace() -> None:
    trace = GRAPH.backward(unit(99))
    assert (trace.nodes, trace.links) == ((unit(99),), ())


def test_max_depth_ends_the_walk() -> None:
    assert GRAPH.backward(FRIDGE, max_depth=1).nodes == (FRIDGE, DOOR, COMPRESSOR, FOAM)
    assert GRAPH.backward(FRIDGE, max_depth=0).nodes == (FRIDGE,)


def test_a_split_and_a_merge_of_lots() -> None:
    graph = Graph(
        [Link(lot("A1"), lot("A")), Link(lot("A2"), lot("A")), Link(lot("M"), lot("A1")), Link(FRIDGE, lot("M"))]
    )
    assert graph.affected([lot("A")]).depths == {lot("A"): 0, lot("A1"): 1, lot("A2"): 1, lot("M"): 2, FRIDGE: 3}


def test_a_rework_circle_ends() -> None:
    graph = Graph([Link(FRIDGE, DOOR), Link(DOOR, FRIDGE), Link(DOOR, DOOR)])
    assert graph.backward(FRIDGE).depths == {FRIDGE: 0, DOOR: 1}
    assert len(graph.backward(FRIDGE).links) == 3


def test_a_chain_deeper_than_the_stack() -> None:
    graph = Graph(Link(unit(n), unit(n + 1)) for n in range(5000))
    assert graph.backward(unit(0)).depths[unit(5000)] == 5000


def test_too_many_neighbours_are_grouped_with_counts() -> None:
    graph = Graph([Link(unit(n), FOAM) for n in range(100)] + [Link(unit(500), unit(7))])
    shown = folded(graph.forward(FOAM), lambda node: int(node.id) // 40, cap=60)
    assert shown.depths == {FOAM: 0}
    assert [(group.of, group.key, group.count) for group in shown.groups] == [
        (FOAM, 0, 40),
        (FOAM, 1, 40),
        (FOAM, 2, 20),
    ]
    assert shown.groups[0].nodes[0] == unit(0)
    assert shown.links == ()


def test_as_many_neighbours_as_the_cap_stay_single() -> None:
    trace = Graph([Link(unit(n), FOAM) for n in range(60)]).forward(FOAM)
    shown = folded(trace, lambda node: node.kind, cap=60)
    assert (shown.depths, shown.links, shown.groups) == (trace.depths, trace.links, ())


def test_several_links_to_one_neighbour_count_once() -> None:
    trace = Graph([Link(FRIDGE, FOAM), Link(FRIDGE, FOAM), Link(FRIDGE, COIL)]).backward(FRIDGE)
    assert folded(trace, lambda node: node.kind, cap=2).groups == ()
    assert [group.count for group in folded(trace, lambda node: node.kind, cap=1).groups] == [2]
