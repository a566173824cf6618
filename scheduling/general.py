"""The general problem: priority search from two starts, in this process and beside it, OR-Tools on what is small."""

import time
from collections.abc import Callable
from typing import Any

from scheduling.cpsat import small
from scheduling.decode import Pins, decode
from scheduling.schedule import Schedule
from scheduling.search import PrioritySearch
from scheduling.searcher import PolishJob, SearchJob
from scheduling.shop import Shop
from scheduling.team import Team

POLISH_FROM = 0.3  # share of the time after which OR-Tools takes over what is small
RACE = 0.4  # share of the search in which both starts are tried


class General:
    """One search: what is known, who searches, and until when."""

    def __init__(
        self, shop: Shop, hunt: Any, pins: Pins, penalty: int, cancel: Callable[[], bool] | None, starts: list[Schedule]
    ) -> None:
        """`hunt` keeps the best; `starts` are schedules to begin from: carried over, and from scratch."""
        self.shop, self.hunt, self.pins, self.penalty, self.cancel = shop, hunt, pins, penalty, cancel
        self.starts = starts

    def improve(self, seconds: float, seed: int, workers: int, iterations: int | None) -> None:
        """Search for so many seconds, or so many tries in this process alone."""
        begun = time.monotonic()
        if iterations is not None:
            self._search(seed, Team(()), lambda tries: tries >= iterations, lambda tries: tries < iterations * RACE)
            return
        polished = small(self.shop, self.hunt.best_so_far)
        until = begun + seconds * (POLISH_FROM if polished else 1.0)
        race = begun + (until - begun) * RACE
        jobs = [self._job(seed + 1 + i, i, until - time.monotonic()) for i in range(workers - 1)] if seconds > 1 else []
        with Team(jobs, warm=polished) as team:
            self._search(seed, team, lambda _: time.monotonic() >= until, lambda _: time.monotonic() < race)
            left = begun + seconds - time.monotonic()
            if polished and left > 0 and not self._over():
                self._polish(team, seed, left, workers)
            self.hunt.notes += team.notes

    def _walk(self, start: Schedule, seed: int) -> PrioritySearch:
        return PrioritySearch(self.shop, start, self.pins, self.hunt.old, self.penalty, self.hunt.cap, seed)

    def _search(self, seed: int, team: Team, over: Callable[[int], bool], racing: Callable[[int], bool]) -> None:
        """All starts by turns while they race, then the best of them alone."""
        walks = [self._walk(start, seed + i) for i, start in enumerate(self.starts)]

        def stop(_: int) -> bool:
            self._listen(team.news(), "search")
            return over(sum(walk.tries for walk in walks)) or self._over()

        while len(walks) > 1 and racing(sum(walk.tries for walk in walks)) and not stop(0):
            for walk in walks:
                turn = walk.tries + 8
                walk.run(lambda tries, turn=turn: tries >= turn or stop(tries), self._offer)  # type: ignore[misc]
        best = min(walks, key=lambda walk: walk.worth)
        best.run(stop, self._offer)

    def _offer(self, made: Schedule) -> None:
        self.hunt.offer("search", made)

    def _job(self, seed: int, number: int, seconds: float) -> SearchJob:
        start = self.starts[(number + 1) % len(self.starts)]
        return SearchJob(
            self.shop.problem, list(start.start), list(start.resource), dict(self.pins), dict(self.hunt.old),
            self.penalty, self.hunt.cap, seed, seconds,
        )  # fmt: skip

    def _polish(self, team: Team, seed: int, seconds: float, workers: int) -> None:
        best, until = self.hunt.best_so_far, time.monotonic() + seconds
        team.give(
            PolishJob(
                self.shop.problem, list(best.start), list(best.resource), dict(best.frozen), seed, seconds, workers
            )
        )
        while team.working and time.monotonic() < until + 1 and not self._over():
            self._listen(team.news(0.05), "cp_sat")

    def _listen(self, news: Any, who: str) -> None:
        for kind, value in news:
            if kind == "found":
                starts, resources = value
                self.hunt.offer(who, decode(self.shop, starts, self.pins, choice=dict(enumerate(resources))))
            elif kind == "bound":
                self.hunt.raise_bound(value)

    def _over(self) -> bool:
        return not self.hunt.open or (self.cancel is not None and self.cancel())
