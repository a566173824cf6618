"""What slows stations down: limits that stand now, and setting up from one family of work to another."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import LimitRule, LimitSignal, SetupTime, Station, Task

_T = Task.__table__
_IN_FORCE = ("requested", "written", "verified")


@dataclass(frozen=True)
class Limit:
    """A station runs at a share of its speed until further notice; a hold lasts at least ``hold_s`` seconds."""

    permille: int
    hold_s: int = 0


def limits(store: Store, site_id: int) -> dict[int, Limit]:
    """The strongest limit of each station; one that its machine refused or lost slows nothing down."""
    query = (
        select(LimitRule.upstream_station_id, LimitSignal.mode, LimitSignal.rate_permille, LimitRule.dwell_s)
        .join(LimitRule, LimitRule.id == LimitSignal.rule_id)
        .where(LimitSignal.site_id == site_id, LimitSignal.cleared_at.is_(None), LimitSignal.status.in_(_IN_FORCE))
    )
    found: dict[int, Limit] = {}
    for row in store.execute(query).all():
        held = row.mode == "hold" or row.rate_permille <= 0
        limit = Limit(1000, row.dwell_s) if held else Limit(min(1000, row.rate_permille))
        before = found.get(row.upstream_station_id)
        found[row.upstream_station_id] = limit if before is None else _stronger(before, limit)
    return found


def _stronger(one: Limit, other: Limit) -> Limit:
    return Limit(min(one.permille, other.permille), max(one.hold_s, other.hold_s))


def setups(store: Store, site_id: int) -> dict[int, dict[tuple[str, str], Decimal]]:
    """Minutes to set a station up, by the families before and after; ``*`` is every other family."""
    query = select(SetupTime.__table__).join(Station, Station.id == SetupTime.station_id)
    found: dict[int, dict[tuple[str, str], Decimal]] = {}
    for row in store.execute(query.where(Station.site_id == site_id)).all():
        found.setdefault(row.station_id, {})[row.from_family, row.to_family] = row.minutes
    return found


def families(store: Store, site_id: int) -> dict[int, str]:
    """What each station that needs setting up stands ready for: the family of the work it began last."""
    stations = select(SetupTime.station_id).distinct()
    newest: Any = (
        select(_T.c.station_id, _T.c.setup_family, _T.c.started_at)
        .where(_T.c.site_id == site_id, _T.c.station_id.in_(stations), _T.c.started_at.is_not(None),
               _T.c.setup_family.is_not(None))
        .order_by(_T.c.started_at.desc(), _T.c.id.desc())
        .limit(5000)
    )  # fmt: skip
    found: dict[int, str] = {}
    for row in store.execute(newest).all():
        found.setdefault(row.station_id, row.setup_family)
    return found
