"""What all paper has in common: fonts that print Chinese, text that is never markup, "page x of y" in the foot."""

import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table, TableStyle

# Latin text in Helvetica, all else in the font that every PDF reader brings for Chinese: no file to ship.
LATIN = "Helvetica"
FONT = "STSong-Light"


def font() -> str:
    """The name of the font for Chinese, registered on first use."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    return FONT


def style(size: float, **more: Any) -> ParagraphStyle:
    """A style of the house; lines may break between any two characters, as Chinese does."""
    return ParagraphStyle(f"s{size}", fontName=LATIN, fontSize=size, leading=size * 1.35, wordWrap="CJK", **more)


def words(text: str, size: float = 8, **more: Any) -> Paragraph:
    """Text as a paragraph; what people typed is text and never markup."""
    runs = re.findall(r"[\x20-\x7e\xa0-\xff\u2013]+|[^\x20-\x7e\xa0-\xff\u2013]+", text)
    marked = "".join(_run(run) for run in runs)
    return Paragraph(marked, style(size, **more))


def _run(run: str) -> str:
    safe = escape("".join(character for character in run if character.isprintable()))
    return safe if run[0] <= "\xff" or run[0] == "\u2013" else f'<font name="{font()}">{safe}</font>'


def grid(rows: list[list[Any]], widths: list[float] | None, heads: int = 1) -> Table:
    """A table whose head is repeated on every page."""
    table = Table(rows, colWidths=widths, repeatRows=heads)
    everywhere = ((0, 0), (-1, -1))
    lines: list[Any] = [("LINEBELOW", *everywhere, 0.4, colors.grey), ("VALIGN", *everywhere, "TOP")]
    lines += [(f"{side}PADDING", *everywhere, 2) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    if heads:
        lines.append(("LINEBELOW", (0, heads - 1), (-1, heads - 1), 1, colors.black))
    table.setStyle(TableStyle(lines))
    return table


def numbered(foot: str, page_words: str) -> Callable[..., Canvas]:
    """A canvas that writes the foot and ``page_words`` (with {page} and {pages}) once the pages are counted."""

    class Numbered(Canvas):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                right = page_words.replace("{page}", str(number)).replace("{pages}", str(len(self._pages)))
                self._write(words(foot, 7), 36)
                self._write(words(right, 7, alignment=TA_RIGHT), self._pagesize[0] / 2 - 36)
                super().showPage()
            super().save()

        def _write(self, line: Paragraph, left: float) -> None:
            line.wrapOn(self, self._pagesize[0] / 2 if left > 36 else self._pagesize[0] * 0.8, 20)
            line.drawOn(self, left, 18)

    return Numbered


__all__ = ["FONT", "LATIN", "font", "grid", "numbered", "style", "words"]
