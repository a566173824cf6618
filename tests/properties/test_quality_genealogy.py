"""Properties of tracing on random links, circles included."""

from hypothesis import given, settings
from hypothesis import strategies as st

from quality.genealogy import Graph, Link, Node, folded

NODES = st.builds(Node, st.sampled_from(["unit", "lot"]), st.integers(0, 8))
LINKS = st.lists(st.builds(Link, NODES, NODES), max_size=25)


@settings(max_examples=200, deadline=None)
@given(LINKS, NODES)
def test_forward_of_backward_contains_the_start_and_the_other_way_round(links: list[Link], start: Node) -> None:
    graph = Graph(links)
    assert all(start in graph.forward(node).depths for node in graph.backward(start).nodes)
    assert all(start in graph.backward(node).depths for node in graph.forward(start).nodes)


@settings(max_examples=200, deadline=None)
@given(LINKS, st.lists(NODES, max_size=4))
def test_affected_is_the_union_of_forward(links: list[Link], starts: list[Node]) -> None:
    graph = Graph(links)
    union = {node for start in starts for node in graph.forward(start).nodes}
    assert set(graph.affected(starts).nodes) == union


@settings(max_examples=200, deadline=None)
@given(LINKS, NODES)
def test_depths_are_smallest_and_links_join_what_was_reached(links: list[Link], start: Node) -> None:
    trace = Graph(links).backward(start)
    assert list(trace.depths.values()) == sorted(trace.depths.values())
    for link in trace.links:
        assert trace.depths[trace.far(link)] <= trace.depths[trace.near(link)] + 1
    for node in trace.nodes[1:]:
        assert any(trace.far(k) == node and trace.depths[trace.near(k)] + 1 == trace.depths[node] for k in trace.links)


@settings(max_examples=200, deadline=None)
@given(LINKS, NODES, st.integers(0, 5))
def test_folding_hides_no_neighbour_of_what_it_shows(links: list[Link], start: Node, cap: int) -> None:
    trace = Graph(links).forward(start)
    shown = folded(trace, lambda node: node.kind, cap)
    behind = {node for group in shown.groups for node in group.nodes}
    for link in trace.links:
        if trace.near(link) in shown.depths:
            assert trace.far(link) in shown.depths or trace.far(link) in behind
    assert set(shown.depths) | behind <= set(trace.depths)
