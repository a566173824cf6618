"""How well the forecast does over simulated days: completion errors at two hours, precision and recall of congestion.

``python -m tests.bench.forecasts [--days 30] [--runs 30]``. The truth is a course of the same kind of line with a
chance of its own; every two hours its state is taken, forecast, and compared with what then happened. The plain guess
beside it is remaining work divided by the average rate so far.
"""

import argparse
import math
import random
from dataclasses import replace
from statistics import fmean

from devices.forecast import Job, Live, Place, by_rate, course, forecast

CYCLES = (48.0, 50.0, 47.0, 60.0, 50.0)
STEP_S = 7200.0
LOT, WAITING, LIMIT = 20, 14, 30


class Plant:
    """Orders of a lot each through five stations in a row, as many waiting as there were at the start."""

    def __init__(self, seed: int) -> None:
        self.rng, self.made = random.Random(seed), 0
        places = tuple(Place(str(n), 1, 3600 * 4, 900, None, LIMIT) for n in range(len(CYCLES)))
        self.live = Live(places, (), 0.3)
        self.done: dict[str, float] = {}
        self.at = 0.0

    def fill(self) -> None:
        """Release orders until enough wait before the first station."""
        jobs = list(self.live.jobs)
        while len({job.order for job in jobs}) < WAITING:
            self.made += 1
            order = f"O{self.made}"
            for n, cycle in enumerate(CYCLES):
                before = ((f"{order}/{n - 1}", 0),) if n else ()
                pace = cycle * self.rng.uniform(0.8, 1.2)
                jobs.append(Job(f"{order}/{n}", order, str(n), LOT, pace, 0 if n else LOT, self.made, before))
        self.live = replace(self.live, jobs=tuple(jobs))


def main() -> None:
    """Print the two errors, their ratio, and precision and recall."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--share", type=float, default=0.3, help="told when at least so many of the runs congest")
    wish = parser.parse_args()
    plant = Plant(1)
    ours: list[float] = []
    plain: list[float] = []
    hits = false = missed = 0
    finished = 0
    for step in range(wish.days * 12):
        plant.fill()
        seen = forecast(plant.live, 2 * STEP_S, wish.runs, step)
        rates = {str(len(CYCLES) - 1): finished / plant.at} if finished else {}
        guess = by_rate(plant.live, rates)
        truth = course(plant.live, STEP_S, plant.rng)
        for order, at in truth.done_s.items():
            expected = seen.orders[order].at_s if order in seen.orders else 2 * STEP_S
            if order in guess:
                ours.append(abs(min(expected, 2 * STEP_S) - at))
                plain.append(abs(guess[order] - at))
        near = forecast(plant.live, STEP_S, wish.runs, step)
        already = {key for key, at in truth.over_s.items() if at == 0}
        told = {key for key, one in near.congestion.items() if one.share >= wish.share} - already
        happened = set(truth.over_s) - already
        hits, false, missed = hits + len(told & happened), false + len(told - happened), missed + len(happened - told)
        finished += LOT * len(truth.done_s)
        plant.at += STEP_S
        plant.live = truth.left
    print(f"{wish.days} days, {len(ours)} completions: error {fmean(ours) / 60:.1f} min, remaining work / rate "
          f"{fmean(plain) / 60:.1f} min, ratio {fmean(ours) / fmean(plain):.2f}")  # fmt: skip
    precision, recall = hits / max(1, hits + false), hits / max(1, hits + missed)
    print(f"congestion: {hits} told and happened, {false} told only, {missed} happened only; "
          f"precision {precision:.2f}, recall {recall:.2f}")  # fmt: skip
    assert not math.isnan(precision)


if __name__ == "__main__":
    main()
