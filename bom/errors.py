"""What this room refuses.

    BomError
    ├── BadValue            bad_value            a number, name or date that cannot stand
    ├── BadQuantity         bad_quantity         zero, negative, infinite, NaN or inexact
    ├── DuplicateKey        duplicate_key        one key for two things
    ├── UnknownItem         unknown_item
    ├── UnknownChoice       unknown_choice       a chosen alternate that is not valid there
    ├── StructureCycle      bom_cycle            an item that contains itself, with the path
    ├── ProcessError
    │   ├── UnknownOperation    unknown_operation
    │   ├── SelfLoop            self_loop
    │   ├── ProcessCycle        process_cycle    with the path
    │   ├── Unreachable         unreachable
    │   ├── BadRework           bad_rework       does not go back to an ancestor
    │   ├── BadAlternate        bad_alternate    a group that offers no clear choice
    │   └── NotOptional         not_optional     skipped although it must be done, or cannot be bridged
    ├── BreakDownError
    │   ├── MissingRouting      missing_routing
    │   ├── NoStation           no_station
    │   └── TooLarge            too_large
    └── FileError
        ├── MissingColumns      missing_columns
        └── BadRows             bad_rows         every bad row, with its line and column

An error carries a `code` and named `values`; the words a user reads are made elsewhere.
`str()` gives one plain English line for the command line and the log.
"""

from __future__ import annotations

from typing import ClassVar


class BomError(Exception):
    """Base of everything this room refuses: a code and named values."""

    code: ClassVar[str] = "bom_error"
    line: ClassVar[str] = "refused"

    def __init__(self, **values: object) -> None:
        """Keep the named values; `str()` puts them into the class's line."""
        super().__init__(values)
        self.values = values

    def __str__(self) -> str:
        """Return one English line, paths written as `A -> B -> A`."""
        return self.line.format(**{name: _shown(value) for name, value in self.values.items()})


def _shown(value: object) -> str:
    return " -> ".join(str(step) for step in value) if isinstance(value, tuple) else str(value)


class BadValue(BomError):
    code = "bad_value"
    line = "{of}: {field} cannot be {value!r}"


class BadQuantity(BomError):
    code = "bad_quantity"
    line = "{of}: {field} must be an exact number in its range, not {value!r}"


class DuplicateKey(BomError):
    code = "duplicate_key"
    line = "the {what} {key!r} is given twice"


class UnknownItem(BomError):
    code = "unknown_item"
    line = "the item {item!r} is not in the structure"


class UnknownChoice(BomError):
    code = "unknown_choice"
    line = "{parent}: {line!r} is no valid member of the alternate group {group!r} on {on}"


class StructureCycle(BomError):
    code = "bom_cycle"
    line = "cycle: {path}"


class ProcessError(BomError):
    """A process graph that cannot be run."""


class UnknownOperation(ProcessError):
    code = "unknown_operation"
    line = "{of}: the operation {operation!r} does not exist"


class SelfLoop(ProcessError):
    code = "self_loop"
    line = "the operation {operation!r} is linked to itself"


class ProcessCycle(ProcessError):
    code = "process_cycle"
    line = "cycle: {path}"


class Unreachable(ProcessError):
    code = "unreachable"
    line = "not linked with the rest of the process: {operation}"


class BadRework(ProcessError):
    code = "bad_rework"
    line = "rework from {pred!r} must go back to an operation before it, not to {succ!r}"


class BadAlternate(ProcessError):
    code = "bad_alternate"
    line = "alternate group {group!r} at {operation!r}: {reason}"


class NotOptional(ProcessError):
    code = "not_optional"
    line = "the operation {operation!r} cannot be skipped: {reason}"


class BreakDownError(BomError):
    """An order that cannot be broken down into tasks."""


class MissingRouting(BreakDownError):
    code = "missing_routing"
    line = "the item {item!r} is made to order and has no routing"


class NoStation(BreakDownError):
    code = "no_station"
    line = "{item}: no station can do the operation {operation!r}"


class TooLarge(BreakDownError):
    code = "too_large"
    line = "{item}: more than {limit} nodes to make; stock its shared subassemblies"


class FileError(BomError):
    """A file that cannot be read as a bill of material."""


class MissingColumns(FileError):
    code = "missing_columns"
    line = "missing columns: {columns}"

    def __str__(self) -> str:
        """Name the missing columns, separated by commas."""
        columns = self.values["columns"]
        return "missing columns: " + ", ".join(columns if isinstance(columns, tuple) else ())


class BadRows(FileError):
    code = "bad_rows"

    def __str__(self) -> str:
        """Return one line for each bad row."""
        rows = self.values["rows"]
        return "\n".join(str(row) for row in (rows if isinstance(rows, tuple) else ()))
