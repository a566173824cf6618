"""What an import did, or would do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.services.importing.problems import Problem

# stage, how many of it are done, how many there are
OnProgress = Callable[[str, int, int], None]
MOST_CHANGES = 2000


@dataclass
class Counts:
    """Rows of one file; ``kept`` ones stand in the store, differ, and are changed there only."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0

    @property
    def changed(self) -> int:
        """How many rows were written."""
        return self.created + self.updated


@dataclass(frozen=True)
class Change:
    """A row that is new (``before`` is None) or differs: texts by column, of what changed alone."""

    sheet: str
    row: int
    key: tuple[str, ...]
    before: Mapping[str, str] | None
    after: Mapping[str, str]


@dataclass
class ImportResult:
    """Counts by file kind, the files read, and every problem; with a problem nothing was written.

    ``changes`` tells the first ``MOST_CHANGES`` rows that differ, so that a trial can show them.
    """

    counts: dict[str, Counts] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    written: bool = False

    @property
    def changed(self) -> int:
        """How many rows were written in all."""
        return sum(counts.changed for counts in self.counts.values())

    def of(self, sheet: str) -> Counts:
        """The counts of a file kind."""
        return self.counts.setdefault(sheet, Counts())

    def tell(self, change: Change) -> None:
        """Remember what changed in a row, as long as somebody could still read it all."""
        if len(self.changes) < MOST_CHANGES:
            self.changes.append(change)
