"""Writes what was read and checked, file kind by file kind, and tells it in one event for each site that changed."""

from datetime import datetime

from sqlalchemy.orm import Session

from app import events
from app.services.importing import cutover, machines, opening, orders, store, write_past, write_revisions
from app.services.importing.plan import Plan
from app.services.importing.result import ImportResult, OnProgress
from app.services.importing.sheets import ROUTING_SHEETS, SHEETS

TOPIC = "import.done"


def write_all(session: Session, plan: Plan, result: ImportResult, actor: str | None, tell: OnProgress) -> None:
    """Write every sheet in the order of what refers to what. Joins the caller's transaction."""
    now = plan.reading.now
    touched: set[str] = set()
    for done, name in enumerate(SHEETS):
        tell("write", done, len(SHEETS))
        touched |= _write(session, name, plan, result, actor, now)
    if plan.maps:
        before = result.of("devices").changed
        machines.write_maps(session, plan.maps, plan.reading.default_site, plan.known, result.of("devices"))
        touched |= {plan.reading.default_site} if result.of("devices").changed > before else set()
    touched |= cutover.write(session, plan.reading, plan.known, result, actor, now)
    tell("write", len(SHEETS), len(SHEETS))
    counts = {name: [c.created, c.updated, c.unchanged, c.kept] for name, c in result.counts.items()}
    for code in sorted(touched):
        site_id = plan.known.site_ids()[code]
        events.record(session, site_id, TOPIC, ("site", site_id), actor, now, {"counts": counts, "files": result.files})


def _write(
    session: Session, name: str, plan: Plan, result: ImportResult, actor: str | None, now: datetime
) -> set[str]:  # fmt: skip
    """Write one sheet; gives the codes of the sites where something changed."""
    records, known = plan.reading.of(name), plan.known
    if name == "bom" and plan.asked_boms:
        return write_revisions.write_boms(session, plan.asked_boms, plan.boms, known, result.of(name))
    if name == "routings" and plan.asked_routings:
        return write_revisions.write_routings(session, plan.asked_routings, plan.routings, known, result.of(name))
    if not records or name in (*ROUTING_SHEETS, "running", "open_units"):
        return set()
    if name == "stock":
        return opening.book(session, records, known, result.of(name), actor, now)
    if name == "orders":
        return orders.create(session, records, known, result.of(name), actor, now)
    if name == "history":
        return write_past.write(session, records, known, result.of(name), actor, now)
    if name == "complaints":
        return write_past.write_complaints(session, records, known, result.of(name), actor, now)
    return store.write(session, SHEETS[name], records, known, result, actor, now)
