"""What is in a thing and where it went: a graph over units, lots and whatever else was made of something.

Each link says that a parent was made using a child. `backward` goes down into what was used, `forward` up to what
it went into, `affected` is everything a suspect thing can have reached. A thing reached on two ways stands once,
at its smallest depth; rework and splits may close circles. Everything is iterative, so depth costs no stack.

>>> fridge, compressor, copper = Node("unit", "F1"), Node("unit", "C7"), Node("lot", "CU-3")
>>> graph = Graph([Link(fridge, compressor), Link(compressor, copper, Decimal("1.2"))])
>>> [(step.id, depth) for step, depth in graph.backward(fridge).depths.items()]
[('F1', 0), ('C7', 1), ('CU-3', 2)]
>>> [node.id for node in graph.affected([copper]).nodes]
['CU-3', 'C7', 'F1']
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Node(NamedTuple):
    """One thing with a history: its kind (unit, lot, supplier_lot, pallet, ...) and its id or code."""

    kind: str
    id: int | str


@dataclass(frozen=True, slots=True)
class Link:
    """A parent that was made using a quantity of a child (material actual), by a task at a time when known."""

    parent: Node
    child: Node
    quantity: Decimal = Decimal(1)
    task: int | None = None
    at: datetime | None = None


class Direction(StrEnum):
    """Backward goes from the parent to what it was made of, forward from the child to what it went into."""

    BACKWARD = "backward"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class Trace:
    """What was reached: the smallest depth of each node (0 is a start), nearest first, and every link between them."""

    direction: Direction
    depths: Mapping[Node, int]
    links: tuple[Link, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, nearest first."""
        return tuple(self.depths)

    @property
    def starts(self) -> tuple[Node, ...]:
        """The nodes it began with."""
        return tuple(node for node, depth in self.depths.items() if depth == 0)

    def near(self, link: Link) -> Node:
        """The end of a link that is nearer to the start."""
        return link.parent if self.direction is Direction.BACKWARD else link.child

    def far(self, link: Link) -> Node:
        """The end of a link that is further from the start."""
        return link.child if self.direction is Direction.BACKWARD else link.parent


class Graph:
    """A genealogy over a fixed set of links; a node without links is a thing of which nothing is known yet."""

    def __init__(self, links: Iterable[Link]) -> None:
        """Index the links both ways."""
        self._below: dict[Node, list[Link]] = {}
        self._above: dict[Node, list[Link]] = {}
        for link in links:
            self._below.setdefault(link.parent, []).append(link)
            self._above.setdefault(link.child, []).append(link)

    def backward(self, node: Node, max_depth: int | None = None) -> Trace:
        """Everything that went into a node, down to `max_depth` links."""
        return self._walk([node], Direction.BACKWARD, max_depth)

    def forward(self, node: Node, max_depth: int | None = None) -> Trace:
        """Everything that a node went into, up to `max_depth` links."""
        return self._walk([node], Direction.FORWARD, max_depth)

    def affected(self, nodes: Iterable[Node]) -> Trace:
        """The suspect nodes and all that any of them went into: what has to be held."""
        return self._walk(nodes, Direction.FORWARD, None)

    def _walk(self, starts: Iterable[Node], direction: Direction, max_depth: int | None) -> Trace:
        backward = direction is Direction.BACKWARD
        index = self._below if backward else self._above
        depths = dict.fromkeys(starts, 0)
        links: list[Link] = []
        queue = list(depths)
        for node in queue:  # grows while it is read: breadth first
            depth = depths[node] + 1
            if max_depth is not None and depth > max_depth:
                break
            for link in index.get(node, ()):
                links.append(link)
                far = link.child if backward else link.parent
                if far not in depths:
                    depths[far] = depth
                    queue.append(far)
        return Trace(direction, depths, tuple(links))


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbours of one node that are shown as one: what they share, how many and which."""

    of: Node
    key: Hashable
    nodes: tuple[Node, ...]

    @property
    def count(self) -> int:
        """How many nodes stand behind the group."""
        return len(self.nodes)


@dataclass(frozen=True, slots=True)
class Folded:
    """A trace for a screen: the nodes and links shown, and groups in the place of too many neighbours."""

    depths: Mapping[Node, int]
    links: tuple[Link, ...]
    groups: tuple[Group, ...]


def folded(trace: Trace, group: Callable[[Node], Hashable], cap: int = 60) -> Folded:
    """The trace with the neighbours of a node beyond `cap` put into groups by key; grouped ones are not followed.

    A neighbour that is also reached another way stays in its group's count and is shown there as well.
    """
    onward: dict[Node, list[Link]] = {}
    for link in trace.links:
        onward.setdefault(trace.near(link), []).append(link)
    depths = dict.fromkeys(trace.starts, 0)
    links: list[Link] = []
    groups: list[Group] = []
    queue = list(depths)
    for node in queue:
        neighbours = dict.fromkeys(trace.far(link) for link in onward.get(node, ()))
        if len(neighbours) > cap:
            groups.extend(_grouped(node, neighbours, group))
            continue
        links.extend(onward.get(node, ()))
        fresh = [far for far in neighbours if far not in depths]
        depths.update(dict.fromkeys(fresh, depths[node] + 1))
        queue.extend(fresh)
    return Folded(depths, tuple(links), tuple(groups))


def _grouped(of: Node, nodes: Iterable[Node], group: Callable[[Node], Hashable]) -> list[Group]:
    members: dict[Hashable, list[Node]] = {}
    for node in nodes:
        members.setdefault(group(node), []).append(node)
    return [Group(of, key, tuple(inside)) for key, inside in members.items()]
