"""Which output a rope keeps, on the reference line and on four others: `python -m tests.bench.ropes`."""

from devices.line import Line, fitted, rope_rule, tried

HORIZON_S = 200_000.0
SEEDS = range(6)
LINES = {
    "reference": Line(),
    "bottleneck last": Line((48, 50, 47, 50, 60), bottleneck=4),
    "bottleneck second": Line((48, 60, 50, 47, 50), bottleneck=1),
    "short stops": Line(mttr_s=60, mtbf_s=720),
    "no stops": Line(mtbf_s=0, variation=0.5),
}


def main() -> None:
    """Print a row for each line: the rope of the sizing rule, and the fitted one."""
    for name, line in LINES.items():
        for word, trial in (("rule", tried(line, rope_rule(line), SEEDS, HORIZON_S)),
                            ("fitted", fitted(line, 0.98, SEEDS, HORIZON_S))):  # fmt: skip
            seen = trial.roped
            print(f"{name:18} {word:7} {trial.high:3}/{trial.low:<3} keeps {trial.kept:.1%} with {seen.mean_wip:.1f}"
                  f" pieces (free {trial.free.mean_wip:.0f}), {seen.switches_per_hour:.1f} switches/h,"
                  f" held {seen.held_share:.0%}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
