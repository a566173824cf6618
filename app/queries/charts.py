"""Measured values as control charts: which characteristics there are, their newest points, limits and broken rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.errors import Invalid, NotFound
from app.events import Store
from app.models import Characteristic, ControlPlan, Item, Measurement, Operation, Report, Routing, Unit
from app.queries.trace_rows import Named
from quality import attribute
from quality.errors import BadSeries
from quality.normality import Normality, anderson_darling
from quality.rules import NELSON, WESTERN_ELECTRIC, Hit
from quality.spc import Capability, capability, i_mr, performance, xbar_r, xbar_s

KINDS = ("i-mr", "xbar-r", "xbar-s", "p", "np", "c", "u")
RULES = {"nelson": NELSON, "western-electric": WESTERN_ELECTRIC}
MOST = 1000
_M, _C, _R = Measurement.__table__, Characteristic.__table__, Report.__table__


@dataclass(frozen=True)
class Setting:
    """How a chart is drawn: its kind, subgroup, rules, from how many first points the limits come, how many values."""

    chart: str = "i-mr"
    size: int = 1
    rules: str = "nelson"
    phase: int | None = None
    count: int = 200


@dataclass(frozen=True)
class Listed:
    """A characteristic with what was measured of it."""

    id: int
    code: str
    name: Named
    operation: Named
    item: str
    unit: str | None
    lower: Decimal | None
    upper: Decimal | None
    values: int
    last_at: datetime | None


@dataclass(frozen=True)
class Point:
    """A measured value with what it was measured on."""

    id: int
    value: Decimal
    verdict: str
    at: datetime
    unit_id: int | None
    serial: str | None


@dataclass(frozen=True)
class Line:
    """One half of a chart: points, centre, limits of each point, the rules broken, and the values behind each point."""

    name: str
    points: tuple[float, ...]
    centre: float
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Drawn:
    """A chart of a characteristic; ``groups`` are the values behind each point."""

    setting: Setting
    groups: tuple[tuple[Point, ...], ...]
    lines: tuple[Line, ...]
    able: Capability | None = None
    shown: Capability | None = None
    fit: Normality | None = None


def listed(store: Store, site_id: int, characteristic_id: int | None = None) -> list[Listed]:
    """The characteristics of a site that were measured, by item, operation and code."""
    count = func.count(_M.c.id).label("values")
    query = (
        select(_C, Operation.id.label("op_id"), Operation.key, Operation.name.label("op_name"),
               Operation.name_zh.label("op_zh"), Item.code.label("item"), count, func.max(_M.c.at).label("last_at"))
        .join(Operation, Operation.id == _C.c.operation_id).join(Routing, Routing.id == Operation.routing_id)
        .join(Item, Item.id == Routing.item_id).join(_M, _M.c.characteristic_id == _C.c.id)
        .where(Routing.site_id == site_id).group_by(*_C.c, Operation.id, Operation.key, Operation.name,
                                                    Operation.name_zh, Item.code)
        .order_by(Item.code, Operation.key, _C.c.code)
    )  # fmt: skip
    if characteristic_id is not None:
        query = query.where(_C.c.id == characteristic_id)
    return [
        Listed(row.id, row.code, Named(row.id, row.code, row.name, row.name_zh),
               Named(row.op_id, row.key, row.op_name, row.op_zh), row.item, row.unit, row.lower, row.upper, row.values,
               row.last_at)
        for row in store.execute(query)
    ]  # fmt: skip


def one(store: Store, site_id: int, characteristic_id: int) -> Listed:
    """A characteristic; NotFound when it is not of this site or nothing was measured."""
    found = listed(store, site_id, characteristic_id)
    if not found:
        raise NotFound("chart.unknown", characteristic=characteristic_id)
    return found[0]


def setting_of(store: Store, characteristic_id: int) -> tuple[Setting, bool]:
    """The control plan of a characteristic and whether a broken rule opens a nonconformance; else the usual."""
    row = store.execute(select(ControlPlan.__table__).where(ControlPlan.characteristic_id == characteristic_id)).first()
    return (Setting(row.chart, row.size, row.rules, row.phase), row.opens_case) if row else (Setting(), False)


def values(store: Store, characteristic_id: int, count: int = 200) -> list[Point]:
    """The newest values in the order in which they were taken; what was taken back is left out."""
    back = _R.alias("back")
    undone = select(back.c.id).where(back.c.reverses_id == _M.c.report_id).correlate(_M).exists()
    query = (
        select(_M.c.id, _M.c.value, _M.c.verdict, _M.c.at, _M.c.unit_id, Unit.serial)
        .outerjoin(Unit, Unit.id == _M.c.unit_id).where(_M.c.characteristic_id == characteristic_id, ~undone)
        .order_by(_M.c.id.desc()).limit(min(count, MOST))
    )  # fmt: skip
    return [Point(*row) for row in store.execute(query)][::-1]


def drawn(points: Sequence[Point], setting: Setting, lower: Decimal | None, upper: Decimal | None) -> Drawn:
    """The chart of values by a setting; Invalid `chart.refused` with the reason when they make none."""
    if setting.chart not in KINDS or setting.rules not in RULES or not 1 <= setting.size <= 1000:
        raise Invalid("value.wrong", field="chart", value=f"{setting.chart} {setting.size} {setting.rules}"[:60])
    size = 1 if setting.chart == "i-mr" else setting.size
    whole = len(points) - len(points) % size
    groups = tuple(tuple(points[at : at + size]) for at in range(0, whole, size))
    try:
        if setting.chart in ("p", "np", "c", "u"):
            return _counted(groups, setting)
        return _measured(groups, setting, lower, upper)
    except BadSeries as error:
        raise Invalid("chart.refused", reason=str(error.values["reason"]), value=str(error.values["value"])) from error


def _counted(groups: tuple[tuple[Point, ...], ...], setting: Setting) -> Drawn:
    """Values outside their limits, so many in a sample."""
    counts = [sum(point.verdict == "fail" for point in group) for group in groups]
    rules, size = RULES[setting.rules], setting.size
    sizes = [size] * len(counts)
    made = {
        "p": lambda: attribute.p(counts, sizes, setting.phase, rules),
        "np": lambda: attribute.np(counts, size, setting.phase, rules),
        "c": lambda: attribute.c(counts, setting.phase, rules),
        "u": lambda: attribute.u(counts, sizes, setting.phase, rules),
    }[setting.chart]()
    return Drawn(setting, groups, (Line(made.kind, made.points, made.centre, made.lower, made.upper, made.hits),))


def _measured(
    groups: tuple[tuple[Point, ...], ...], setting: Setting, lower: Decimal | None, upper: Decimal | None
) -> Drawn:
    numbers = [[float(point.value) for point in group] for group in groups]
    flat = [value for group in numbers for value in group]
    rules = RULES[setting.rules]
    if setting.chart == "i-mr":
        chart = i_mr(flat, setting.phase, rules)
    else:
        chart = (xbar_r if setting.chart == "xbar-r" else xbar_s)(numbers, setting.phase, rules)
    low, high = (float(limit) if limit is not None else None for limit in (lower, upper))
    lines = tuple(
        Line(half.name, half.points, half.centre, (half.lower,) * len(half.points), (half.upper,) * len(half.points),
             half.hits)
        for half in (chart.main, chart.spread)
    )  # fmt: skip
    return Drawn(setting, groups, lines, capability(chart.main.centre, chart.sigma, low, high),
                 performance(flat, low, high), anderson_darling(flat))  # fmt: skip


def behind(chart: Drawn, line: Line, hit: Hit) -> tuple[Point, ...]:
    """The values behind the point at which a rule was noticed; a moving range belongs to its later value."""
    offset = len(chart.groups) - len(line.points)
    return chart.groups[hit.last + offset]


def last_of(store: Store, characteristic_id: int) -> Any:
    """The id of the newest measurement; 0 before the first."""
    query = select(func.coalesce(func.max(_M.c.id), 0)).where(_M.c.characteristic_id == characteristic_id)
    return store.execute(query).scalar_one()


__all__ = ["KINDS", "MOST", "RULES", "Drawn", "Line", "Listed", "Point", "Setting", "behind", "drawn", "last_of",
           "listed", "one", "setting_of", "values"]  # fmt: skip
