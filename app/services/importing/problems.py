"""What is wrong with what is imported: the place, a code and named values. Every problem is told at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; ``row`` counts from 1 (the header) as a spreadsheet does, None for the whole file."""

    file: str
    row: int | None
    column: str | None
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, int, str]:
        """Where it is, for sorting."""
        return self.file, self.row or 0, self.column or ""


class BadCell(Exception):
    """A cell that cannot be read; the reader of the row knows where it stands."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
