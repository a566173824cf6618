"""What a limit (限流) means at the station it slows: how many pieces may still be started, and who may override it.

A limit forbids starts. What is in hand is always reported; pieces reported in the last hour are the starts that
count, because a start that is not reported cannot be known.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, func, select, type_coerce

from app.db import from_micro
from app.errors import Conflict, Forbidden
from app.events import Store
from app.models import Person, Report
from app.queries.stations import Limit, active_limits
from app.services.station_here import Facts, Here, Outcome

HOUR = timedelta(minutes=60)
_R = Report.__table__


class Allowance(NamedTuple):
    """The strictest limit of a station: ``rate`` pieces an hour (0: none), ``left`` of them now."""

    limit: Limit
    rate: int
    left: Decimal
    minutes: int


def allowance(store: Store, site_id: int, station_id: int, piece_min: Decimal, at: datetime) -> Allowance | None:
    """What limits allow to start here; None without a limit. ``minutes`` until the oldest start no longer counts."""
    found = active_limits(store, site_id, station_id)
    if not found:
        return None
    strictest = min(found, key=lambda limit: (limit.mode == "limit", limit.rate_permille))
    if strictest.mode != "limit":
        return Allowance(strictest, 0, Decimal(0), 0)
    rate = int(60 / piece_min * strictest.rate_permille / 1000) if piece_min > 0 else 0
    done, oldest = _started(store, station_id, max(strictest.requested_at, at - HOUR), at)
    wait = 0 if oldest is None else max(1, -int((at - oldest - HOUR) / timedelta(minutes=1)))
    return Allowance(strictest, rate, max(Decimal(0), rate - done), wait)


def check_start(here: Here, facts: Facts) -> None:
    """Raise Conflict when a limit forbids to start another piece here now, unless a lead overrode it."""
    until = here.pending.get("override")
    if until and datetime.fromisoformat(until) > here.at:
        return
    found = allowance(here.connection, here.site_id, here.station_id, facts.row.piece_min, here.at)
    if found is None or found.left >= 1:
        return
    values = {"station": found.limit.station, "station_zh": found.limit.station_zh, "backlog": found.limit.backlog}
    if found.limit.mode != "limit":
        raise Conflict("limit.hold", **values)
    raise Conflict("limit.start", **values, rate=found.rate, minutes=found.minutes)


def override(here: Here) -> Outcome:
    """Let this station start as it likes for an hour; only a team lead may, and it is recorded."""
    if not (here.wish.is_lead or is_lead(here)):
        raise Forbidden("limit.lead_only")
    found = active_limits(here.connection, here.site_id, here.station_id)
    if not found:
        raise Conflict("limit.none")
    here.keep(override=(here.at + HOUR).isoformat())
    here.tell("station.limit_overridden", person=here.person_id, minutes=60, backlog=found[0].backlog)
    return Outcome("limit", "limit.overridden", {"minutes": 60})


def is_lead(here: Here) -> bool:
    """Whether the person who is signed in leads a team."""
    mine = select(Person.is_lead).where(Person.id == here.person_id)
    return bool(here.connection.execute(mine).scalar())


def _started(store: Store, station_id: int, since: datetime, at: datetime) -> tuple[Decimal, datetime | None]:
    mine: Any = (_R.c.station_id == station_id) & (_R.c.server_at > since) & _R.c.kind.in_(("good", "scrap", "rework"))
    total = func.coalesce(func.sum(type_coerce(_R.c.quantity, BigInteger)), 0).label("total")
    row = store.execute(select(total, func.min(_R.c.server_at).label("oldest")).where(mine)).one()
    return from_micro(int(row.total)), row.oldest
