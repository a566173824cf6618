"""Loops in a bill of material that really can happen: those with one date on which all their lines are valid.

Date ranges on one line that meet pairwise have a common day (Helly's theorem in one dimension),
and the first such day is the start of one of them. So it is enough to look at the starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from bom.lines import BomLine
from bom.order import loop_in, path_down, topological

Names = dict[str, list[str]]


def below(lines: Iterable[BomLine], on: date | None = None) -> Names:
    """Return the children of every parent, valid on the date or (None) at any time."""
    children: Names = {}
    for line in lines:
        if on is None or line.valid_on(on):
            children.setdefault(line.parent, []).append(line.child)
    return children


def first_loop(lines: Sequence[BomLine], rest: Iterable[str]) -> tuple[str, ...]:
    """Return a loop among `rest` whose lines share a date, or () when the dates keep them apart."""
    held = set(rest)
    inside = [line for line in lines if line.parent in held and line.child in held]
    for on in sorted({line.valid_from or date.min for line in inside}):
        children = below(inside, on)
        _, still = topological(held, children)
        if still:
            return loop_in(still, children)
    return ()


def closing_path(
    line: BomLine, lines: Sequence[BomLine], anytime: Mapping[str, Sequence[str]], place: Mapping[str, int], dated: bool
) -> tuple[str, ...]:
    """Return the loop that adding `line` would close (parent, child, ..., parent), or ().

    `anytime` are the children regardless of dates; `place` is the topological position of each
    item, empty when dates alone keep the structure free of loops; `dated` tells whether any line has a date.
    """
    if place and place.get(line.parent, -1) < place.get(line.child, -1):
        return ()  # nothing below the child can stand above it
    path = path_down(line.child, line.parent, anytime, place)
    if not path:
        return ()
    return _on_a_common_date(line, lines) if dated else (line.parent, *path)


def _on_a_common_date(line: BomLine, lines: Sequence[BomLine]) -> tuple[str, ...]:
    starts = {line.valid_from or date.min}
    starts.update(other.valid_from for other in lines if other.valid_from and line.valid_on(other.valid_from))
    for on in sorted(starts):
        path = path_down(line.child, line.parent, below(lines, on))
        if path:
            return (line.parent, *path)
    return ()
