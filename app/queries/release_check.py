"""What releasing a draft would do: how many tasks, which materials, what may be skipped, and what forbids it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.errors import Conflict
from app.events import Store
from app.queries.engineering import engineering, item_row
from app.queries.order_detail import Need, in_stock, rounded_up
from bom.errors import BomError
from bom.specs import BreakDown
from bom.tasks import break_down


@dataclass(frozen=True)
class Optional:
    """An operation that may be left out: the item's code, the operation's key and row."""

    item: str
    key: str
    operation: Any


@dataclass(frozen=True)
class ReleaseCheck:
    """``refusal`` says why the order cannot be released; the rest is empty then."""

    refusal: Conflict | None = None
    tasks: int = 1
    needs: tuple[Need, ...] = ()
    optional: tuple[Optional, ...] = ()


def release_check(store: Store, site_id: int, item_id: int, quantity: Decimal, on: date) -> ReleaseCheck:
    """Break an order down without writing anything."""
    code = item_row(store, site_id, item_id).code
    try:
        data = engineering(store, site_id, item_id)
        made = break_down(data.structure, data.routings, code, quantity, on, decimals=data.decimals)
    except BomError as error:
        return ReleaseCheck(refusal=Conflict("order.bom", problem=str(error), cause=error.code), tasks=0)
    optional = tuple(
        Optional(task.item, task.operation.key, data.operations[(task.item, task.operation.key)])
        for task in _once(made) if task.operation.optional
    )  # fmt: skip
    return ReleaseCheck(None, len(made.tasks), _needs(store, site_id, made, data.items), optional)


def _once(made: BreakDown) -> list[Any]:
    return list({(task.item, task.operation.key): task for task in made.tasks}.values())


def _needs(store: Store, site_id: int, made: BreakDown, items: dict[str, Any]) -> tuple[Need, ...]:
    bought = [need for need in made.needs if items[need.item].supply in ("stock", "buy") and need.item != made.item]
    stock = in_stock(store, site_id, [items[need.item].id for need in bought])
    return tuple(
        Need(items[need.item], rounded_up(need.quantity, items[need.item].decimals), Decimal(0),
             stock[items[need.item].id])
        for need in sorted(bought, key=lambda need: need.item)
    )  # fmt: skip
