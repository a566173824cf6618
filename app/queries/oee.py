"""Key figures of machines by ISO 22400-2: time from machine states, pieces from reports, formulas from quality.kpi.

Planned time is what the shifts of a station offer; a stretch without data is a loss of its own and never idle.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, or_, select

from app.events import Store
from app.models import Line, Machine, MachineState, Reason, Report, Station, Task
from app.queries.known import calendar_of
from quality import kpi
from quality.errors import QualityError

STATES = ("running", "idle", "stopped", "no_data")
UNSAID = "unsaid"
LEAST_SEEN = Decimal("0.5")
_R, _T = Report.__table__, Task.__table__
Window = tuple[datetime, datetime]


@dataclass
class Elements:
    """The elements of one machine, line or shift: minutes planned, by state and by stop reason, pieces, stops."""

    name: Any
    key: str
    planned: Decimal = Decimal()
    minutes: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    reasons: dict[Any, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    pieces: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    standard: Decimal = Decimal()
    standard_good: Decimal = Decimal()
    repairs: list[Decimal] = field(default_factory=list)
    between: list[Decimal] = field(default_factory=list)

    def add(self, other: "Elements") -> None:
        """Take another one's elements too."""
        self.planned += other.planned
        self.standard += other.standard
        self.standard_good += other.standard_good
        for mine, more in ((self.minutes, other.minutes), (self.reasons, other.reasons), (self.pieces, other.pieces)):
            for key, value in more.items():
                mine[key] += value
        self.repairs += other.repairs
        self.between += other.between

    @property
    def availability(self) -> Decimal | None:
        """APT over PBT."""
        return _safe(kpi.availability, self.minutes["running"], self.planned)

    @property
    def seen(self) -> Decimal | None:
        """The share of the planned time that the machine told its state in; None without planned time."""
        known = sum((self.minutes[state] for state in STATES if state != "no_data"), Decimal())
        return known / self.planned if self.planned else None

    @property
    def effectiveness(self) -> Decimal | None:
        """Standard minutes of what was made over the minutes the machine ran.

        None where the machine was mostly unseen: what was made then would be held against minutes that nobody saw.
        """
        if self.seen is not None and self.seen < LEAST_SEEN:
            return None
        return _safe(kpi.effectiveness, self.standard, 1, self.minutes["running"])

    @property
    def quality(self) -> Decimal | None:
        """Good over made."""
        return _safe(kpi.quality_ratio, self.pieces["good"], sum(self.pieces.values(), Decimal()))

    @property
    def oee(self) -> Decimal | None:
        """OEE; None while any factor has nothing to say."""
        return kpi.OEE(self.availability, self.effectiveness, self.quality)

    @property
    def mtbf(self) -> Decimal | None:
        """Mean operating minutes between failures."""
        return kpi.MTBF(self.between)

    @property
    def mttr(self) -> Decimal | None:
        """Mean minutes to repair."""
        return kpi.MTTR(self.repairs)

    @property
    def losses(self) -> list[tuple[str, Decimal]]:
        """Where the planned minutes went, in the order of the tree: they add up to what was planned."""
        speed = self.minutes["running"] - self.standard
        known = sum((self.minutes[state] for state in STATES), Decimal())
        return [
            ("no_data", self.minutes["no_data"] + max(self.planned - known, Decimal())),
            ("stopped", self.minutes["stopped"]), ("idle", self.minutes["idle"]), ("speed", speed),
            ("quality", self.standard - self.standard_good), ("good", self.standard_good),
        ]  # fmt: skip


@dataclass(frozen=True)
class Only:
    """Which machines and shifts count: those of a line, those of a shift; None for all."""

    line: str | None = None
    shift: str | None = None


def figures(
    store: Store, site_id: int, since: datetime, until: datetime, by: str, only: Only | None = None
) -> list[Elements]:
    """The figures of a site's machines between two moments, by machine, line or shift; all of them last."""
    only = only or Only()
    machines = store.execute(
        select(Machine, Station, Line).join(Station, Station.id == Machine.station_id)
        .join(Line, Line.id == Station.line_id)
        .where(Machine.site_id == site_id, Machine.retired.is_(False))
        .order_by(Line.code, Station.position, Machine.code)
    ).all()  # fmt: skip
    calendar = calendar_of(store, site_id)
    codes = {shift.code: shift for shift in calendar.shifts}
    rows: dict[str, Elements] = {}
    total = Elements(None, "all")
    for machine, station, line in machines:
        if only.line not in (None, line.code):
            continue
        own = tuple(code for code in (station.shifts or list(codes)) if code in codes and only.shift in (None, code))
        if only.shift and not own:
            continue
        for shift in own if by == "shift" else [None]:
            windows = calendar.windows((shift,) if shift else own, since, max((until - since).days + 1, 1))
            windows = [(max(a, since), min(b, until)) for a, b in windows if a < until]
            one = _machine(store, machine, windows)
            name, key = {"machine": (machine, machine.code), "line": (line, line.code)}.get(by, (shift, shift or "–"))
            rows.setdefault(key, Elements(name, key)).add(one)
            total.add(one)
    return [*rows.values(), total]


