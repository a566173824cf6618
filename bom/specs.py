"""What a broken-down order consists of: nodes, tasks, links, and the frozen picture of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cached_property

from bom.effective import Choices
from bom.explode import Need
from bom.lines import BomLine
from bom.operation import LinkKind, LinkType, Operation, StationChoice

SNAPSHOT_VERSION = 1


@dataclass(frozen=True)
class Chosen:
    """What the planner decided: a line for (parent, alternate group), and optional operations to skip, by item."""

    lines: Choices = field(default_factory=dict)
    skipped: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class NodeSpec:
    """One place in the structure where an item is made: `node` is the path of line keys from the root "0"."""

    node: str
    parent: str | None
    line_key: str | None
    item: str
    level: int
    quantity: Decimal


@dataclass(frozen=True)
class MaterialNeed:
    """A stocked or bought item a task consumes: net amount for one piece of the task's item; scrap comes on top.

    `line_key` is the BOM line; through phantoms the keys are joined by dots and scrap is compounded.
    """

    line_key: str
    item: str
    quantity_per: Fraction
    backflush: bool
    scrap_percent: Decimal


@dataclass(frozen=True)
class TaskSpec:
    """One operation at one node (ISA-95: job order); minutes for the whole quantity at a station of factor 1."""

    op_key: str
    node: str
    item: str
    operation: Operation
    level: int
    sequence: int
    quantity: Decimal
    minutes: Fraction
    materials: tuple[MaterialNeed, ...]
    is_final: bool

    @property
    def stations(self) -> tuple[StationChoice, ...]:
        """Return the stations that can do it."""
        return self.operation.stations

    @property
    def skills(self) -> tuple[str, ...]:
        """Return the skills it asks for."""
        return self.operation.skills


@dataclass(frozen=True)
class LinkSpec:
    """Pieces flow from one task to another; `ratio` pieces of `succ` become possible with each piece passed.

    Links of one successor with the same `input_key` add up, different inputs are joined by their minimum.
    `line_key` names the BOM line when a sub-item flows into its parent.
    """

    pred: str
    succ: str
    type: LinkType
    lag_min: Fraction
    ratio: Fraction
    transfer_batch: Fraction | None
    kind: LinkKind
    alternate_group: str | None
    input_key: str
    line_key: str | None = None


@dataclass(frozen=True)
class BreakDown:
    """An order broken down: tasks in sequence, their links, the needs, the nodes made, and the lines used."""

    item: str
    quantity: Decimal
    on: date
    tasks: tuple[TaskSpec, ...]
    links: tuple[LinkSpec, ...]
    needs: tuple[Need, ...]
    nodes: tuple[NodeSpec, ...]
    lines: tuple[BomLine, ...]

    def snapshot(self) -> dict[str, object]:
        """Return everything as plain lists, dicts and strings, for a release to freeze; fractions as "1/3"."""
        return {"version": SNAPSHOT_VERSION} | {part.name: plain(getattr(self, part.name)) for part in fields(self)}

    @cached_property
    def content_hash(self) -> str:
        """Return the SHA-256 of the canonical JSON of the snapshot, in hex."""
        text = json.dumps(self.snapshot(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def plain(value: object) -> object:
    """Return a value as JSON knows it; equal numbers give equal text (2, 2.0 and 2.00 are "2")."""
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction | date):
        return str(value)
    if isinstance(value, Need):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value
