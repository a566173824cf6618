"""What all paper has in common: a font that prints Chinese, text that is never markup, "page x of y" in the foot."""

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table, TableStyle

# One of the fonts every PDF reader brings for Chinese: no file to ship, Latin letters included.
FONT = "STSong-Light"


def font() -> str:
    """The name of the font, registered on first use."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    return FONT


def style(size: float, **more: Any) -> ParagraphStyle:
    """A style of the house font; Chinese breaks between any two characters, Latin at blanks."""
    return ParagraphStyle(f"s{size}", fontName=font(), fontSize=size, leading=size * 1.35, wordWrap="CJK", **more)


def words(text: str, size: float = 8, **more: Any) -> Paragraph:
    """Text as a paragraph; what people typed is text and never markup."""
    return Paragraph(escape(text), style(size, **more))


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
                self.setFont(font(), 7)
                self.drawString(36, 22, foot)
                right = page_words.replace("{page}", str(number)).replace("{pages}", str(len(self._pages)))
                self.drawRightString(self._pagesize[0] - 36, 22, right)
                super().showPage()
            super().save()

    return Numbered


__all__ = ["FONT", "font", "grid", "numbered", "style", "words"]
