"""Work done outside through the API: sent, received, and what is out."""

from typing import Annotated, Any

from pydantic import Field

from app.auth import actor, identity
from app.db import db, now_utc
from app.models import Reason
from app.queries import by_code
from app.queries import outside as look
from app.services import outside
from app.web.api.operation import N_, operation
from app.web.api.values import Amount, Asked, Code, Given, Id, Line, Moment, NoQuery, Number, Quantity, Raw

Units = Annotated[list[Raw], Field(max_length=500)]


class SendNew(Asked):
    """What leaves for whom; units by their numbers where pieces have numbers, a quantity otherwise."""

    task: Id
    supplier: Line
    quantity: Quantity | None = None
    units: Units = Field(default_factory=list)
    due_at: Moment | None = Field(None, description="The lead time of the operation from now when left out.")


class ReceiveNew(Asked):
    """What came back good, and what was lost with the reason; of units one or the other."""

    good: Number = Field("0", validate_default=True)
    lost: Number = Field("0", validate_default=True)
    reason: Code | None = None
    units: Units = Field(default_factory=list)


class DispatchOut(Given):
    """A dispatch; `units` are those that are still out."""

    id: int
    code: str
    task: int
    order: str
    item: str | None
    supplier: str
    quantity: Amount
    good: Amount
    lost: Amount
    sent_at: Moment
    due_at: Moment
    closed_at: Moment | None
    units: list[str]


class Dispatches(Given):
    """What is out, the earliest due first."""

    rows: list[DispatchOut]


@operation("GET", "/outside", "stock", "pack", N_("List what is out"), query=NoQuery, answer=Dispatches)
def list_outside() -> dict[str, Any]:
    """Open dispatches."""
    return {"rows": [_row(row) for row in look.dispatches(db.session, identity().site_id)]}


@operation("POST", "/outside", "stock", "pack", N_("Send work outside"), body=SendNew, answer=DispatchOut, status=201,
           refusals=(404, 409))  # fmt: skip
def send_outside(body: SendNew) -> dict[str, Any]:
    """Pieces of a task leave for a supplier."""
    made = outside.send(identity().site_id, body.task, body.supplier, body.quantity, tuple(body.units), actor(),
                        now_utc(), body.due_at)  # fmt: skip
    return _row(look.dispatch(db.session, identity().site_id, made))


@operation("POST", "/outside/<code>/receive", "stock", "pack", N_("Receive work from outside"), body=ReceiveNew,
           answer=DispatchOut, refusals=(404, 409))  # fmt: skip
def receive_outside(code: str, body: ReceiveNew) -> dict[str, Any]:
    """What came back is reported at its task, what was lost as scrap."""
    site_id = identity().site_id
    reason_id = by_code.id_of(db.session, Reason, site_id, body.reason, "reason")
    row = look.dispatch(db.session, site_id, code)
    outside.receive(site_id, row.id, body.good, body.lost, reason_id, tuple(body.units), actor(), now_utc(),
                    identity().person_id)  # fmt: skip
    return _row(look.dispatch(db.session, site_id, code))


def _row(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "code": row.code, "task": row.task_id, "order": row.order_code, "item": row.item_code,
        "supplier": row.supplier, "quantity": row.quantity, "good": row.quantity_good, "lost": row.quantity_lost,
        "sent_at": row.sent_at, "due_at": row.due_at, "closed_at": row.closed_at,
        "units": look.units_out(db.session, row.id),
    }  # fmt: skip
