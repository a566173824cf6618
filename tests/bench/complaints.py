"""Complaint analysis over 200 000 units and 30 factors: ``python -m tests.bench.complaints``."""

import random
import time

from quality.complaint import causes

UNITS, FACTORS = 200_000, 30


def main() -> None:
    """Tell processor time and wall time of one analysis; every third factor is a lot with 400 levels."""
    rng = random.Random(1)
    factors = {at: [rng.randrange(400 if at % 3 == 0 else 20) for _ in range(UNITS)] for at in range(FACTORS)}
    bad = [rng.random() < (0.05 if factors[3][unit] == 5 else 0.01) for unit in range(UNITS)]
    cpu, wall = time.process_time(), time.perf_counter()
    found = causes(bad, factors)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    first = found.candidates[0]
    print(f"{found.singles_tried} levels and {found.pairs_tried} pairs tried over {UNITS} units x {FACTORS} factors")
    print(f"first {first.parts}, ratio {first.ratio:.2f} ({first.low:.2f} to {first.high:.2f})")
    print(f"processor {cpu:.2f} s, wall {wall:.2f} s")


if __name__ == "__main__":
    main()
