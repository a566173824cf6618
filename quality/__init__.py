"""Quality: history, inspection, control charts, nonconformances and key figures, all pure.

    genealogy        what is in a thing and where it went: Graph.backward, .forward, .affected, folded for a screen
    inspection       limits and the verdict on a value; which disposition is allowed in which state
    nonconformance   open, contained, dispositioned, closed: one table of moves
    spc, attribute   control charts: X-bar and R or s, I-MR, p, np, c, u; Cp, Cpk, Pp, Ppk
    rules            Nelson's eight rules and those of Western Electric
    normality        Anderson and Darling's test
    complaint        what units with complaints share: ranked causes, corrected for the number tried
    sampling         ISO 2859-1: code letters, single plans, switching
    sampled          inspection of a sample: when it is due, its size, the values typed, its verdict
    kpi              key figures by the names of ISO 22400-2
    errors           what is refused, each with a code and named values

On a file: `python -m quality spc FILE.csv --chart xbar-r|xbar-s|i-mr|p|np|c|u [--json]`.

>>> from decimal import Decimal
>>> from quality import Characteristic, Graph, Link, Node, judge, xbar_r
>>> torque = Characteristic("torque", lower=Decimal("7.5"), upper=Decimal("8.5"), unit="Nm")
>>> judge(torque, "8.6", "Nm").reason
'above_upper'
>>> graph = Graph([Link(Node("unit", 1), Node("lot", 9)), Link(Node("unit", 2), Node("lot", 9))])
>>> [node.id for node in graph.affected([Node("lot", 9)]).nodes]
[9, 1, 2]
>>> chart = xbar_r([(8.0, 8.1), (7.9, 8.0), (8.1, 8.3)])
>>> f"{chart.main.lower:.3f} {chart.main.centre:.3f} {chart.main.upper:.3f}"
'7.816 8.067 8.317'
"""

from quality.complaint import Candidate, Finding, bands, causes
from quality.errors import QualityError
from quality.genealogy import Direction, Folded, Graph, Group, Link, Node, Trace, folded
from quality.inspection import (
    Characteristic,
    Disposition,
    Result,
    Scale,
    Verdict,
    allowed_dispositions,
    check_disposition,
    judge,
)
from quality.nonconformance import Move, State, allowed_moves, moved
from quality.rules import Hit, hits
from quality.spc import Capability, Chart, Series, capability, i_mr, xbar_r

__all__ = [
    "Candidate",
    "Capability",
    "Characteristic",
    "Chart",
    "Direction",
    "Disposition",
    "Finding",
    "Folded",
    "Graph",
    "Group",
    "Hit",
    "Link",
    "Move",
    "Node",
    "QualityError",
    "Result",
    "Scale",
    "Series",
    "State",
    "Trace",
    "Verdict",
    "allowed_dispositions",
    "allowed_moves",
    "bands",
    "capability",
    "causes",
    "check_disposition",
    "folded",
    "hits",
    "i_mr",
    "judge",
    "moved",
    "xbar_r",
]
