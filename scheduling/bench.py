"""Gaps to the best known makespans on a folder of public instances, with PyJobShop beside it on request.

The folder holds `manifest.json`: a list of {"name", "kind": "jsp" | "fjsp", "file", "upper"}.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scheduling.errors import InvalidJson
from scheduling.instances import read_flexible, read_job_shop
from scheduling.problem import Problem
from scheduling.solve import solve

JOB_SHOPS = ("ft10", "la21", "la29", "la36", "la40", "ta01", "ta11", "ta21", "ta31", "ta41")
FLEXIBLE = (
    *(f"mk{i:02d}" for i in range(1, 11)),
    "r-la21", "dpp01", "dpp02", "dpp03", "dpp05", "dpp06",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One instance: the best known, ours and the peer's mean over the seeds, gaps in per cent."""

    name: str
    best: int
    ours: float
    bound: int
    peer: float | None

    @property
    def gap(self) -> float:
        """Ours above the best known."""
        return 100 * (self.ours / self.best - 1)

    @property
    def peer_gap(self) -> float | None:
        """The peer's above the best known."""
        return None if self.peer is None else 100 * (self.peer / self.best - 1)


def instances(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, int, Problem]]:
    """(name, best known, problem) in the order of the names; a file listed twice counts by its first entry."""
    rows = _manifest(folder)
    for name in names:
        if name not in rows:
            raise InvalidJson(path=f"$.{name}", expected=f"an instance in {folder / 'manifest.json'}")
        row = rows[name]
        text = (folder / row["file"]).read_text(encoding="utf-8")
        yield name, int(row["upper"]), read_job_shop(text) if row["kind"] == "jsp" else read_flexible(text)[0]


def _manifest(folder: Path) -> dict[str, dict[str, Any]]:
    data = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = {}
    for row in data:
        if not any(one["file"] == row["file"] for one in found.values()):
            found[row["name"]] = row
    return found


def measure(
    problem: Problem, name: str, best: int, seconds: float, workers: int, seeds: Sequence[int], peer: bool
) -> Line:
    """Solve one instance with every seed, the peer right behind with the same time."""
    ours, bound, theirs = [], 0, []
    for seed in seeds:
        result = solve(problem, seed, budget_s=seconds, workers=workers)
        ours.append(result.objective.makespan)
        bound = max(bound, result.lower_bound)
        if peer:
            theirs.append(peer_makespan(problem, seconds, workers, seed))
    return Line(name, best, sum(ours) / len(ours), bound, sum(theirs) / len(theirs) if peer else None)


def peer_makespan(problem: Problem, seconds: float, workers: int, seed: int) -> float:
    """What PyJobShop (a development dependency) makes of the instance in the same wall time, building included."""
    from pyjobshop import Model

    begun, model = time.monotonic(), Model()
    machines = {resource.id: model.add_machine() for resource in problem.resources}
    jobs = {order.id: model.add_job() for order in problem.orders}
    tasks = {}
    for task in problem.tasks:
        tasks[task.id] = model.add_task(job=jobs[task.order])
        for mode in task.modes:
            model.add_mode(tasks[task.id], machines[mode.resource], mode.ticks)
    for link in problem.links:
        model.add_end_before_start(tasks[link.pred], tasks[link.succ])
    left = max(0.1, seconds - (time.monotonic() - begun))
    found = model.solve(solver="ortools", time_limit=left, num_workers=workers, display=False, random_seed=seed)
    return float(found.objective)


def head(peer: bool) -> str:
    """The titles of the table."""
    return f"{'instance':10} {'best':>7} {'ours':>9} {'gap %':>7} {'bound':>7}" + (
        f" {'peer':>9} {'gap %':>7}" if peer else ""
    )


def told(line: Line) -> str:
    """One line of the table."""
    text = f"{line.name:10} {line.best:7d} {line.ours:9.1f} {line.gap:7.2f} {line.bound:7d}"
    return text if line.peer is None else f"{text} {line.peer:9.1f} {line.peer_gap:7.2f}"


def summary(lines: Sequence[Line]) -> str:
    """Mean gaps, their ratio, and the instance on which the peer is furthest ahead."""
    if not lines:
        return "no instances"
    mean = sum(line.gap for line in lines) / len(lines)
    gaps = [(line.gap - line.peer_gap, line.name) for line in lines if line.peer_gap is not None]
    if not gaps:
        return f"mean gap {mean:.2f} %"
    theirs = sum(line.peer_gap or 0.0 for line in lines) / len(lines)
    ratio = f"{mean / theirs:.2f}" if theirs else "-"
    worst, name = max(gaps)
    return f"mean gap {mean:.2f} %, peer {theirs:.2f} %, ratio {ratio}; worst against the peer {worst:+.2f} on {name}"
