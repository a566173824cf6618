"""A process graph as boxes and curves: layers from left to right, few crossings, rework drawn backwards.

Layers are the longest paths (Sugiyama's first step), pulled right towards their successors; rows are ordered by the
mean place of their neighbours (the barycentre rule).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from unicodedata import east_asian_width

WIDTH, HEIGHT, GAP_X, GAP_Y, EDGE = 176, 72, 64, 20, 12
_SWEEPS = 4


@dataclass(frozen=True)
class Box:
    """A task at its place, in pixels of the picture."""

    line: Any
    x: int
    y: int
    title: str


@dataclass(frozen=True)
class Curve:
    """A link: an SVG path, where its label stands, and whether it runs backwards (rework)."""

    link: Any
    path: str
    label_x: int
    label_y: int
    is_back: bool


@dataclass(frozen=True)
class Drawing:
    """The whole picture."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


def drawn(lines: list[Any], links: list[Any], name: Any) -> Drawing:
    """The picture of an order's tasks; ``name`` gives a task's name in the language of the request."""
    tasks = {line.task.id: line.task for line in lines}
    links = [link for link in links if link.pred_id in tasks and link.succ_id in tasks]
    forward = [link for link in links if not _is_back(link, tasks)]
    columns = _columns(tasks, forward)
    rows = _rows(columns, forward)
    places = {task: (columns[task] * (WIDTH + GAP_X) + EDGE, rows[task]) for task in tasks}
    boxes = tuple(Box(line, *places[line.task.id], short(name(line.task), 21)) for line in lines)
    curves = tuple(_curve(link, places, _is_back(link, tasks)) for link in links)
    width = max((x for x, _ in places.values()), default=0) + WIDTH + EDGE
    height = max((y for _, y in places.values()), default=0) + HEIGHT + EDGE + (24 if len(forward) < len(links) else 0)
    return Drawing(width, height, boxes, curves)


def short(text: str, units: int) -> str:
    """Text cut to a width; a Chinese character takes two units."""
    used = 0
    for at, letter in enumerate(text):
        used += 2 if east_asian_width(letter) in "WF" else 1
        if used > units:
            return text[: max(at - 1, 1)].rstrip() + "…"
    return text


def _is_back(link: Any, tasks: dict[int, Any]) -> bool:
    pred, succ = tasks[link.pred_id], tasks[link.succ_id]
    return (pred.sequence, pred.loop_no) >= (succ.sequence, succ.loop_no) or link.kind == "return"


def _columns(tasks: dict[int, Any], links: Iterable[Any]) -> dict[int, int]:
    into, out = defaultdict(list), defaultdict(list)
    for link in links:
        into[link.succ_id].append(link.pred_id)
        out[link.pred_id].append(link.succ_id)
    order = sorted(tasks, key=lambda task: (tasks[task].sequence, tasks[task].loop_no))
    column: dict[int, int] = {}
    for task in order:
        column[task] = 1 + max((column[pred] for pred in into[task]), default=-1)
    for task in reversed(order):
        column[task] = min((column[succ] for succ in out[task]), default=column[task] + 1) - 1
    left = min(column.values(), default=0)
    return {task: place - left for task, place in column.items()}


def _rows(columns: dict[int, int], links: Iterable[Any]) -> dict[int, int]:
    near: dict[int, list[int]] = defaultdict(list)
    for link in links:
        near[link.pred_id].append(link.succ_id)
        near[link.succ_id].append(link.pred_id)
    layers: dict[int, list[int]] = defaultdict(list)
    for task, column in columns.items():
        layers[column].append(task)
    place = {task: float(at) for layer in layers.values() for at, task in enumerate(layer)}
    numbers = sorted(layers)
    for sweep in range(_SWEEPS):
        for number in numbers if sweep % 2 else reversed(numbers):
            layers[number].sort(key=lambda task: _mean([place[other] for other in near[task]], place[task]))
            place.update((task, float(at)) for at, task in enumerate(layers[number]))
    tallest = max((len(layer) for layer in layers.values()), default=0)
    step = HEIGHT + GAP_Y
    return {
        task: EDGE + at * step + (tallest - len(layer)) * step // 2
        for layer in layers.values() for at, task in enumerate(layer)
    }  # fmt: skip


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _curve(link: Any, places: dict[int, tuple[int, int]], back: bool) -> Curve:
    (x1, y1), (x2, y2) = places[link.pred_id], places[link.succ_id]
    if back:
        return _under(link, x1 + WIDTH // 2, y1 + HEIGHT, x2 + WIDTH // 2, y2 + HEIGHT)
    x1, y1, y2 = x1 + WIDTH, y1 + HEIGHT // 2, y2 + HEIGHT // 2
    bend = max((x2 - x1) // 2, 24)
    path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2 - 7} {y2}"
    return Curve(link, path, (x1 + x2) // 2, (y1 + y2) // 2 - 5, False)


def _under(link: Any, x1: int, y1: int, x2: int, y2: int) -> Curve:
    """Rework runs under the boxes, back to where it begins again."""
    low = max(y1, y2) + 20
    return Curve(link, f"M{x1} {y1}C{x1} {low} {x2} {low} {x2} {y2 + 7}", (x1 + x2) // 2, low - 7, True)


__all__ = ["Box", "Curve", "Drawing", "drawn", "short"]
