"""One line of a bill of material, the supply of an item, and exact numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from bom.errors import BadQuantity, BadValue

ONE = Fraction(1)
# A number of a drawing or a recipe; 1e999999999 is a typing error that would fill the memory.
LARGEST_EXPONENT = 30


class Supply(StrEnum):
    """How an item comes to be there (ISA-95: material definition, its sourcing)."""

    MAKE_TO_ORDER = "make_to_order"
    STOCK = "stock"
    BUY = "buy"
    PHANTOM = "phantom"


def exact(value: object, field: str, of: str, *, zero: bool = False) -> Fraction:
    """Return the number as a fraction; refuse floats, NaN, infinities, negatives and (unless `zero`) zero."""
    # Almost every number of a large structure is already a positive Fraction: let it through at once.
    if type(value) is Fraction and (value.numerator > 0 or (zero and value.numerator == 0)):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction) or not _in_range(value):
        raise BadQuantity(of=of, field=field, value=str(value))
    number = Fraction(value)
    if number < 0 or (number == 0 and not zero):
        raise BadQuantity(of=of, field=field, value=str(value))
    return number


def _in_range(value: int | Decimal | Fraction) -> bool:
    if not isinstance(value, Decimal):
        return True
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and max(abs(exponent), abs(value.adjusted())) <= LARGEST_EXPONENT


def named(value: object, field: str, of: str) -> None:
    """Refuse a name that is empty or has blanks at its ends."""
    if not isinstance(value, str) or not value or value != value.strip():
        raise BadValue(of=of, field=field, value=value)


@dataclass(frozen=True)
class BomLine:
    """`quantity` children go into every `per` parents; valid from `valid_from` on, until before `valid_to`.

    The start is inclusive and the end exclusive, so that one version's end is the next one's start.
    Of the lines of one parent that share an `alternate_group` one is used. `operation` is the key of
    the parent's operation that consumes the child. `phantom` passes the child through on this line only.
    """

    key: str
    parent: str
    child: str
    quantity: Fraction
    per: Fraction = ONE
    valid_from: date | None = None
    valid_to: date | None = None
    scrap_percent: Decimal = Decimal(0)
    alternate_group: str | None = None
    priority: int = 1
    operation: str | None = None
    backflush: bool = True
    phantom: bool = False

    def __post_init__(self) -> None:
        """Refuse empty names, impossible numbers and empty date ranges."""
        of = f"line {self.key}"
        for field in ("key", "parent", "child"):
            named(getattr(self, field), field, of)
        object.__setattr__(self, "quantity", exact(self.quantity, "quantity", of))
        object.__setattr__(self, "per", exact(self.per, "per", of))
        if self.scrap_percent:
            exact(self.scrap_percent, "scrap_percent", of, zero=True)
        if self.valid_from and self.valid_to and self.valid_from >= self.valid_to:
            raise BadValue(of=of, field="valid_to", value=self.valid_to.isoformat())

    @cached_property
    def net(self) -> Fraction:
        """Return the children in one parent, without scrap."""
        return self.quantity if self.per == 1 else self.quantity / self.per

    @cached_property
    def scrap_factor(self) -> Fraction:
        """Return 1 + scrap/100: what must be provided for one good piece."""
        return 1 + Fraction(self.scrap_percent) / 100 if self.scrap_percent else ONE

    @cached_property
    def gross(self) -> Fraction:
        """Return the children to provide for one parent, scrap included."""
        return self.net * self.scrap_factor if self.scrap_percent else self.net

    def valid_on(self, on: date) -> bool:
        """Tell whether the line counts on this date."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)
