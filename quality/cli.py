"""The room on the command line: control charts of a CSV file.

Exit codes: 0 done, 1 refused (what is wrong is on stderr), 2 bad usage or no such file.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from quality.errors import BadFile, QualityError
from quality.read_csv import read, singles, subgroups
from quality.spc import Chart, Series, capability, i_mr, xbar_r

REFUSED, USAGE = 1, 2
RULES: Final = {
    1: "one point beyond a limit",
    2: "nine points on one side of the centre",
    3: "six points rising or falling",
    4: "fourteen points up and down by turns",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        print(_spc(options))
    except QualityError as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return REFUSED
    except UnicodeDecodeError:
        print(f"{options.file}: {BadFile(line=1, column=1, reason='not_utf8', value='')}", file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"{options.file}: {error.strerror}", file=sys.stderr)
        return USAGE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m quality", description="Control charts of measurements.")
    spc = parser.add_subparsers(required=True, metavar="COMMAND").add_parser("spc", help="limits, rules, capability")
    spc.add_argument("file", type=Path, metavar="FILE.csv")
    spc.add_argument("--chart", required=True, choices=("xbar-r", "i-mr"))
    spc.add_argument("--phase", type=int, metavar="N", help="limits from the first N points; default: all")
    spc.add_argument("--lower", type=_limit, metavar="LSL", help="specification limit, for Cp and Cpk")
    spc.add_argument("--upper", type=_limit, metavar="USL", help="specification limit, for Cp and Cpk")
    spc.add_argument("--json", action="store_true")
    return parser


def _limit(text: str) -> float:
    if not math.isfinite(limit := float(text)):
        raise argparse.ArgumentTypeError(f"{text!r} must be a finite number")
    return limit


def _spc(options: argparse.Namespace) -> str:
    data = read(options.file.read_text(encoding="utf-8"))
    is_xbar = options.chart == "xbar-r"
    chart = xbar_r(subgroups(data), options.phase) if is_xbar else i_mr(singles(data), options.phase)
    able = capability(chart.main.centre, chart.sigma, options.lower, options.upper)
    told: dict[str, Any] = {"chart": chart.kind, "points": len(chart.main.points), "size": chart.size}
    told |= {"sigma": chart.sigma, "cp": able.cp, "cpk": able.cpk}
    told |= {series.name: _told(series) for series in (chart.main, chart.spread)}
    return json.dumps(told) if options.json else _lines(chart, told)


def _told(series: Series) -> dict[str, Any]:
    """A series for machines; positions of points count from 1, as on the chart."""
    broken = [{"rule": hit.rule, "first": hit.first + 1, "last": hit.last + 1} for hit in series.hits]
    return asdict(series) | {"hits": broken}


def _lines(chart: Chart, told: dict[str, Any]) -> str:
    lines = [f"{chart.kind}  {told['points']} points, subgroups of {chart.size}, sigma {chart.sigma:.6g}"]
    for series in (chart.main, chart.spread):
        limits = f"lower {series.lower:.6g}  centre {series.centre:.6g}  upper {series.upper:.6g}"
        lines.append(f"{series.name:>2}  {limits}")
        lines += [f"    point {hit.last + 1}: rule {hit.rule}, {RULES[hit.rule]}" for hit in series.hits]
    lines += [f"{name}  {told[key]:.3f}" for key, name in (("cp", "Cp"), ("cpk", "Cpk")) if told[key] is not None]
    return "\n".join(lines)
