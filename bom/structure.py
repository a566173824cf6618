"""A bill of material of any number of items, checked where it is built, with its order and its dates."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from bom.cycles import below, closing_path, first_loop
from bom.effective import Choices, Effective, chosen, effective
from bom.errors import DuplicateKey, StructureCycle
from bom.lines import BomLine, Supply, exact
from bom.order import topological

__all__ = ["BomLine", "Choices", "Structure", "Supply", "exact"]

KEPT_VIEWS = 8  # dates asked for in practice: today, an order's due date, the next change


@dataclass(frozen=True, eq=False)
class Structure:
    """All lines, and the supply of the items (default: make_to_order with lines, else buy); immutable."""

    lines: Sequence[BomLine]
    supply: Mapping[str, Supply] = field(default_factory=dict)
    _views: dict[int, Effective] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse a line key given twice and a loop whose lines share a date, with its path."""
        object.__setattr__(self, "lines", tuple(self.lines))
        seen: set[str] = set()
        for line in self.lines:
            if line.key in seen:
                raise DuplicateKey(what="line", key=line.key)
            seen.add(line.key)
        _, rest = self._order
        path = first_loop(self.lines, rest) if rest else ()
        if path:
            raise StructureCycle(path=path)

    @cached_property
    def _anytime(self) -> dict[str, list[str]]:
        return below(self.lines)

    @cached_property
    def items(self) -> tuple[str, ...]:
        """Return every item named by a line or by the supply, in the order they appear."""
        names = dict.fromkeys(name for line in self.lines for name in (line.parent, line.child))
        return tuple(names | dict.fromkeys(self.supply))

    @cached_property
    def _order(self) -> tuple[list[str], list[str]]:
        return topological(self.items, self._anytime)

    @cached_property
    def _place(self) -> dict[str, int]:
        order, rest = self._order
        return {} if rest else {item: at for at, item in enumerate(order)}

    @cached_property
    def _changes(self) -> list[date]:
        return sorted({day for line in self.lines for day in (line.valid_from, line.valid_to) if day})

    def supply_of(self, item: str) -> Supply:
        """Return how the item is supplied."""
        default = Supply.MAKE_TO_ORDER if item in self._anytime else Supply.BUY
        return self.supply.get(item, default)

    def on(self, on: date, choices: Choices | None = None) -> Effective:
        """Return the structure as it stands on a date; kept between two changes, so asking again is cheap."""
        span = bisect_right(self._changes, on)
        view = self._views.get(span)
        if view is None:
            view = self._view(on)
            if len(self._views) >= KEPT_VIEWS:
                self._views.clear()
            self._views[span] = view
        return view.with_choices(choices or {})

    def _view(self, on: date) -> Effective:
        valid: dict[str, list[BomLine]] = {}
        for line in self.lines:
            if line.valid_on(on):
                valid.setdefault(line.parent, []).append(line)
        order, rest = self._order
        if rest:  # only dates keep it free of loops: this date has an order of its own
            order, _ = topological(self.items, below(self.lines, on))
        phantoms = frozenset(item for item in order if self.supply_of(item) is Supply.PHANTOM)
        stops = frozenset(item for item in order if self.supply_of(item) in (Supply.STOCK, Supply.BUY))
        return effective(on, tuple(order), valid, phantoms, stops)

    def lines_of(self, parent: str, on: date, choices: Choices | None = None) -> list[BomLine]:
        """Return the lines of a parent that count on the date, one of each alternate group."""
        view = self.on(on)
        own = {(owner, group): line for (owner, group), line in (choices or {}).items() if owner == parent}
        return chosen(view.valid.get(parent, ()), own, parent, on)

    def loop_with(self, line: BomLine) -> tuple[str, ...]:
        """Return the loop that adding this line would close (parent, child, ..., parent), or ()."""
        return closing_path(line, self.lines, self._anytime, self._place, bool(self._changes))
