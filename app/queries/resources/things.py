"""Master data in pages: items, stations, machines, people, reasons; and machines with what they last said."""

from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import (
    Device,
    Item,
    LatestValue,
    LimitRule,
    LimitSignal,
    Line,
    Machine,
    MachineState,
    Notice,
    Person,
    Reason,
    Station,
)

_L, _S, _M, _P, _W = Line.__table__, Station.__table__, Machine.__table__, Person.__table__, Reason.__table__
_D, _V, _G, _Q, _R, _N, _I = (
    Device.__table__, LatestValue.__table__, MachineState.__table__, LimitSignal.__table__, LimitRule.__table__,
    Notice.__table__, Item.__table__,
)  # fmt: skip
_LISTS = {
    "items": (_I, select(_I.c.id, _I.c.code, _I.c.name, _I.c.name_zh, _I.c.unit, _I.c.decimals, _I.c.supply,
                         _I.c.is_serialised, _I.c.is_lot_tracked, _I.c.retired)),
    "stations": (_S, select(_S.c.id, _S.c.code, _S.c.name, _S.c.name_zh, _L.c.code.label("line"), _S.c.position,
                            _S.c.capacity, _S.c.retired).join(_L, _L.c.id == _S.c.line_id)),
    "people": (_P, select(_P.c.id, _P.c.code, _P.c.name, _P.c.name_zh, _L.c.code.label("line"), _P.c.is_lead,
                          _P.c.retired).outerjoin(_L, _L.c.id == _P.c.line_id)),
    "reasons": (_W, select(_W.c.id, _W.c.code, _W.c.kind, _W.c.name, _W.c.name_zh, _W.c.retired)),
}  # fmt: skip
_MACHINE = (
    select(_M.c.id, _M.c.code, _M.c.name, _M.c.name_zh, _S.c.code.label("station"), _M.c.retired,
           _G.c.state, _G.c.reason, _G.c.started_at.label("since"))
    .outerjoin(_S, _S.c.id == _M.c.station_id)
    .outerjoin(_G, (_G.c.machine_id == _M.c.id) & _G.c.ended_at.is_(None))
)  # fmt: skip


def listed(store: Store, what: str, site_id: int, after: int, limit: int, **wanted: Any) -> list[dict[str, Any]]:
    """A page of items, stations, people or reasons; ``wanted`` narrows by equal columns."""
    table, query = _LISTS[what]
    query = query.where(table.c.site_id == site_id, table.c.id > after).order_by(table.c.id).limit(limit)
    for column, value in wanted.items():
        query = query if value is None else query.where(table.c[column] == value)
    return [dict(row) for row in store.execute(query).mappings()]


def machines(store: Store, site_id: int, after: int, limit: int, code: str | None = None) -> list[dict[str, Any]]:
    """Machines with their present state."""
    query = _MACHINE.where(_M.c.site_id == site_id, _M.c.id > after).order_by(_M.c.id, _G.c.id).limit(limit)
    return [dict(row) for row in store.execute(query if code is None else query.where(_M.c.code == code)).mappings()]


def latest_values(store: Store, machine_id: int) -> list[dict[str, Any]]:
    """The last value of each tag of a machine with its quality; an old value stays old."""
    query = (
        select(_D.c.code.label("device"), _V.c.tag, _V.c.meaning, _V.c.value, _V.c.unit, _V.c.quality, _V.c.reason,
               _V.c.received_at)
        .join(_D, _D.c.id == _V.c.device_id).where(_D.c.machine_id == machine_id).order_by(_D.c.code, _V.c.tag)
    )  # fmt: skip
    return [dict(row) for row in store.execute(query).mappings()]


def limits(store: Store, site_id: int, after: int, limit: int, is_open: bool | None) -> list[dict[str, Any]]:
    """Limits: the station that is full, the machine that is held, what was written and read back."""
    full, upstream = _S.alias("full"), _S.alias("upstream")
    query = (
        select(_Q.c.id, _R.c.code.label("rule"), full.c.code.label("station"), upstream.c.code.label("upstream"),
               _M.c.code.label("machine"), _Q.c.mode, _Q.c.rate_permille, _Q.c.backlog, _Q.c.status,
               _Q.c.requested_at, _Q.c.verified_at, _Q.c.cleared_at)
        .join(_R, _R.c.id == _Q.c.rule_id).join(full, full.c.id == _R.c.station_id)
        .join(upstream, upstream.c.id == _R.c.upstream_station_id).outerjoin(_M, _M.c.id == _R.c.upstream_machine_id)
        .where(_Q.c.site_id == site_id, _Q.c.id > after).order_by(_Q.c.id).limit(limit)
    )  # fmt: skip
    return [dict(row) for row in store.execute(_narrowed(query, _Q.c.cleared_at, is_open)).mappings()]


def notices(
    store: Store, site_id: int, after: int, limit: int, is_open: bool | None = None, notice_id: int | None = None
) -> list[dict[str, Any]]:
    """Notices; open ones are not cleared yet."""
    query = (
        select(_N.c.id, _N.c.kind, _N.c.severity, _L.c.code.label("line"), _S.c.code.label("station"), _N.c.data,
               _N.c.note, _N.c.opened_at, _N.c.acknowledged_at, _N.c.cleared_at)
        .outerjoin(_L, _L.c.id == _N.c.line_id).outerjoin(_S, _S.c.id == _N.c.station_id)
        .where(_N.c.site_id == site_id, _N.c.id > after).order_by(_N.c.id).limit(limit)
    )  # fmt: skip
    query = query if notice_id is None else query.where(_N.c.id == notice_id)
    return [dict(row) for row in store.execute(_narrowed(query, _N.c.cleared_at, is_open)).mappings()]


def _narrowed(query: Any, cleared: Any, is_open: bool | None) -> Any:
    if is_open is None:
        return query
    return query.where(cleared.is_(None) if is_open else cleared.is_not(None))
