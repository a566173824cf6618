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

from quality import attribute
from quality.errors import BadFile, BadSeries, QualityError
from quality.normality import anderson_darling
from quality.read_csv import Measurements, counts_and_sizes, read, singles, subgroups
from quality.rules import NAMES, NELSON, WESTERN_ELECTRIC, Hit
from quality.spc import capability, i_mr, performance, xbar_r, xbar_s

REFUSED, USAGE = 1, 2
CHARTS: Final = ("xbar-r", "xbar-s", "i-mr", "p", "np", "c", "u")
RULES: Final = {"nelson": NELSON, "western-electric": WESTERN_ELECTRIC}


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
    spc.add_argument("--chart", required=True, choices=CHARTS)
    spc.add_argument("--rules", choices=RULES, default="nelson")
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
    rules = RULES[options.rules]
    if options.chart in ("p", "np", "c", "u"):
        told = _attribute(options, data, rules)
    else:
        told = _variable(options, data, rules)
    return json.dumps(told) if options.json else _lines(told)


def _attribute(options: argparse.Namespace, data: Measurements, rules: Sequence[int]) -> dict[str, Any]:
    """One column of counts, and for p, np and u a second one with the size of each sample."""
    counts, sizes = counts_and_sizes(data, needs_sizes=options.chart != "c")
    if options.chart == "np" and len(set(sizes)) > 1:
        raise BadSeries(reason="unequal_subgroup", value=sizes[0])
    given = {"p": (counts, sizes), "np": (counts, sizes[0] if sizes else 0), "c": (counts,), "u": (counts, sizes)}
    chart = getattr(attribute, options.chart)(*given[options.chart], options.phase, rules)
    series = asdict(chart) | {"hits": _broken(chart.hits)}
    return {"chart": chart.kind, "points": len(chart.points), chart.kind: series}


def _variable(options: argparse.Namespace, data: Measurements, rules: Sequence[int]) -> dict[str, Any]:
    groups = [(value,) for value in singles(data)] if options.chart == "i-mr" else list(subgroups(data))
    values = [value for group in groups for value in group]
    if options.chart == "i-mr":
        chart = i_mr(values, options.phase, rules)
    else:
        chart = (xbar_s if options.chart == "xbar-s" else xbar_r)(groups, options.phase, rules)
    able = capability(chart.main.centre, chart.sigma, options.lower, options.upper)
    shown = performance(values, options.lower, options.upper)
    fit = anderson_darling(values)
    told: dict[str, Any] = {"chart": chart.kind, "points": len(chart.main.points), "size": chart.size}
    told |= {"sigma": chart.sigma, "cp": able.cp, "cpk": able.cpk, "pp": shown.cp, "ppk": shown.cpk}
    told |= {"normality": asdict(fit) | {"is_normal": fit.is_normal} if fit else None}
    return told | {one.name: asdict(one) | {"hits": _broken(one.hits)} for one in (chart.main, chart.spread)}


def _broken(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """Hits for machines; positions of points count from 1, as on the chart."""
    return [{"rule": hit.rule, "first": hit.first + 1, "last": hit.last + 1} for hit in hits]


def _lines(told: dict[str, Any]) -> str:
    size = f", subgroups of {told['size']}, sigma {told['sigma']:.6g}" if "size" in told else ""
    lines = [f"{told['chart']}  {told['points']} points{size}"]
    for name, series in ((name, one) for name, one in told.items() if isinstance(one, dict) and "hits" in one):
        lines.append(f"{name:>2}  lower {_limits(series['lower'])}  centre {series['centre']:.6g}  "
                     f"upper {_limits(series['upper'])}")  # fmt: skip
        lines += [f"    point {hit['last']}: rule {hit['rule']}, {NAMES[hit['rule']]}" for hit in series["hits"]]
    indices = (("cp", "Cp"), ("cpk", "Cpk"), ("pp", "Pp"), ("ppk", "Ppk"))
    lines += [f"{name}  {told[key]:.3f}" for key, name in indices if told.get(key) is not None]
    if fit := told.get("normality"):
        word = "nothing speaks against normal values" if fit["is_normal"] else "the values are not normal"
        lines.append(f"normality  {word} (Anderson-Darling {fit['statistic']:.3f}, p {fit['p']:.3f})")
    return "\n".join(lines)


def _limits(limits: float | Sequence[float]) -> str:
    """One limit, or from the smallest to the largest when samples differ in size."""
    some = [limits] if isinstance(limits, float) else sorted(set(limits))
    return " to ".join(f"{limit:.6g}" for limit in dict.fromkeys((some[0], some[-1])))