def _machine(store: Store, machine: Machine, windows: list[Window]) -> Elements:
    one = Elements(machine, machine.code, planned=sum((_minutes(a, b) for a, b in windows), Decimal()))
    if not windows:
        return one
    begins, ends = windows[0][0], windows[-1][1]
    ran = Decimal()
    for row in states(store, machine.id, begins, ends):
        inside = sum((_minutes(max(row.started_at, a), min(row.ended_at or ends, b)) for a, b in windows
                      if row.started_at < b and (row.ended_at or ends) > a), Decimal())  # fmt: skip
        one.minutes[row.state] += inside
        if row.state == "running":
            ran += inside
        elif row.state == "stopped" and inside:
            one.reasons[row.said or row.reason or UNSAID] += inside
            one.between.append(ran)
            ran = Decimal()
            if row.ended_at is not None:
                one.repairs.append(_minutes(row.started_at, row.ended_at))
    for row in reports(store, machine, begins, ends):
        if any(a <= row.server_at < b for a, b in windows):
            one.pieces[row.kind] += row.quantity
            standard = row.quantity * Decimal(row.piece_min) / (row.batch_size or 1)
            one.standard += standard
            one.standard_good += standard if row.kind == "good" else Decimal()
    return one


def states(store: Store, machine_id: int, since: datetime, until: datetime, state: str | None = None) -> Iterable[Any]:
    """The slices behind the minutes: state, reason of the machine, reason people said, from and until."""
    query = (
        select(MachineState.id, MachineState.state, MachineState.reason, MachineState.started_at,
               MachineState.ended_at, Reason.code.label("said"), Reason.name, Reason.name_zh)
        .outerjoin(Reason, Reason.id == MachineState.reason_id)
        .where(MachineState.machine_id == machine_id, MachineState.started_at < until,
               or_(MachineState.ended_at.is_(None), MachineState.ended_at > since))
        .order_by(MachineState.started_at, MachineState.id)
    )  # fmt: skip
    return store.execute(query.where(MachineState.state == state) if state else query).all()


def reports(store: Store, machine: Machine, since: datetime, until: datetime) -> Iterable[Any]:
    """The reports behind the pieces: those that name the machine, or its station and no machine."""
    here = or_(_R.c.machine_id == machine.id, and_(_R.c.machine_id.is_(None), _R.c.station_id == machine.station_id))
    query = (
        select(_R.c.id, _R.c.kind, _R.c.quantity, _R.c.server_at, _T.c.piece_min, _T.c.batch_size, _T.c.name,
               _T.c.name_zh, _T.c.order_id)
        .join(_T, _T.c.id == _R.c.task_id)
        .where(here, _R.c.site_id == machine.site_id, _R.c.kind.in_(("good", "scrap", "rework")),
               _R.c.server_at >= since, _R.c.server_at < until)
        .order_by(_R.c.server_at)
    )  # fmt: skip
    return store.execute(query).all()


def unexplained(store: Store, station_id: int) -> list[Any]:
    """Stops of the station's machines whose reason was asked for and not yet given, oldest first."""
    query = (
        select(MachineState.id, MachineState.started_at, MachineState.reason, Machine.code, Machine.name,
               Machine.name_zh)
        .join(Machine, Machine.id == MachineState.machine_id)
        .where(Machine.station_id == station_id, MachineState.asked_at.is_not(None),
               MachineState.ended_at.is_(None), MachineState.reason_id.is_(None))
        .order_by(MachineState.started_at)
    )  # fmt: skip
    return list(store.execute(query))


def _minutes(begins: datetime, ends: datetime) -> Decimal:
    return Decimal(max((ends - begins).total_seconds(), 0.0)) / 60


def _safe(formula: Any, *values: Any) -> Decimal | None:
    """A figure; None where more was taken back than made."""
    try:
        return formula(*values)  # type: ignore[no-any-return]
    except QualityError:
        return None
