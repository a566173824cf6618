"""What a quantity of an item needs on a day, against what lies in stock and is not promised to released orders."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from app.events import Store
from app.queries.engineering import engineering
from app.queries.order_detail import in_stock
from app.queries.stock import reserved
from bom.explode import requirements, rounded_up


class Need(NamedTuple):
    """What is needed of an item; ``missing`` is what neither lies free in stock nor is made in the order itself."""

    item: Any
    level: int
    needed: Decimal
    stock: Decimal
    promised: Decimal
    missing: Decimal


def needs(store: Store, site_id: int, item: Any, quantity: Fraction, on: date) -> list[Need]:
    """Every item that goes in, down to what is bought or made to stock. Raises BomError."""
    data = engineering(store, site_id, item.id)
    if not data.structure.lines:
        return []
    found = requirements(data.structure, item.code, quantity, on, stop_at_supply=True)
    ids = sorted(data.items[need.item].id for need in found)
    lying, promised = in_stock(store, site_id, ids), reserved(store, site_id)
    rows = []
    for need in found:
        row = data.items[need.item]
        amount = rounded_up(need.quantity, row.decimals)
        have, given = lying.get(row.id, Decimal(0)), promised.get(row.id, Decimal(0))
        free = max(have - given, Decimal(0))
        missing = Decimal(0) if row.supply == "make_to_order" else max(amount - free, Decimal(0))
        rows.append(Need(row, need.level, amount, have, given, missing))
    return rows
