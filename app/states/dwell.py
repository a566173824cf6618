"""How long something stays: when a piece arrived, against how long it may stay, and what stands out."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from statistics import median

FACTOR = 3  # so many times the standard is the usual way of a piece through queue and work; beyond, it stands out


def arrived(moves: Iterable[tuple[datetime, Decimal]], done: Decimal) -> datetime | None:
    """When the first piece beyond ``done`` came, from what was passed on, oldest first; None when none came."""
    total = Decimal(0)
    for at, quantity in moves:
        total += quantity
        if total > done:
            return at
    return None


def allowed(standard_min: Decimal, own_min: Decimal | None = None) -> Decimal:
    """How many minutes a piece may stay: what the operation says itself, else three times its standard."""
    return own_min if own_min is not None else standard_min * FACTOR


def tone(minutes: Decimal, most: Decimal) -> str:
    """warn beyond what is allowed, crit beyond twice of it; nothing is said of an operation without a standard."""
    if most <= 0 or minutes <= most:
        return ""
    return "crit" if minutes > 2 * most else "warn"


def middle(minutes: list[Decimal]) -> Decimal:
    """The median, to a tenth."""
    return round(Decimal(median(minutes)), 1)


__all__ = ["FACTOR", "allowed", "arrived", "middle", "tone"]
