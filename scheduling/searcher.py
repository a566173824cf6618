"""A searching process of its own: `python -m scheduling.searcher FD` gets a job over a socket and tells what it finds.

It ends when its time is over, when told to, or when the process that started it is gone.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from scheduling.chains import Chains, Order
from scheduling.decode import decode
from scheduling.flexible import tabu_of
from scheduling.problem import Problem
from scheduling.schedule import Schedule
from scheduling.search import PrioritySearch
from scheduling.shop import Shop

Tell = Callable[[str, Any], None]
Stop = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class ChainsJob:
    """A makespan instance to search from an order of work; with `workers` CP-SAT does it, else tabu search."""

    chains: Chains
    start: Order
    length: int
    bound: int
    seed: int
    seconds: float
    workers: int = 0

    def run(self, tell: Tell, stop: Stop) -> None:
        """Tell ("found", order) and ("bound", ticks)."""
        if self.workers:
            from scheduling.chains_cp import prove

            prove(self.chains, self.start, self.length, self.bound, self.seed, self.seconds, self.workers, tell, stop)
            return
        search = tabu_of(self.chains, self.start, self.seed, lambda _, order: tell("found", order))
        search.run(stop, self.bound)


@dataclass(frozen=True, slots=True)
class SearchJob:
    """Priority search from a plan given by starts and resources of its tasks by number."""

    problem: Problem
    starts: list[int]
    resources: list[int]
    pins: dict[int, tuple[int, int]]
    old: dict[int, tuple[int, int]]
    penalty: int
    most_changed: int | None
    seed: int
    seconds: float

    def run(self, tell: Tell, stop: Stop) -> None:
        """Tell ("found", (starts, resources))."""
        shop = Shop(self.problem)
        start = decode(shop, self.starts, self.pins, choice=dict(enumerate(self.resources)))
        walk = PrioritySearch(shop, start, self.pins, self.old, self.penalty, self.most_changed, self.seed)
        walk.run(stop, lambda made: tell("found", (made.start, made.resource)))


@dataclass(frozen=True, slots=True)
class PolishJob:
    """OR-Tools on the free tasks of a small problem, from a plan given by starts and resources."""

    problem: Problem
    starts: list[int]
    resources: list[int]
    pins: dict[int, tuple[int, int]]
    seed: int
    seconds: float
    workers: int

    def run(self, tell: Tell, stop: Stop) -> None:
        """Tell ("found", (starts, resources)) and ("bound", cost)."""
        from scheduling.cpsat import polish

        shop = Shop(self.problem)
        start = decode(shop, self.starts, self.pins, choice=dict(enumerate(self.resources)))

        def offer(_: str, made: Schedule) -> bool:
            tell("found", (made.start, made.resource))
            return True

        bound = polish(shop, start, offer, self.seconds, self.seed, self.workers, lambda: stop(0))
        tell("bound", bound)


def serve(connection: Connection) -> None:
    """Do one job; everything told goes back over the connection."""
    job = connection.recv()
    until = time.monotonic() + job.seconds

    def tell(kind: str, value: Any) -> None:
        connection.send((kind, value))

    def stop(_: int) -> bool:
        return time.monotonic() >= until or connection.poll()

    job.run(tell, stop)
    tell("done", None)


if __name__ == "__main__":
    if sys.argv[2:] == ["warm"]:
        from ortools.sat.python import cp_model  # noqa: F401  (takes longer than many a search)
    try:
        serve(Connection(int(sys.argv[1])))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise SystemExit(0) from None
