"""What changed between two revisions: lines added and removed, and the cells of those that stayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

Cells = Mapping[str, str]
Alike = Callable[[Cells], tuple[str, ...]]


class LineChange(NamedTuple):
    """``kind`` is added, removed or changed; ``cells`` holds (before, after) by column, only those that differ."""

    kind: str
    child: str
    cells: Mapping[str, tuple[str, str]]


def differences(before: Iterable[Cells], after: Iterable[Cells], child: str = "component") -> tuple[LineChange, ...]:
    """Compare two lists of lines, in the order of the newer one and then what is gone.

    Lines of the same child belong together: first those that are used by the same operation, then as they follow
    each other. So a line that moved to another operation is a change, not one line gone and another come.
    """
    old, new = list(before), list(after)
    twin: dict[int, int] = {}
    likenesses: tuple[Alike, ...] = (
        lambda line: tuple(f"{name}={line[name]}" for name in sorted(line)),
        lambda line: (line[child], line.get("operation", "")),
        lambda line: (line[child],),
    )
    for alike in likenesses:
        _pair(old, new, twin, alike)
    found = []
    for at, line in enumerate(new):
        if at not in twin:
            found.append(LineChange("added", line[child], {name: ("", text) for name, text in line.items() if text}))
        elif cells := _changed(old[twin[at]], line):
            found.append(LineChange("changed", line[child], cells))
    kept = set(twin.values())
    gone = [line for at, line in enumerate(old) if at not in kept]
    return (
        *found,
        *(LineChange("removed", line[child], {name: (text, "") for name, text in line.items() if text})
          for line in gone),
    )  # fmt: skip


def _pair(old: list[Cells], new: list[Cells], twin: dict[int, int], alike: Alike) -> None:
    """Give each new line without a twin the first old one that is alike and has none."""
    taken = set(twin.values())
    waiting: dict[tuple[str, ...], list[int]] = {}
    for at, line in enumerate(old):
        if at not in taken:
            waiting.setdefault(alike(line), []).append(at)
    for at, line in enumerate(new):
        if at not in twin and (found := waiting.get(alike(line))):
            twin[at] = found.pop(0)


def _changed(old: Cells, new: Cells) -> dict[str, tuple[str, str]]:
    names = dict.fromkeys([*old, *new])
    return {name: (old.get(name, ""), new.get(name, "")) for name in names if old.get(name, "") != new.get(name, "")}
