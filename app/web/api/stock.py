"""Stock through the API: material that comes in."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from app.auth import actor, identity
from app.db import now_utc
from app.services import receiving
from app.web.api.operation import N_, operation
from app.web.api.values import Amount, Asked, Code, Given, Line, Quantity


class ReceiptNew(Asked):
    """Material that came in; a lot number is made when none is given and the item is tracked by lot."""

    item: Code
    quantity: Quantity
    lot: Code | None = None
    location: Code | None = Field(None, description="The first location of the plant when left out.")
    supplier: Line | None = None
    supplier_lot: Code | None = None
    expires_on: Annotated[date, Field(strict=False)] | None = None


class Received(Given):
    """What was put into stock, and where."""

    item: str
    lot: str | None
    location: str
    quantity: Amount


@operation("POST", "/stock/receipts", "stock", "stock.move", N_("Receive material"), body=ReceiptNew,
           answer=Received, status=201, refusals=(404, 409))  # fmt: skip
def receive_material(body: ReceiptNew) -> dict[str, Any]:
    """Put material into stock under its lot."""
    return receiving.receive(identity().site_id, receiving.Receipt(**body.model_dump()), actor(), now_utc())
