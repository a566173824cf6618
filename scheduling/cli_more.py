"""Commands that plan again and measure: replan and bench."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from scheduling import bench, json_form
from scheduling.advance import advance
from scheduling.document import document, plan_in, problem_in, read
from scheduling.errors import InvalidJson
from scheduling.events import read_events
from scheduling.progress import Progress
from scheduling.replan import Offer, replan
from scheduling.solve import Cancel, Result


def told(step: Progress) -> str:
    """One line of progress."""
    late = f"  late {step.late_orders} (at least {step.late_bound})" if step.late_orders else ""
    return (
        f"{step.seconds:8.2f} s  best {step.cost}  bound {step.lower_bound}  gap {100 * step.gap:.1f} %{late}"
        f"  by {step.found_by}"
    )


def run_replan(options: argparse.Namespace, stop: Cancel) -> str:
    """The three plans after an event as one JSON text; the repaired one is told as soon as it is there."""
    begun = time.monotonic()
    data = read(options.file.read_text(encoding="utf-8"))
    problem = problem_in(data)
    if problem is None:
        raise InvalidJson(path="$.problem", expected="the problem in the plan")
    plan = plan_in(data, problem)
    now, events = read_events(options.event.read_text(encoding="utf-8"))
    if now is not None:
        problem = advance(problem, plan, now)
    for event in events:
        problem = event.apply(problem)
    freeze = problem.now + options.freeze

    def repaired(result: Result) -> None:
        if not options.quiet:
            seconds = time.monotonic() - begun
            print(f"{seconds:8.3f} s  repaired, cost {result.objective.cost}", file=sys.stderr)

    def progress(step: Progress) -> None:
        print(told(step), file=sys.stderr)

    made = replan(
        problem, plan, freeze, options.seconds, options.seed, repaired, None if options.quiet else progress, stop,
        options.workers,
    )  # fmt: skip
    seconds = time.monotonic() - begun
    chosen = {offer.name: offer for offer in made.offers}[options.choose]
    out = document(problem, chosen.result, seconds, True)
    out["chosen"] = chosen.name
    out["repaired"] = {"objective": made.repaired.objective.cost, "thawed": list(made.repaired.thawed)}
    out["offers"] = {offer.name: _offer(offer) for offer in made.offers}
    return json.dumps(out, ensure_ascii=False)


def _offer(offer: Offer) -> dict[str, Any]:
    change = offer.change
    return {
        "objective": offer.result.objective.cost,
        "parts": json_form.plain(offer.result.objective),
        "late_orders": len(change.late_after),
        "moved_tasks": change.moved_tasks,
        "resource_changes": change.resource_changes,
        "mean_shift": change.mean_shift,
    }


def run_bench(options: argparse.Namespace) -> int:
    """The gap table on standard output, line by line as it is measured."""
    names = options.only.split(",") if options.only else [*bench.JOB_SHOPS, *bench.FLEXIBLE]
    if not options.data.is_dir():
        print(f"{options.data}: no such folder", file=sys.stderr)
        return 2
    if options.peer and not _peer_there():
        return 2
    seeds = [int(word) for word in options.seeds.split(",")]
    print(bench.head(options.peer), flush=True)
    lines: dict[str, list[bench.Line]] = {}
    for name, best, problem in bench.instances(options.data, names):
        line = bench.measure(problem, name, best, options.seconds, options.workers, seeds, options.peer)
        kind = "flexible" if any(len(task.modes) > 1 for task in problem.tasks) else "job shop"
        lines.setdefault(kind, []).append(line)
        print(bench.told(line), flush=True)
    for kind, found in lines.items():
        print(f"{kind}: {bench.summary(found)}")
    return 0


def _peer_there() -> bool:
    try:
        import pyjobshop  # noqa: F401
    except ImportError:
        print("--peer needs PyJobShop: install requirements-dev.txt", file=sys.stderr)
        return False
    return True


def add(commands: Any, replan_command: Any, bench_command: Any) -> None:
    """Put both commands into a parser."""
    again: argparse.ArgumentParser = commands.add_parser("replan", help="three plans after an event")
    again.set_defaults(run=replan_command)
    again.add_argument("file", type=Path, metavar="PLAN.json", help="a plan that carries its problem")
    again.add_argument("--event", type=Path, required=True, metavar="EVENT.json")
    again.add_argument("--freeze", type=int, default=0, metavar="TICKS", help="what starts so soon stays")
    again.add_argument("--choose", choices=("calm", "balanced", "best"), default="balanced")
    again.add_argument("--out", type=Path, metavar="OUT.json", help="default: standard output")
    again.add_argument("--quiet", action="store_true", help="no progress on standard error")
    table: argparse.ArgumentParser = commands.add_parser("bench", help="gaps on public instances")
    table.set_defaults(run=bench_command)
    table.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder with manifest.json")
    table.add_argument("--only", metavar="A,B", help="names; default: the published table")
    table.add_argument("--seeds", default="1", metavar="1,2,3")
    table.add_argument("--peer", action="store_true", help="PyJobShop beside it, same time, same run")
    for parser, seconds in ((again, 2.0), (table, 10.0)):
        parser.add_argument("--seconds", type=float, default=seconds, metavar="S")
        parser.add_argument("--workers", type=int, default=2 if parser is table else None, metavar="W")
    again.add_argument("--seed", type=int, default=0, metavar="N")
