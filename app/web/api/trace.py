"""Trace through the API: one text finds a thing; it shows what is in it, where it went and what happened to it."""

from typing import Annotated, Any

from pydantic import Field

from app.auth import identity
from app.db import db
from app.queries import trace
from app.queries.trace_history import history
from app.queries.trace_rows import History, Step, Used, Value
from app.queries.trace_things import Thing
from app.web.api.operation import N_, operation
from app.web.api.values import Amount, Given, Moment, Wanted


class TraceWanted(Wanted):
    """What to trace: a printed code, a serial number, a lot, an order, a container."""

    q: Annotated[str, Field(min_length=1, max_length=200)]


class TracedThing(Given):
    """Something in the genealogy: its kind, its code, and what it is."""

    kind: str
    id: int | str
    code: str
    name: str
    state: str | None
    note: str | None
    held: bool


class TracedStep(Given):
    """A report: what was done where, on which machine, by whom (as a code) and when."""

    kind: str
    quantity: Amount
    operation: str
    order: str
    station: str | None
    machine: str | None
    person: str | None
    shift: str | None
    reason: str | None
    at: Moment
    undone: bool
    shared: bool = Field(description="It counts for the whole order, not for this one unit.")


class TracedUse(Given):
    """A component that was used: an amount of a lot, or one serial number."""

    item: str
    quantity: Amount
    lot: str | None
    supplier_lot: str | None
    component: str | None
    operation: str


class TracedValue(Given):
    """A measured value with the limits and the verdict of that time."""

    code: str
    value: Amount
    unit: str | None
    lower: Amount | None
    upper: Amount | None
    verdict: str
    source: str
    machine: str | None
    at: Moment


class Traced(Given):
    """What is in a thing and where it went; `others` are further things that the text could mean."""

    thing: TracedThing
    contains: list[TracedThing]
    went_into: list[TracedThing]
    steps: list[TracedStep]
    uses: list[TracedUse]
    values: list[TracedValue]
    more: bool
    others: list[TracedThing]


@operation("GET", "/trace", "trace", "trace.view", N_("Trace a unit, lot, order or code"), query=TraceWanted,
           answer=Traced, refusals=(404,))  # fmt: skip
def trace_thing(query: TraceWanted) -> dict[str, Any]:
    """The genealogy and history of what a text means, the first when it means several things."""
    site_id = identity().site_id
    found = trace.find(db.session(), site_id, query.q)
    tree = trace.genealogy(db.session(), site_id, found[0])
    back, forth = ([_thing(tree.things[node]) for node in side.nodes if node in tree.things and node != found[0].node]
                   for side in (tree.backward, tree.forward))  # fmt: skip
    told: History = history(db.session(), site_id, found[0])
    return {
        "thing": _thing(found[0]), "contains": back, "went_into": forth, "steps": [_step(row) for row in told.steps],
        "uses": [_use(row) for row in told.used], "values": [_value(row) for row in told.values],
        "more": told.more,
        "others": [_thing(other) for other in found[1:]],
    }  # fmt: skip


def _thing(one: Thing) -> dict[str, Any]:
    return {"kind": one.node.kind, "id": one.node.id, "code": one.code, "name": one.name, "state": one.status,
            "note": one.note, "held": one.held}  # fmt: skip


def _step(row: Step) -> dict[str, Any]:
    return {
        "kind": row.kind, "quantity": row.quantity, "operation": row.operation.code, "order": row.order,
        "station": _code(row.station), "machine": _code(row.machine), "person": _code(row.person),
        "shift": _code(row.shift), "reason": _code(row.reason), "at": row.at, "undone": row.undone,
        "shared": row.shared,
    }  # fmt: skip


def _use(row: Used) -> dict[str, Any]:
    return {"item": row.item.code, "quantity": row.quantity, "lot": row.lot, "supplier_lot": row.supplier_lot,
            "component": row.component, "operation": row.operation.code}  # fmt: skip


def _value(row: Value) -> dict[str, Any]:
    return {"code": row.code, "value": row.value, "unit": row.unit, "lower": row.lower, "upper": row.upper,
            "verdict": row.verdict, "source": row.source, "machine": _code(row.machine), "at": row.at}  # fmt: skip


def _code(named: Any) -> str | None:
    return None if named is None else named.code
