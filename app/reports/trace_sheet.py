"""The trace sheet: what is known about one thing, on paper, bound to the chain of events by its last hash."""

import io
from dataclasses import dataclass
from typing import Any

from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import KeepTogether, SimpleDocTemplate, Spacer

from app.reports.paper import grid, numbered, words

_MARGIN = 36


@dataclass(frozen=True)
class Part:
    """A table: its title, columns, rows of words, and the sentence that stands there when it is empty."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    nothing: str


@dataclass(frozen=True)
class Sheet:
    """What is printed; ``page_words`` says "Page {page} of {pages}" in the reader's language."""

    title: str
    facts: list[tuple[str, str]]
    parts: list[Part]
    foot: str
    page_words: str


def pdf(sheet: Sheet) -> bytes:
    """The sheet as PDF, A4 across; it can be searched and copied in both languages."""
    out = io.BytesIO()
    paper = SimpleDocTemplate(out, pagesize=landscape(A4), title=sheet.title, leftMargin=_MARGIN, rightMargin=_MARGIN,
                              topMargin=_MARGIN, bottomMargin=_MARGIN + 8, author="Gongxu")  # fmt: skip
    wide = landscape(A4)[0] - 2 * _MARGIN
    facts = [[words(name, 9), words(value, 9)] for name, value in sheet.facts]
    story: list[Any] = [
        words(sheet.title, 16),
        Spacer(0, 8),
        grid(facts, [110, wide - 110], 0) if facts else Spacer(0, 0),
    ]
    for part in sheet.parts:
        story += _part(part, wide)
    paper.build(story, canvasmaker=numbered(sheet.foot, sheet.page_words))
    return out.getvalue()


def _part(part: Part, wide: float) -> list[Any]:
    head = [Spacer(0, 12), words(part.title, 11), Spacer(0, 4)]
    if not part.rows:
        return [KeepTogether([*head, words(part.nothing, 8)])]
    rows = [[words(name, 7) for name in part.columns], *([words(cell, 7) for cell in row] for row in part.rows)]
    return [*head, grid(rows, _widths(part, wide))]


def _widths(part: Part, wide: float) -> list[float]:
    """Columns share the width by the longest text in them, within bounds, so that short ones stay on one line."""
    longest = [min(30, max(5, *(_length(row[at]) for row in [part.columns, *part.rows[:200]])))
               for at in range(len(part.columns))]  # fmt: skip
    return [wide * share / sum(longest) for share in longest]


def _length(text: str) -> int:
    return sum(2 if character > "\u2e7f" else 1 for character in text)


__all__ = ["Part", "Sheet", "pdf"]
