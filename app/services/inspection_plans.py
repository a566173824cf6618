"""Inspection plans (检验计划): of which item, at which operation, how often, how many, and what is looked at."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import events
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import InspectionCheck, InspectionPlan, Item, Operation, Routing
from quality.errors import BadCharacteristic
from quality.inspection import Characteristic, Scale
from quality.sampled import MOST
from quality.sampling import AQLS, LEVELS

KINDS = ("first_article", "in_process", "final", "incoming")
BY = ("pieces", "minutes")


@dataclass(frozen=True)
class Plan:
    """A plan as somebody wishes it; ``operation`` is the key of an operation of the item, empty for all (or last)."""

    item: str
    kind: str
    operation: str = ""
    by: str = "pieces"
    every: int | None = None
    pieces: int = 1
    level: str = "II"
    aql: Decimal | None = None
    instruction: str = ""


@dataclass(frozen=True)
class Check:
    """A characteristic as somebody wishes it."""

    code: str
    name: str
    kind: str = "variable"
    unit: str = ""
    lower: Decimal | None = None
    target: Decimal | None = None
    upper: Decimal | None = None
    by_instrument: bool = True


def create(site_id: int, wish: Plan, actor: str, now: datetime) -> int:
    """Make a plan and give its id; Conflict when the item has one of this kind at this operation."""
    with transaction() as session:
        item = session.scalar(select(Item).where(Item.site_id == site_id, Item.code == wish.item.strip()))
        if item is None:
            raise NotFound("item.unknown", item=wish.item[:64])
        if wish.kind not in KINDS:
            raise Invalid("value.wrong", field="kind", value=wish.kind[:20])
        operation = _operation(session, item, wish)
        same = (InspectionPlan.site_id == site_id, InspectionPlan.item_id == item.id, InspectionPlan.kind == wish.kind)
        where = InspectionPlan.operation.is_(None) if operation is None else InspectionPlan.operation == operation
        if session.scalar(select(InspectionPlan.id).where(*same, where)) is not None:
            raise Conflict("inspection.plan_known", item=item.code)
        row = InspectionPlan(site_id=site_id, item_id=item.id, operation=operation, kind=wish.kind)
        _fill(row, wish)
        session.add(row)
        session.flush()
        _tell(session, row, "created", actor, now, {"now": _shape(row)})
        return row.id


def change(site_id: int, plan_id: int, wish: Plan, active: bool, actor: str, now: datetime) -> None:
    """Change how often and how many; what is due already keeps the sample it fell due with."""
    with transaction() as session:
        row = of_site(session, site_id, plan_id)
        was = _shape(row)
        _fill(row, wish)
        row.active = active
        if _shape(row) != was:
            _tell(session, row, "changed", actor, now, {"was": was, "now": _shape(row)})


def _operation(session: Session, item: Item, wish: Plan) -> str | None:
    key = wish.operation.strip()
    if wish.kind == "incoming":
        if not item.is_lot_tracked:
            raise Invalid("inspection.no_lots", item=item.code)
        return None
    if not key:
        return None
    found = select(Operation.id).join(Routing, Routing.id == Operation.routing_id)
    if session.scalar(found.where(Routing.item_id == item.id, Operation.key == key).limit(1)) is None:
        raise NotFound("inspection.operation", operation=key[:64], item=item.code)
    return key


def _fill(row: InspectionPlan, wish: Plan) -> None:
    if row.kind == "in_process":
        if wish.by not in BY:
            raise Invalid("value.wrong", field="by", value=wish.by[:20])
        if wish.every is None or not 1 <= wish.every <= 1_000_000:
            raise Invalid("value.wrong", field="every", value=str(wish.every or "")[:20])
    sampled = row.kind in ("final", "incoming")
    if sampled and wish.aql is not None and (float(wish.aql) not in AQLS or wish.level not in LEVELS):
        raise Invalid("inspection.aql", aql=str(wish.aql)[:20], level=wish.level[:20])
    if not 1 <= wish.pieces <= MOST:
        raise Invalid("value.wrong", field="pieces", value=str(wish.pieces)[:20])
    row.by, row.every = (wish.by, wish.every) if row.kind == "in_process" else ("pieces", None)
    row.level, row.aql = (wish.level, wish.aql) if sampled else ("II", None)
    row.pieces = 1 if sampled else wish.pieces
    row.instruction = wish.instruction.strip()[:2000] or None


def add_check(site_id: int, plan_id: int, wish: Check, actor: str, now: datetime) -> int:
    """Add a characteristic to a plan, or bring one of the same code into a new form; gives its id."""
    code, name = wish.code.strip(), wish.name.strip()
    for field, value, longest in (("code", code, 64), ("name", name, 200)):
        if not value or len(value) > longest:
            raise Invalid("value.missing" if not value else "value.wrong", field=field, value=value[:40])
    try:
        Characteristic(code, wish.lower, wish.upper, wish.target, wish.unit or None, Scale(wish.kind))
    except (BadCharacteristic, ValueError):
        raise Invalid("inspection.limits", check=code) from None
    with transaction() as session:
        plan = of_site(session, site_id, plan_id)
        mine = (InspectionCheck.plan_id == plan.id, InspectionCheck.code == code)
        row = session.scalar(select(InspectionCheck).where(*mine))
        if row is None:
            last = session.scalar(select(func.max(InspectionCheck.position)).where(mine[0]))
            row = InspectionCheck(plan_id=plan.id, code=code, position=(last or 0) + 1)
            session.add(row)
        variable = wish.kind == "variable"
        row.name, row.kind, row.unit = name, wish.kind, wish.unit.strip()[:32] or None
        row.lower, row.target, row.upper = wish.lower, wish.target, wish.upper
        row.by_instrument, row.retired = variable and wish.by_instrument, False
        session.flush()
        _tell(session, plan, "check", actor, now, {"check": row.id, "code": code, "lower": str(wish.lower),
                                                   "upper": str(wish.upper)})  # fmt: skip
        return row.id


def retire_check(site_id: int, plan_id: int, check_id: int, actor: str, now: datetime) -> None:
    """Look at a characteristic no more; its values stay."""
    with transaction() as session:
        plan = of_site(session, site_id, plan_id)
        row = session.get(InspectionCheck, check_id)
        if row is None or row.plan_id != plan.id:
            raise NotFound("inspection.check_unknown", check=check_id)
        if not row.retired:
            row.retired = True
            _tell(session, plan, "check_retired", actor, now, {"check": row.id, "code": row.code})


def of_site(session: Session, site_id: int, plan_id: int) -> InspectionPlan:
    """A plan of a site; NotFound otherwise."""
    row = session.get(InspectionPlan, plan_id, with_for_update=True)
    if row is None or row.site_id != site_id:
        raise NotFound("inspection.plan_unknown", plan=plan_id)
    return row


def _shape(row: InspectionPlan) -> dict[str, object]:
    names = ("kind", "operation", "by", "every", "pieces", "level", "aql", "active")
    return {name: str(value) if isinstance(value := getattr(row, name), Decimal) else value for name in names}


def _tell(session: Session, row: InspectionPlan, what: str, actor: str, now: datetime, data: dict[str, object]) -> None:
    events.record(session, row.site_id, f"inspection_plan.{what}", ("inspection_plan", row.id), actor, now, data)


__all__ = ["BY", "KINDS", "Check", "Plan", "add_check", "change", "create", "of_site", "retire_check"]
