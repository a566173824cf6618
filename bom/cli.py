"""The room on the command line: explode, needs of many demands, where-used and check of a CSV file.

Exit codes: 0 done, 1 refused (what is wrong is on stderr), 2 bad usage or no such file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

from bom.aggregate import aggregated
from bom.errors import BomError
from bom.explode import Need, requirements
from bom.read_csv import day, number, read, read_demands
from bom.where_used import where_used

REFUSED, USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        print(options.run(options))
    except BomError as error:
        print(f"{options.file}: refused", error, sep="\n", file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"{options.file}: {error.strerror}", file=sys.stderr)
        return USAGE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bom", description="Explode and check a bill of material.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    explode = commands.add_parser("explode", help="what an amount of an item needs")
    explode.add_argument("--quantity", required=True, type=_number, metavar="N")
    needs = commands.add_parser("needs", help="what many demands need together")
    used = commands.add_parser("where-used", help="everything above an item")
    check = commands.add_parser("check", help="say whether the file can stand")
    for command, run in ((explode, _explode), (needs, _aggregated), (used, _where_used), (check, _check)):
        command.add_argument("file", type=Path, metavar="FILE.csv")
        command.set_defaults(run=run)
    needs.add_argument("demands", type=Path, metavar="DEMANDS.csv", help="columns item, quantity")
    for command in (explode, used):
        command.add_argument("--item", required=True, metavar="X")
    for command in (explode, needs, used):
        command.add_argument("--date", type=_day, default=None, metavar="YYYY-MM-DD", help="default: today")
        command.add_argument("--json", action="store_true")
    return parser


def _number(text: str) -> Fraction:
    try:
        return number(text)
    except BomError as error:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above zero") from error


def _day(text: str) -> date:
    try:
        return day(text)
    except BomError as error:
        raise argparse.ArgumentTypeError(f"{text!r} must be a date, YYYY-MM-DD") from error


def _date(options: argparse.Namespace) -> date:
    chosen: date | None = options.date
    return chosen or datetime.now(UTC).astimezone().date()


def _explode(options: argparse.Namespace) -> str:
    return _listed(options, requirements(read(options.file), options.item, options.quantity, _date(options)))


def _aggregated(options: argparse.Namespace) -> str:
    return _listed(options, aggregated(read(options.file), read_demands(options.demands), _date(options)))


def _listed(options: argparse.Namespace, needs: Sequence[Need]) -> str:
    rows = [(need.item, need.level, digits(need.quantity)) for need in sorted(needs, key=lambda n: (n.level, n.item))]
    if options.json:
        return _array([f'{{"item": {_text(i)}, "level": {lv}, "quantity": {q}}}' for i, lv, q in rows])
    return _table(("level", "item", "quantity"), [(str(lv), i, q) for i, lv, q in rows])


def _where_used(options: argparse.Namespace) -> str:
    uses = sorted(where_used(read(options.file), options.item, _date(options)), key=lambda use: (use.level, use.item))
    if options.json:
        return _array([f'{{"item": {_text(use.item)}, "level": {use.level}}}' for use in uses])
    return _table(("level", "item"), [(str(use.level), use.item) for use in uses])


def _check(options: argparse.Namespace) -> str:
    structure = read(options.file)
    return f"{options.file}: {len(structure.lines)} lines, {len(structure.items)} items, no cycle"


def digits(quantity: Fraction) -> str:
    """Return the number with all its decimal digits; JSON's own writer would go through a float."""
    places = 0
    while (quantity * 10**places).denominator != 1:
        places += 1
    units = (quantity * 10**places).numerator
    text = str(abs(units)).rjust(places + 1, "0")
    whole, part = text[: len(text) - places], text[len(text) - places :]
    return ("-" if units < 0 else "") + whole + ("." + part if part else "")


def _text(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _array(rows: Sequence[str]) -> str:
    return "[\n  " + ",\n  ".join(rows) + "\n]" if rows else "[]"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                     for row in (head, *rows))  # fmt: skip
