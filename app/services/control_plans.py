"""Control plans: how a characteristic is charted; and the watch that opens a nonconformance when a rule is broken."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import events
from app.db import db, transaction
from app.errors import Invalid
from app.models import Characteristic, ControlPlan
from app.queries import charts
from app.queries.charts import Setting
from app.services.quality import open_nonconformance
from quality.rules import NAMES

ACTOR = "worker:charts"


def save(site_id: int, characteristic_id: int, setting: Setting, opens_case: bool, actor: str, now: datetime) -> None:
    """Keep how a characteristic is charted; rules are watched from now on, not for what lies behind."""
    with transaction() as session:
        charts.one(session, site_id, characteristic_id)
        if setting.chart not in charts.KINDS or setting.rules not in charts.RULES:
            raise Invalid("value.wrong", field="chart", value=f"{setting.chart} {setting.rules}"[:60])
        least = 1 if setting.chart in ("i-mr", "c") else 2
        if not least <= setting.size <= (25 if setting.chart.startswith("xbar") else 1000):
            raise Invalid("value.wrong", field="size", value=str(setting.size)[:20])
        row = session.scalar(select(ControlPlan).where(ControlPlan.characteristic_id == characteristic_id))
        if row is None:
            row = ControlPlan(site_id=site_id, characteristic_id=characteristic_id)
            session.add(row)
        was = {name: getattr(row, name) for name in ("chart", "size", "rules", "phase", "opens_case")}
        row.chart, row.size, row.rules, row.phase = setting.chart, setting.size, setting.rules, setting.phase
        row.opens_case, row.changed_at = opens_case, now
        row.checked_id = charts.last_of(session, characteristic_id)
        session.flush()
        told = {"was": was, "now": {name: getattr(row, name) for name in was}}
        subject = ("characteristic", characteristic_id)
        events.record(session, site_id, "control_plan.changed", subject, actor, now, told)


def watch(now: datetime) -> list[int]:
    """Look at every chart whose plan says so and has new values; gives the ids of the cases that were opened.

    What was looked at is kept in the same transaction as the case, so after a crash no rule is told twice.
    """
    query = select(ControlPlan.id).where(ControlPlan.opens_case.is_(True))
    ids = list(db.session.scalars(query))
    db.session.rollback()
    return [case for plan_id in ids for case in _look(plan_id, now)]


def _look(plan_id: int, now: datetime) -> list[int]:
    plan = db.session.get(ControlPlan, plan_id)
    fresh = plan is not None and charts.last_of(db.session, plan.characteristic_id) > plan.checked_id
    db.session.rollback()
    if not fresh:
        return []
    with transaction() as session:
        plan = session.get_one(ControlPlan, plan_id, with_for_update=True, populate_existing=True)
        return _judge(session, plan, now)


def _judge(session: Session, plan: ControlPlan, now: datetime) -> list[int]:
    check = session.get_one(Characteristic, plan.characteristic_id)
    setting = Setting(plan.chart, plan.size, plan.rules, plan.phase)
    points = charts.values(session, check.id)
    try:
        chart = charts.drawn(points, setting, check.lower, check.upper)
    except Invalid:
        return []  # too few values yet
    found: dict[int, set[int]] = {}
    for line in chart.lines:
        for hit in line.hits:
            group = charts.behind(chart, line, hit)
            if group[-1].id > plan.checked_id:
                found.setdefault(hit.rule, set()).update(point.unit_id for point in group if point.unit_id)
    if chart.groups:
        plan.checked_id = max(plan.checked_id, chart.groups[-1][-1].id)
    return [
        open_nonconformance(plan.site_id, f"{check.code}: {NAMES[rule]}", None, sorted(units), [], None, None, ACTOR,
                            now)
        for rule, units in sorted(found.items()) if units
    ]  # fmt: skip


__all__ = ["save", "watch"]
