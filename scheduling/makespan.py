"""Makespan instances: tabu search here and in processes beside it, OR-Tools for those small enough to be proven."""

import time
from collections.abc import Callable
from typing import Any

from scheduling.chains import Chains, Order, load_bound, order_of
from scheduling.decode import decode
from scheduling.flexible import tabu_of
from scheduling.searcher import ChainsJob
from scheduling.shop import Shop
from scheduling.team import Team

PROVABLE = 130  # operations up to which OR-Tools proves more within seconds than tabu search finds
PROOF_FROM = 0.25  # share of the time after which it begins at the latest
PROOF_AFTER_S = 0.015  # seconds an operation after which it begins when there is much time


class Makespan:
    """One search: what is known, who searches, and until when."""

    def __init__(self, shop: Shop, chains: Chains, hunt: Any, cancel: Callable[[], bool] | None) -> None:
        """`hunt` keeps the best and hears of better ones."""
        self.shop, self.chains, self.hunt, self.cancel = shop, chains, hunt, cancel
        self.price = shop.problem.goal.makespan
        self.order = order_of(chains, hunt.best_so_far)
        self.length = max(hunt.best_so_far.end) - shop.now
        self._raise(load_bound(chains))

    def improve(self, seconds: float, seed: int, workers: int, iterations: int | None) -> None:
        """Search for so many seconds, or so many moves in this process alone."""
        begun = time.monotonic()
        if iterations is not None:
            self._search(seed, Team(()), lambda moves: moves >= iterations)
            return
        if self.chains.count <= PROVABLE:
            first = min(seconds * PROOF_FROM, self.chains.count * PROOF_AFTER_S)
            with Team(warm=True) as team:  # the cores belong to OR-Tools in a moment, so this process searches alone
                self._search(seed, team, lambda _: time.monotonic() >= begun + first)
                if not self._over():
                    self._prove(team, seed, begun + seconds, workers)
                self.hunt.notes += team.notes
            return
        until = begun + seconds
        with Team([self._job(seed + 1 + i, seconds) for i in range(workers - 1)]) as team:
            self._search(seed, team, lambda _: time.monotonic() >= until)
            self.hunt.notes += team.notes

    def _job(self, seed: int, seconds: float, workers: int = 0) -> ChainsJob:
        return ChainsJob(self.chains, self.order, self.length, self.bound, seed, seconds, workers)

    def _search(self, seed: int, team: Team, over: Callable[[int], bool]) -> None:
        def stop(moves: int) -> bool:
            self._listen(team.news())
            return over(moves) or self._over()

        search = tabu_of(self.chains, self.order, seed, lambda _, order: self._take("tabu", order))
        search.run(stop, self.bound)
        while team.working and team.waiting is None and not stop(0):  # this process found no move at all
            self._listen(team.news(0.1))

    def _prove(self, team: Team, seed: int, until: float, workers: int) -> None:
        team.give(self._job(seed, until - time.monotonic(), workers))
        while team.working and time.monotonic() < until and not self._over():
            self._listen(team.news(0.1), "cp_sat")

    def _listen(self, news: Any, who: str = "tabu") -> None:
        for kind, value in news:
            if kind == "found":
                self._take(who, value)
            elif kind == "bound":
                self._raise(value)

    def _raise(self, bound: int) -> None:
        self.hunt.raise_bound(bound * self.price)
        self.bound = self.hunt.bound // self.price

    def _over(self) -> bool:
        return self.length <= self.bound or (self.cancel is not None and self.cancel())

    def _take(self, who: str, order: Order) -> None:
        """An order of work becomes a schedule by the decoder, as everything does."""
        graph = tabu_of(self.chains, order, 0, lambda _, __: None)
        if graph.length >= self.length:
            return
        starts = [graph.end[x] - graph.ticks[x] for x in range(self.chains.count)]
        choice = {x: machine for machine, row in enumerate(order) for x in row}
        if self.hunt.offer(who, decode(self.shop, starts, choice=choice)):
            self.length, self.order = max(self.hunt.best_so_far.end) - self.shop.now, order
