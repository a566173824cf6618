"""Limits (限流): when too much waits before a station, the machines upstream are told to slow down or to wait.

``devices.throttle.decide`` judges; here is what it judges by, what it wants is kept as rows, and what the machines
answered. The rows are brought to what is wanted, not counted along: after a restart they are as true as before.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction
from app.events import Store
from app.models import LimitSignal
from app.queries.machines import KnownRule, known_devices, limit_rules, machine_id, machine_name
from app.queries.ropes import Floor
from app.services import limit_targets
from app.services.notices import Matter, clear_notices, open_notice
from devices.errors import RuleError
from devices.sample import LimitReport
from devices.throttle import Backlog, Demand, RopeState, combine, decide

ACTOR = "poller"
_S = LimitSignal.__table__
log = structlog.get_logger("limits")
Guard = Callable[[Session], None]
Ropes = Mapping[int, RopeState]


@dataclass(frozen=True)
class Wish:
    """What a rule wants now."""

    rule: KnownRule
    level: str
    rate_permille: int
    backlog: int
    reachable: frozenset[int]


def recall() -> dict[int, RopeState]:
    """The memory of each rule as the open signals tell it: how a new poller goes on where the last one ended."""
    query = select(_S.c.rule_id, _S.c.mode, _S.c.requested_at).where(_S.c.cleared_at.is_(None))
    rows = db.session.execute(query).all()
    return {row.rule_id: RopeState(level=row.mode, since=row.requested_at, fresh_at=row.requested_at) for row in rows}


def step(ropes: Ropes, now: datetime, guard: Guard | None = None) -> tuple[dict[int, RopeState], dict[str, Demand]]:
    """Judge every rule once and bring the signals to it; returns what to remember and the demands by machine.

    Call it each second. ``guard`` is asked inside the writing transaction and may refuse it.
    """
    rules = [rule for rule in limit_rules(db.session) if rule.paused_until is None or rule.paused_until <= now]
    floor, waiting = Floor(db.session, rules), dict[int, float]()
    after: dict[int, RopeState] = {}
    demands: list[Demand] = []
    wishes: dict[int, Wish] = {}
    reachable = _reachable()
    for rule in rules:
        try:
            pure = rule.rule()
        except RuleError as error:
            log.warning("limit_rule", rule=rule.code, error=error.code)
            continue
        waiting[rule.id] = floor.backlog(rule, _held(rules, {**ropes, **after}, rule))
        after[rule.id], decision = decide(
            ropes.get(rule.id, RopeState()), Backlog(waiting[rule.id], now), pure, now
        )  # fmt: skip
        demands += decision.demands
        level = after[rule.id].level
        if level != "run":
            rate = pure.rate_permille if level == "limit" else 0
            pieces = int(Decimal(waiting[rule.id]).to_integral_value(ROUND_CEILING))
            wishes[rule.id] = Wish(rule, level, rate, pieces, frozenset(reachable & set(rule.machines)))
    _bring(wishes, {rule.id: rule for rule in rules}, waiting, now, guard)
    return after, combine(demands)


def _held(rules: Iterable[KnownRule], ropes: Ropes, mine: KnownRule) -> set[int]:
    """The stations that other rules hold now; one rule is judged after the other, so that not both let go at once."""
    return {
        rule.upstream_id for rule in rules
        if rule.id in ropes and ropes[rule.id].level == "hold" and rule.upstream_id != mine.upstream_id
    }  # fmt: skip


def unanswered() -> set[str]:
    """The machines, named as the poller does, at which an open limit still waits for an answer."""
    return {machine_name(machine) for machine in limit_targets.waiting(db.session)}


def reported(store: Store, report: LimitReport, now: datetime) -> None:
    """Keep what a machine made of a demand, inside the caller's transaction; the same report twice is one."""
    found = machine_id(report.machine)
    if found is None:
        return
    rules = {rule.id: rule for rule in limit_rules(store)}
    for signal, topic, data in limit_targets.keep(store, found, report, now):
        rule = rules.get(signal.rule_id)
        if rule is None:
            continue
        _tell(store, topic, rule, signal.id, now, data)
        if report.state in limit_targets.TROUBLE and signal.cleared_at is None:
            _notify(store, rule, "crit", now, {"trouble": report.state, "backlog": signal.backlog,
                                               "mode": signal.mode, "rate_permille": signal.rate_permille,
                                               "machine": found})  # fmt: skip


