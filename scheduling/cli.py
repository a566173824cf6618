"""The room on the command line: solve, replan, verify, explain, compare, bench and generate, from files alone.

Exit codes: 0 done, 1 refused or rules broken (what is wrong is on standard error), 2 bad usage or no such file.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from scheduling import cli_more, json_form
from scheduling.compare import compare
from scheduling.document import document, plan_in, problem_in, read
from scheduling.errors import InvalidJson, SchedulingError
from scheduling.explain import explain
from scheduling.explain_words import words
from scheduling.generate import generate
from scheduling.instances import read_flexible, read_job_shop
from scheduling.plot import chart
from scheduling.problem import Problem
from scheduling.progress import Progress
from scheduling.solve import solve
from scheduling.verify import verify

REFUSED, USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except SchedulingError as error:
        print(f"refused ({error.code}): {error}", file=sys.stderr)
        return REFUSED
    except UnicodeDecodeError as error:
        print(f"refused (not_text): byte {error.start} is not UTF-8", file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scheduling", description="Plan a shop, check and explain plans.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    plan = _command(commands, "solve", _solve, "plan a problem or a benchmark instance")
    plan.add_argument("file", type=Path, metavar="FILE")
    _format(plan)
    plan.add_argument("--seconds", type=_seconds, default=0.0, metavar="S", help="for the search; default: rules only")
    plan.add_argument("--workers", type=_count, default=None, metavar="W", help="default: all cores of this machine")
    plan.add_argument("--plot", type=Path, metavar="FILE.svg", help="progress and plan as a drawing")
    plan.add_argument("--seed", type=int, default=0, metavar="N")
    plan.add_argument("--out", type=Path, metavar="OUT.json", help="default: standard output")
    plan.add_argument("--quiet", action="store_true", help="no progress on standard error")
    check = _command(commands, "verify", _verify, "check a plan against its problem")
    check.add_argument("file", type=Path, metavar="FILE")
    check.add_argument("plan", type=Path, metavar="PLAN.json")
    _format(check)
    why = _command(commands, "explain", _explain, "why an order is late, in parts that add up to its lateness")
    why.add_argument("plan", type=Path, metavar="PLAN.json")
    why.add_argument("--order", required=True, metavar="ID")
    why.add_argument("--problem", type=Path, metavar="FILE.json", help="when the plan does not carry its problem")
    two = _command(commands, "compare", _compare, "late orders, moves and shifts between two plans")
    two.add_argument("before", type=Path, metavar="A.json")
    two.add_argument("after", type=Path, metavar="B.json")
    cli_more.add(commands, _replan, cli_more.run_bench)
    made = _command(commands, "generate", _generate, "make a realistic problem from a seed")
    made.add_argument("--orders", type=_count, required=True, metavar="N")
    made.add_argument("--seed", type=int, default=0, metavar="S")
    made.add_argument("--out", type=Path, metavar="FILE.json", help="default: standard output")
    return parser


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words)
    parser.set_defaults(run=run)
    return parser


def _format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("json", "jsplib", "fjsp"), default="json")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError("must lie between 0 and 86400")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _problem(path: Path, form: str, quiet: bool = False) -> Problem:
    text = path.read_text(encoding="utf-8")
    if form == "jsplib":
        return read_job_shop(text)
    if form == "json":
        return Problem.from_json(text)
    problem, base = read_flexible(text)
    if not quiet:
        print(f"machines counted from {base}", file=sys.stderr)
    return problem


def _solve(options: argparse.Namespace) -> int:
    begun = time.monotonic()
    problem = _problem(options.file, options.format, options.quiet)
    stop = _Interrupt()
    steps: list[Progress] = []

    def progress(step: Progress) -> None:
        steps.append(step)
        if not options.quiet:
            print(cli_more.told(step), file=sys.stderr)

    result = solve(
        problem, options.seed, options.seconds, cancel=stop, workers=options.workers, on_progress=progress
    )  # fmt: skip
    for note in result.notes if not options.quiet else ():
        print(f"note: {note}", file=sys.stderr)
    if options.plot is not None:
        options.plot.write_text(chart(problem, result.plan, steps, time.monotonic() - begun), encoding="utf-8")
    out = document(problem, result, time.monotonic() - begun, options.format == "json")
    _write(json.dumps(out, ensure_ascii=False), options.out)
    return 0


class _Interrupt:
    """The first Ctrl-C asks the search for its best plan so far, the second one ends the program."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def __call__(self) -> bool:
        return self.asked


def _replan(options: argparse.Namespace) -> int:
    _write(cli_more.run_replan(options, _Interrupt()), options.out)
    return 0


def _verify(options: argparse.Namespace) -> int:
    problem = _problem(options.file, options.format)
    data = read(options.plan.read_text(encoding="utf-8"))
    violations = verify(problem, plan_in(data, problem), thawed=[str(name) for name in data.get("thawed", ())])
    for violation in violations:
        at = "" if violation.tick is None else f" at {violation.tick}"
        print(f"{violation.code}: {', '.join(violation.objects)}{at}", file=sys.stderr)
    if not violations:
        print(f"{len(problem.tasks)} tasks, every rule holds")
    return REFUSED if violations else 0


def _explain(options: argparse.Namespace) -> int:
    data = read(options.plan.read_text(encoding="utf-8"))
    problem = problem_in(data) if options.problem is None else _problem(options.problem, "json")
    if problem is None:
        raise InvalidJson(path="$.problem", expected="the problem in the plan, or --problem")
    parts = explain(problem, plan_in(data, problem), options.order)
    late = sum(part.ticks for part in parts)
    print(f"order {options.order}: {late} ticks late" if late else f"order {options.order}: in time")
    for part in parts:
        print(f"{part.ticks:8d}  {words(part.tag, part.ref)}")
    return 0


def _compare(options: argparse.Namespace) -> int:
    before, after = (read(path.read_text(encoding="utf-8")) for path in (options.before, options.after))
    problem = problem_in(after)
    if problem is None:
        problem = problem_in(before)
    made = compare(plan_in(before, problem), plan_in(after, problem), problem)
    print(json.dumps(json_form.plain(made), indent=2, ensure_ascii=False))
    return 0


def _generate(options: argparse.Namespace) -> int:
    _write(generate(options.orders, options.seed).to_json(), options.out)
    return 0


def _write(text: str, path: Path | None) -> None:
    if path is None:
        print(text)
    else:
        path.write_text(text + "\n", encoding="utf-8")
