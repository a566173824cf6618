"""Labels as PDF: one to a page of its own size, or many on sheets of A4 with lines to cut along."""

import io
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from app.reports.label import Label, Symbol, Words, fitted
from app.reports.paper import LATIN, font

_MARGIN, _GAP = 10.0, 3.0


def pages(labels: Sequence[Label], title: str) -> bytes:
    """A PDF with one label to a page."""
    out = io.BytesIO()
    canvas = _canvas(out, title)
    for label in labels:
        canvas.setPageSize((label.wide * mm, label.high * mm))
        _draw(canvas, label, 0, 0, label.high)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def sheets(labels: Sequence[Label], title: str) -> bytes:
    """A PDF of A4 sheets, filled row by row with labels of one size."""
    out = io.BytesIO()
    canvas = _canvas(out, title)
    wide, high = A4[0] / mm, A4[1] / mm
    across = max(1, int((wide - 2 * _MARGIN + _GAP) // (labels[0].wide + _GAP)))
    down = max(1, int((high - 2 * _MARGIN + _GAP) // (labels[0].high + _GAP)))
    for number, label in enumerate(labels):
        row, column = divmod(number % (across * down), across)
        if number and not row and not column:
            canvas.showPage()
        x, y = _MARGIN + column * (label.wide + _GAP), _MARGIN + row * (label.high + _GAP)
        canvas.setLineWidth(0.3)
        canvas.setDash(2, 2)
        canvas.rect(x * mm, (high - y - label.high) * mm, label.wide * mm, label.high * mm)
        canvas.setDash()
        _draw(canvas, label, x, y, high)
    canvas.save()
    return out.getvalue()


def _canvas(out: io.BytesIO, title: str) -> Canvas:
    canvas = Canvas(out, pagesize=A4)
    canvas.setTitle(title)
    canvas.setAuthor("Gongxu")
    return canvas


def _draw(canvas: Canvas, label: Label, x: float, y: float, page_high: float) -> None:
    """The parts of a label whose upper left corner is at x, y (mm from the page's)."""
    for part in label.parts:
        if isinstance(part, Words):
            _write(canvas, part, x, y, page_high)
        else:
            _bars(canvas, part, x, y, page_high)


def _write(canvas: Canvas, words: Words, x: float, y: float, page_high: float) -> None:
    text, points = fitted(words.text, words.wide * mm, words.size * mm / 0.72,  # letters are 0.72 of their type
                          lambda text, size: stringWidth(text, _face(text), size))  # fmt: skip
    canvas.setFont(_face(text), points)
    canvas.drawString((x + words.x) * mm, (page_high - y - words.y - words.size) * mm, text)


def _face(text: str) -> str:
    return LATIN if text.isascii() else font()


def _bars(canvas: Canvas, symbol: Symbol, x: float, y: float, page_high: float) -> None:
    high = symbol.high or symbol.module
    for row, first, length in symbol.runs():
        top = y + symbol.y + row * symbol.module
        left = x + symbol.x + first * symbol.module
        box = (left * mm, (page_high - top - high) * mm, length * symbol.module * mm, high * mm)
        canvas.rect(*box, stroke=0, fill=1)


__all__ = ["pages", "sheets"]
