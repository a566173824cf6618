"""The rules of limits as people set them: change one, make one, let upstream run for a while in spite of it.

Writing machines is a right of its own (`limits.throttle`): who may change a rule may stop a line.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.events import Store
from app.models import Device, LimitRule, Machine, Station
from app.services.andon import longest

MODES, MEASURES = ("hold", "limit"), ("pieces", "minutes")
MOST, LONGEST_S = 1_000_000, 86_400


@dataclass(frozen=True)
class Policy:
    """What a rule says; ``high`` and ``low`` in pieces or minutes, ``hold_at`` only with a rate, times in s."""

    high: int
    low: int
    mode: str = "hold"
    rate_permille: int = 0
    hold_at: int | None = None
    measure: str = "pieces"
    on_delay_s: int = 10
    dwell_s: int = 120
    enabled: bool = True

    def check(self) -> None:
        """Refuse what contradicts itself: Invalid with the reason.

        A rule that lets go only at nothing would let the bottleneck run dry before new parts reach it.
        """
        if self.mode not in MODES or self.measure not in MEASURES:
            raise Invalid("value.wrong", field="mode", value=self.mode)
        if not 1 <= self.low < self.high <= MOST:
            raise Invalid("limit.band")
        if self.mode == "limit" and not 1 <= self.rate_permille < 1000:
            raise Invalid("limit.rate")
        if self.hold_at is not None and (self.mode != "limit" or not self.high <= self.hold_at <= MOST):
            raise Invalid("limit.hold_at")
        if not (0 <= self.on_delay_s <= LONGEST_S and 0 <= self.dwell_s <= LONGEST_S):
            raise Invalid("limit.times")


def change(
    site_id: int, code: str, policy: Policy, trial: dict[str, Any] | None, actor: str, now: datetime
) -> None:  # fmt: skip
    """Set a rule anew; ``trial`` is what it was seen to cost, kept with the event. Raises NotFound and Invalid."""
    policy.check()
    with transaction() as session:
        row = _rule(session, site_id, code)
        values = asdict(policy) | ({"rate_permille": 0} if policy.mode == "hold" else {})
        was = {name: getattr(row, name) for name in values if getattr(row, name) != values[name]}
        if was:
            session.execute(update(LimitRule).where(LimitRule.id == row.id).values(values))
            data = {"was": was, "now": {name: values[name] for name in was}, "trial": trial}
            _tell(session, row, "limit_rule.changed", actor, now, data)


def create(
    site_id: int, code: str, station: str, upstream: str, machine: str | None, policy: Policy, actor: str, now: datetime
) -> None:
    """Make a rule: ``upstream`` waits when too much is under way to ``station``. Raises NotFound, Conflict, Invalid."""
    policy.check()
    if not code.strip() or len(code) > 64:
        raise Invalid("value.wrong", field="Code", value=code[:64])
    with transaction() as session:
        full, release = (_station(session, site_id, name) for name in (station, upstream))
        if full == release:
            raise Invalid("limit.same_station")
        if session.execute(select(LimitRule.id).where(LimitRule.site_id == site_id, LimitRule.code == code)).first():
            raise Conflict("limit.code_taken", rule=code)
        row = LimitRule(site_id=site_id, code=code.strip(), station_id=full, upstream_station_id=release,
                        upstream_machine_id=_machine(session, site_id, machine, release),
                        **asdict(policy))  # fmt: skip
        session.add(row)
        session.flush()
        _tell(session, row, "limit_rule.created", actor, now, {"now": asdict(policy)})


def pause(site_id: int, code: str, until: datetime, note: str, actor: str, now: datetime) -> None:
    """Let upstream run in spite of a rule, until a moment of this shift, with a reason. Raises NotFound, Invalid."""
    note = note.strip()
    if not note:
        raise Invalid("notice.shelve_reason")
    with transaction() as session:
        row = _rule(session, site_id, code)
        if not now < until <= longest(session, site_id, now):
            raise Invalid("notice.shelve_long")
        values = {"paused_until": until, "paused_by": actor, "paused_note": note[:2000]}
        session.execute(update(LimitRule).where(LimitRule.id == row.id).values(values))
        _tell(session, row, "limit_rule.paused", actor, now, {"until": until.isoformat()})


def resume(site_id: int, code: str, actor: str, now: datetime) -> None:
    """End a pause; nothing happens when there is none. Raises NotFound."""
    with transaction() as session:
        row = _rule(session, site_id, code)
        if row.paused_until is not None:
            session.execute(update(LimitRule).where(LimitRule.id == row.id).values(paused_until=None))
            _tell(session, row, "limit_rule.resumed", actor, now, {})


def allow_writes(site_id: int, device: str, allowed: bool, actor: str, now: datetime) -> None:
    """Say whether a device may be written at all; its map must allow it too. Raises NotFound."""
    with transaction() as session:
        row = session.execute(select(Device).where(Device.site_id == site_id, Device.code == device)).scalar()
        if row is None:
            raise NotFound("device.unknown", device=device)
        if row.may_write != allowed:
            row.may_write = allowed
            events.record(session, site_id, "device.writes_set", ("device", row.id), actor, now, {"allowed": allowed})


def _rule(store: Store, site_id: int, code: str) -> LimitRule:
    query = select(LimitRule).where(LimitRule.site_id == site_id, LimitRule.code == code)
    row = store.execute(query.with_for_update()).scalar()
    if row is None:
        raise NotFound("limit.unknown", rule=code)
    return row  # type: ignore[no-any-return]


def _station(store: Store, site_id: int, code: str) -> int:
    found = store.execute(select(Station.id).where(Station.site_id == site_id, Station.code == code)).scalar()
    if found is None:
        raise NotFound("station.unknown", station=code)
    return int(found)


def _machine(store: Store, site_id: int, code: str | None, station_id: int) -> int | None:
    if not code:
        return None
    mine = (Machine.site_id == site_id) & (Machine.code == code) & (Machine.station_id == station_id)
    found = store.execute(select(Machine.id).where(mine)).scalar()
    if found is None:
        raise NotFound("machine.unknown", machine=code)
    return int(found)


def _tell(store: Store, row: LimitRule, topic: str, actor: str, now: datetime, data: dict[str, Any]) -> None:
    places = {"rule": row.id, "stations": [row.station_id, row.upstream_station_id]}
    events.record(store, row.site_id, topic, ("limit_rule", row.id), actor, now, places | data)
