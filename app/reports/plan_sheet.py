"""The plan on paper: a table for every station and shift, to hang up where the work is done."""

import io
from dataclasses import dataclass
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.platypus import KeepTogether, SimpleDocTemplate, Spacer

from app.reports.paper import grid, numbered, words

_MARGIN = 36


@dataclass(frozen=True)
class Block:
    """One station in one shift: its heading and its rows of cells."""

    title: str
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class PlanSheet:
    """What is printed; ``columns`` are the heads of every table, ``nothing`` is said when there is no block."""

    title: str
    facts: str
    columns: tuple[str, ...]
    blocks: list[Block]
    nothing: str
    foot: str
    page_words: str


def pdf(sheet: PlanSheet) -> bytes:
    """The plan as PDF, A4 upright; a table that goes over the page repeats its head."""
    out = io.BytesIO()
    paper = SimpleDocTemplate(out, pagesize=A4, title=sheet.title, leftMargin=_MARGIN, rightMargin=_MARGIN,
                              topMargin=_MARGIN, bottomMargin=_MARGIN + 8, author="Gongxu")  # fmt: skip
    story: list[Any] = [words(sheet.title, 18), Spacer(0, 6), words(sheet.facts, 9), Spacer(0, 10)]
    wide = A4[0] - 2 * _MARGIN
    widths = [wide * part for part in (0.12, 0.12, 0.2, 0.28, 0.1, 0.18)]
    for block in sheet.blocks:
        rows: list[list[Any]] = [[words(name, 8) for name in sheet.columns]]
        rows += [[words(cell, 9) for cell in row] for row in block.rows]
        head = [words(block.title, 12), Spacer(0, 4)]
        short = [*head, grid(rows, widths)]
        story += [KeepTogether(short)] if len(rows) < 25 else short
        story.append(Spacer(0, 12))
    if not sheet.blocks:
        story.append(words(sheet.nothing, 10))
    paper.build(story, canvasmaker=numbered(sheet.foot, sheet.page_words))
    return out.getvalue()
