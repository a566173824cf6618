"""Re-planning: event to repaired and verified plan, what two seconds gain, the calm plan, and memory.

    python -m tests.bench.scheduling [--seeds 1,2,3] [--long 60] [--workers 2]

The gap tables of public instances come from `python -m scheduling bench --data DIR --seeds 1,2,3 --peer`.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections import Counter
from statistics import median

from scheduling import Breakdown, Plan, Problem, advance, compare, repair, replan, solve, verify
from scheduling.generate import generate

SIZES = ((75, 500, 0.05), (305, 2000, 0.2), (770, 5000, 1.0), (1540, 10_000, 2.5))
DOWN_MIN, FREEZE_MIN = 960, 240


def case(orders: int, seed: int, at: float) -> tuple[Problem, Problem, Plan, Breakdown]:
    """A planned shop, the same at a later moment, its plan, and a breakdown of the busiest machine."""
    problem = generate(orders, seed)
    plan = solve(problem).plan
    now = int(max(row.end for row in plan.assignments) * at)
    work: Counter[str] = Counter()
    for row in plan.assignments:
        work[row.resource] += row.end - row.start
    return problem, advance(problem, plan, now), plan, Breakdown(work.most_common(1)[0][0], now, now + DOWN_MIN)


def repairs(seeds: list[int]) -> None:
    """Event → changed problem, repaired plan, verified by the independent checker as `repair` does; then once more."""
    for orders, tasks, limit in SIZES:
        clock, work = [], []
        for seed in seeds:
            _, later, plan, event = case(orders, seed, 0.0)
            for _ in range(3):
                begun, worked = time.perf_counter(), time.process_time()
                changed = event.apply(later)
                made = repair(changed, plan, changed.now + FREEZE_MIN)
                clock.append(time.perf_counter() - begun)
                work.append(time.process_time() - worked)
            assert not verify(changed, made.plan, thawed=made.thawed)
        print(
            f"repair {tasks:6d} tasks: {median(clock) * 1000:7.0f} ms, CPU {median(work) * 1000:.0f} ms, "
            f"best {min(work) * 1000:.0f} ms (reach {limit * 1000:.0f} ms)",
            flush=True,
        )


def two_seconds(seeds: list[int], long: float, workers: int) -> None:
    """2 000 tasks, busiest machine down at 30 per cent of the plan."""
    for seed in seeds:
        _, later, plan, event = case(305, seed, 0.3)
        changed = event.apply(later)
        freeze = changed.now + FREEZE_MIN
        free = repair(changed, plan, freeze, 0)
        short = solve(changed, seed, 2.0, plan, freeze_until=freeze, workers=workers).objective.cost
        full = solve(changed, seed, long, plan, freeze_until=freeze, workers=workers).objective.cost
        calm = replan(changed, plan, freeze, budget_s=8.0, seed=seed, workers=workers).calm
        moves = calm.change.resource_changes / max(1, compare(plan, free.plan).resource_changes)
        cost = free.objective.cost
        print(
            f"seed {seed}, {len(changed.tasks)} free or running: 2 s {100 * (short / cost - 1):+.1f} % of repair, "
            f"{short / full:.3f} x {long:.0f} s; calm {moves:.2f} of the machine changes at "
            f"{calm.result.objective.cost / cost:.3f} of the lateness",
            flush=True,
        )


def memory() -> None:
    """Largest resident memory of a process that plans and repairs 10 000 tasks without OR-Tools."""
    code = "from tests.bench.scheduling import one_large; one_large()"
    subprocess.run([sys.executable, "-c", code], check=True)


def one_large() -> None:
    """What `memory` runs by itself."""
    _, later, plan, event = case(1540, 1, 0.0)
    changed = event.apply(later)
    repair(changed, plan, changed.now + FREEZE_MIN)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory, {len(changed.tasks)} tasks: {peak:.0f} MB (reach 150 MB)", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--long", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    seeds = [int(word) for word in options.seeds.split(",")]
    repairs(seeds)
    memory()
    two_seconds(seeds, options.long, options.workers)


if __name__ == "__main__":
    main()
