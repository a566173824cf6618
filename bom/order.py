"""Topological order and loops of a graph given as a mapping (Kahn 1962)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def topological(nodes: Iterable[str], below: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """Return the nodes so that each comes before those below it, and the rest that a loop holds back."""
    waiting = dict.fromkeys(nodes, 0)
    for children in below.values():
        for child in children:
            waiting[child] += 1
    order = [node for node, count in waiting.items() if not count]
    for node in order:  # grows while it is walked
        for child in below.get(node, ()):
            waiting[child] -= 1
            if not waiting[child]:
                order.append(child)
    return order, [node for node, count in waiting.items() if count]


def loop_in(rest: Iterable[str], below: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return one closed path (first = last) among the nodes that `topological` held back."""
    held = set(rest)
    above = {child: node for node in below if node in held for child in below[node] if child in held}
    # Everything held back has somebody held back above it, so walking up must meet itself.
    walked: dict[str, None] = {}
    node = min(held)
    while node not in walked:
        walked[node] = None
        node = above[node]
    ring = list(walked)[list(walked).index(node) :]
    ring = [node, *reversed(ring)]
    return tuple(ring)


def path_down(
    start: str, goal: str, below: Mapping[str, Iterable[str]], place: Mapping[str, int] | None = None
) -> tuple[str, ...]:
    """Return a shortest path from start down to goal, both included, or ().

    `place`, when given, is the topological position of every node: what stands behind the goal is not walked.
    """
    came: dict[str, str] = {start: start}
    queue = [start]
    last = place[goal] if place and goal in place else None
    for node in queue:
        if node == goal:
            return _walk_back(came, start, goal)
        if place and last is not None and place.get(node, 0) > last:
            continue
        for child in below.get(node, ()):
            if child not in came:
                came[child] = node
                queue.append(child)
    return ()


def _walk_back(came: Mapping[str, str], start: str, goal: str) -> tuple[str, ...]:
    steps = [goal]
    while steps[-1] != start:
        steps.append(came[steps[-1]])
    return tuple(reversed(steps))


def reached(start: str, below: Mapping[str, Iterable[str]]) -> set[str]:
    """Return everything at or below start."""
    seen = {start}
    queue = [start]
    for node in queue:
        fresh = [child for child in below.get(node, ()) if child not in seen]
        seen.update(fresh)
        queue.extend(dict.fromkeys(fresh))
    return seen
