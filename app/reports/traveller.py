"""The traveller (流转卡) of an order: it goes with the parts, with a code to scan for every operation."""

import io
from dataclasses import dataclass
from typing import Any

from reportlab.graphics.barcode import code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import SimpleDocTemplate, Spacer, Table

from app.reports.paper import grid, numbered, words

_MARGIN = 36


@dataclass(frozen=True)
class Stop:
    """An operation on the way: its printed code as scanners read it, the same for people, and what is done where."""

    code: str
    readable: str
    number: str
    name: str
    place: str
    quantity: str


@dataclass(frozen=True)
class Traveller:
    """What is printed; ``code`` is the order's own printed code, ``columns`` the four heads of the table."""

    title: str
    code: str
    readable: str
    facts: list[tuple[str, str]]
    columns: tuple[str, str, str, str]
    stops: list[Stop]
    foot: str
    page_words: str


def pdf(traveller: Traveller) -> bytes:
    """The traveller as PDF, A4 upright, with Code 128 bars that any scanner reads."""
    out = io.BytesIO()
    paper = SimpleDocTemplate(out, pagesize=A4, title=traveller.title, leftMargin=_MARGIN, rightMargin=_MARGIN,
                              topMargin=_MARGIN, bottomMargin=_MARGIN + 8, author="Gongxu")  # fmt: skip
    wide = A4[0] - 2 * _MARGIN
    facts = grid([[words(name, 10), words(value, 10)] for name, value in traveller.facts], [80, wide - 290], 0)
    top = Table([[facts, [bars(traveller.code), words(traveller.readable, 10)]]], colWidths=[wide - 200, 200])
    widths = [30.0, wide - 30 - 90 - 200, 90.0, 200.0]
    rows: list[list[Any]] = [[words(name, 9) for name in traveller.columns]]
    rows += [_row(stop) for stop in traveller.stops]
    story = [words(traveller.title, 18), Spacer(0, 8), top, Spacer(0, 12), grid(rows, widths)]
    paper.build(story, canvasmaker=numbered(traveller.foot, traveller.page_words))
    return out.getvalue()


def bars(code: str) -> code128.Code128:
    """A code as bars of 0.36 mm with quiet zones."""
    return code128.Code128(code, barWidth=0.36 * mm, barHeight=12 * mm, quiet=True, humanReadable=False)


def _row(stop: Stop) -> list[Any]:
    what = [words(stop.name, 11), words(stop.place, 9)]
    return [words(stop.number, 10), what, words(stop.quantity, 11), [bars(stop.code), words(stop.readable, 9)]]


__all__ = ["Stop", "Traveller", "bars", "pdf"]