def _bring(
    wishes: Mapping[int, Wish], rules: Mapping[int, KnownRule], waiting: Mapping[int, float], now: datetime,
    guard: Guard | None,
) -> None:  # fmt: skip
    """Open, change and clear signals until they are what is wished; writes only when something differs."""
    rows = db.session.execute(select(_S).where(_S.c.cleared_at.is_(None)).order_by(_S.c.id)).all()
    standing = {row.rule_id: row for row in rows}
    over = [row for row in rows if row.rule_id not in wishes]
    fresh = [wish for rule_id, wish in wishes.items() if rule_id not in standing]
    changed = [
        (standing[rule_id], wish) for rule_id, wish in wishes.items()
        if rule_id in standing and standing[rule_id].mode != wish.level
    ]  # fmt: skip
    if not (over or fresh or changed):
        return
    with transaction() as session:
        if guard:
            guard(session)
        for row in over:
            _clear(session, row, rules.get(row.rule_id), waiting.get(row.rule_id), now)
        for wish in fresh:
            _request(session, wish, now)
        for row, wish in changed:
            _change(session, row, wish, now)


def _request(session: Session, wish: Wish, now: datetime) -> None:
    rule = wish.rule
    row = {"site_id": rule.site_id, "rule_id": rule.id, "mode": wish.level, "rate_permille": wish.rate_permille,
           "backlog": wish.backlog, "status": _begun(wish), "written": {}, "read_back": {},
           "requested_at": now}  # fmt: skip
    signal_id = int(session.execute(insert(_S).values(row).returning(_S.c.id)).scalar_one())
    limit_targets.aim(session, rule.site_id, signal_id, rule.machines, wish.reachable, now)
    _tell(session, "limit.requested", rule, signal_id, now, _numbers(wish))
    _notify(session, rule, "warn", now, _numbers(wish))


def _change(session: Session, row: Any, wish: Wish, now: datetime) -> None:
    values = {"mode": wish.level, "rate_permille": wish.rate_permille, "backlog": wish.backlog,
              "status": _begun(wish), "verified_at": None}  # fmt: skip
    session.execute(update(_S).where(_S.c.id == row.id).values(values))
    limit_targets.aim(session, wish.rule.site_id, row.id, wish.rule.machines, wish.reachable, now)
    _tell(session, "limit.requested", wish.rule, row.id, now, _numbers(wish))
    _notify(session, wish.rule, "warn", now, _numbers(wish))


def _clear(session: Session, row: Any, rule: KnownRule | None, waiting: float | None, now: datetime) -> None:
    session.execute(update(_S).where(_S.c.id == row.id).values(status="cleared", cleared_at=now))
    clear_notices(session, Matter(row.site_id, "limit", ("limit_rule", row.rule_id)), now, ACTOR)
    data = {"rule": row.rule_id, "mode": row.mode, "backlog": waiting}
    if rule:
        _tell(session, "limit.cleared", rule, row.id, now, data)
    else:
        events.record(session, row.site_id, "limit.cleared", ("limit", row.id), ACTOR, now, data)


def _reachable() -> set[int]:
    """Machines that take a limit over their device; of the others only people can be told."""
    known = known_devices(db.session)
    return {one.machine_id for one in known if one.machine_id and one.map and one.map.limit and one.map.writes}


def _begun(wish: Wish) -> str:
    return "requested" if wish.reachable else "notify_only"


def _numbers(wish: Wish) -> dict[str, Any]:
    return {"mode": wish.level, "rate_permille": wish.rate_permille, "backlog": wish.backlog}


def _tell(store: Store, topic: str, rule: KnownRule, signal_id: int, now: datetime, data: dict[str, Any]) -> None:
    events.record(store, rule.site_id, topic, ("limit", signal_id), ACTOR, now, _places(rule) | data)


def _notify(store: Store, rule: KnownRule, severity: str, now: datetime, data: dict[str, Any]) -> None:
    """Tell the leads of both ends: one lets the queue shrink, the other has people with nothing to do."""
    matter = Matter(rule.site_id, "limit", ("limit_rule", rule.id))
    for line_id, station_id in {rule.upstream_line_id: rule.upstream_id, rule.line_id: rule.station_id}.items():
        open_notice(store, matter, severity, now, ACTOR, station_id=station_id, line_id=line_id,
                    data=_places(rule) | data)  # fmt: skip


def _places(rule: KnownRule) -> dict[str, Any]:
    return {"rule": rule.id, "station": rule.station_id, "upstream": rule.upstream_id, "high": rule.high,
            "low": rule.low, "machines": list(rule.machines), "lines": sorted({rule.line_id, rule.upstream_line_id}),
            "stations": sorted({rule.station_id, rule.upstream_id})}  # fmt: skip


def keep_reports(reports: Iterable[LimitReport], now: datetime, guard: Guard | None = None) -> None:
    """Keep what machines made of demands, in a transaction of its own."""
    reports = list(reports)
    if not reports:
        return
    with transaction() as session:
        if guard:
            guard(session)
        for report in reports:
            reported(session, report, now)
