"""A search and its plan as one SVG: best and bound over time above, the resources with their work below."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.progress import Progress

WIDTH, LEFT, TOP, CURVE, ROW = 1000, 90, 24, 180, 18
COLOURS = ("#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377", "#888888")


def chart(problem: Problem, plan: Plan, steps: Sequence[Progress], seconds: float) -> str:
    """The whole drawing as text; it needs no script and no font of its own."""
    height = TOP + CURVE + 50 + ROW * len(problem.resources) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="11"><rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    ]
    parts += _curves(steps, seconds)
    parts += _rows(problem, plan, TOP + CURVE + 50)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _curves(steps: Sequence[Progress], seconds: float) -> list[str]:
    """Best and bound as steps over the seconds of the search."""
    if not steps:
        return [f'<text x="{LEFT}" y="{TOP}">no search</text>']
    span, most = max(seconds, steps[-1].seconds, 0.001), max(step.cost for step in steps)
    least = min(*(step.lower_bound for step in steps), most - 1)

    def x(at: float) -> float:
        return round(LEFT + (WIDTH - LEFT - 20) * at / span, 1)

    def y(cost: int) -> float:
        return round(TOP + CURVE * (most - cost) / (most - least), 1)

    out = []
    for name, colour in (("cost", "#4477aa"), ("lower_bound", "#228833")):
        points, before = list[str](), None
        for step in steps:
            value = y(getattr(step, name))
            points += [] if before is None else [f"{x(step.seconds)},{before}"]
            points.append(f"{x(step.seconds)},{value}")
            before = value
        points.append(f"{x(span)},{before}")
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(points)}"/>')
    last = steps[-1]
    out.append(f'<text x="4" y="{y(most) + 4}">{most}</text><text x="4" y="{y(least) + 4}">{least}</text>')
    told = f"best {last.cost}, bound {last.lower_bound}, gap {100 * last.gap:.1f} %, {span:.1f} s"
    return [*out, f'<text x="{LEFT}" y="{TOP - 8}">{told}</text>']


def _rows(problem: Problem, plan: Plan, top: int) -> list[str]:
    """One line a resource, one bar a task, coloured by order."""
    begin = min([row.start for row in plan.assignments], default=problem.now)
    end = max([row.end for row in plan.assignments] + [begin + 1])
    scale = (WIDTH - LEFT - 20) / (end - begin)
    place = {resource.id: top + ROW * i for i, resource in enumerate(problem.resources)}
    colour = {order.id: COLOURS[i % len(COLOURS)] for i, order in enumerate(problem.orders)}
    out = [f'<text x="4" y="{y + 12}">{escape(name[:14])}</text>' for name, y in place.items()]
    for row in plan.assignments:
        fill, width = colour[problem.task_by_id[row.task].order], max(1.0, (row.end - row.start) * scale)
        out.append(
            f'<rect x="{LEFT + (row.start - begin) * scale:.1f}" y="{place[row.resource] + 2}" width="{width:.1f}" '
            f'height="{ROW - 4}" fill="{fill}" stroke="#ffffff" stroke-width="0.5">'
            f"<title>{escape(row.task)} {row.start}-{row.end}</title></rect>"
        )
    return out
