"""Packing and shipping through the API."""

from typing import Any, Literal

from pydantic import Field

from app.auth import actor, identity
from app.db import db, now_utc
from app.queries import packing as look
from app.services import packing, shipping
from app.web.api.operation import N_, operation
from app.web.api.values import Amount, Asked, Code, Given, Line, Moment, Quantity, Raw


class ContainerNew(Asked):
    """Which kind of container."""

    kind: Literal["box", "pallet", "rack"]


class PackNew(Asked):
    """What goes in, as it was scanned: a unit, a container, or a lot with its quantity."""

    code: Raw
    quantity: Quantity | None = Field(None, description="For a lot only.")


class PutAway(Asked):
    """Where it is received."""

    location: Code


class ShipNew(Asked):
    """To which customer's order it leaves."""

    customer_order: Code
    customer: Line | None = None


class PackedOut(Given):
    """An entry of a container."""

    id: int
    kind: str
    code: str
    quantity: Amount


class ContainerOut(Given):
    """A container with what lies in it."""

    id: int
    code: str
    kind: str
    location: str | None
    customer_order: str | None
    shipped_at: Moment | None
    entries: list[PackedOut]


@operation("POST", "/containers", "stock", "pack", N_("Make a container"), body=ContainerNew, answer=ContainerOut,
           status=201)  # fmt: skip
def create_container(body: ContainerNew) -> dict[str, Any]:
    """An empty container with a number of its own."""
    made = packing.create(identity().site_id, body.kind, actor(), now_utc())
    return _whole(look.container(db.session, identity().site_id, made).code)


@operation("GET", "/containers/<code>", "stock", "pack", N_("Get a container with its contents"), answer=ContainerOut,
           refusals=(404,))  # fmt: skip
def get_container(code: str) -> dict[str, Any]:
    """Where it is and what lies in it."""
    return _whole(code)


@operation("POST", "/containers/<code>/pack", "stock", "pack", N_("Pack into a container"), body=PackNew,
           answer=ContainerOut, refusals=(404, 409))  # fmt: skip
def pack_container(code: str, body: PackNew) -> dict[str, Any]:
    """Put a unit, a lot or another container in."""
    packing.pack(identity().site_id, _id(code), body.code, body.quantity, actor(), now_utc())
    return _whole(code)


@operation("POST", "/containers/<code>/unpack/<int:entry>", "stock", "pack", N_("Take out of a container"),
           answer=ContainerOut, refusals=(404, 409))  # fmt: skip
def unpack_container(code: str, entry: int) -> dict[str, Any]:
    """Take one entry out."""
    packing.unpack(identity().site_id, _id(code), entry, actor(), now_utc())
    return _whole(code)


@operation("POST", "/containers/<code>/put-away", "stock", "stock.move", N_("Receive finished goods into a location"),
           body=PutAway, answer=ContainerOut, refusals=(404, 409))  # fmt: skip
def put_away_container(code: str, body: PutAway) -> dict[str, Any]:
    """Finished goods receipt of all that is in it."""
    packing.put_away(identity().site_id, _id(code), body.location, actor(), now_utc())
    return _whole(code)


@operation("POST", "/containers/<code>/ship", "stock", "stock.move", N_("Ship a container"), body=ShipNew,
           answer=ContainerOut, refusals=(404, 409))  # fmt: skip
def ship_container(code: str, body: ShipNew) -> dict[str, Any]:
    """Send it with all that is in it to a customer's order."""
    shipping.ship(identity().site_id, _id(code), body.customer_order, body.customer, actor(), now_utc())
    return _whole(code)


def _id(code: str) -> int:
    return int(look.container_by_code(db.session, identity().site_id, code).id)


def _whole(code: str) -> dict[str, Any]:
    row = look.container_by_code(db.session, identity().site_id, code)
    inside = [{"id": one.id, "kind": one.kind, "code": one.code, "quantity": one.quantity}
              for one in look.entries(db.session, row.id)]  # fmt: skip
    names = ("id", "code", "kind", "location", "customer_order", "shipped_at")
    return {name: getattr(row, name) for name in names} | {"entries": inside}
