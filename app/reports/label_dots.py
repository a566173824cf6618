"""Labels as dots, and as ZPL for Zebra printers: one graphic, so that any printer prints Chinese."""

import functools
import glob
import os
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from app.errors import Unavailable
from app.reports.label import Label, Symbol, Words, dots_of, fitted

DPI = (203, 300)
_INCH = 25.4
# Where Linux keeps fonts with Chinese; fonts-noto-cjk, fonts-wqy-zenhei, fonts-wqy-microhei, fonts-droid-fallback.
_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "SourceHanSansSC-Regular.otf", "wqy-zenhei.ttc",
          "wqy-microhei.ttc", "DroidSansFallbackFull.ttf", "NotoSerifCJK-Regular.ttc")  # fmt: skip
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")


@functools.cache
def chinese_font() -> str | None:
    """The file of a font with Chinese: GONGXU_LABEL_FONT, else one that the system has; None when there is none."""
    given = os.environ.get("GONGXU_LABEL_FONT")
    if given and Path(given).is_file():
        return given
    found = {
        Path(file).name: file for folder in _FOLDERS for file in glob.glob(f"{folder}/**/*.[ot]t[fc]", recursive=True)
    }
    return next((found[name] for name in _FONTS if name in found), None)


def image(label: Label, dpi: int) -> Any:
    """The label as a Pillow image of one bit a dot, dark on light; Unavailable when no font has its letters."""
    dots = dpi / _INCH
    picture = Image.new("1", (round(label.wide * dots), round(label.high * dots)), 1)
    pen = ImageDraw.Draw(picture)
    pen.fontmode = "1"
    for part in label.parts:
        if isinstance(part, Words):
            _write(pen, part, dots)
        else:
            _bars(pen, part, dots)
    return picture


def zpl(label: Label, dpi: int, copies: int = 1) -> str:
    """The label in Zebra's language: ^GF with its runs packed, the same dots as ``image``."""
    picture = image(label, dpi)
    wide, high = picture.size
    row_bytes = -(-wide // 8)
    data = bytes(byte ^ 0xFF for byte in picture.tobytes())  # ^GF prints ones, Pillow keeps white as one
    if wide % 8:  # what fills the last byte of a row is no picture
        mask = 0xFF << (8 - wide % 8) & 0xFF
        data = bytes(byte & mask if at % row_bytes == row_bytes - 1 else byte for at, byte in enumerate(data))
    body = _packed(data, row_bytes)
    return (f"^XA^PW{wide}^LL{high}^LH0,0^PQ{copies}"
            f"^FO0,0^GFA,{len(data)},{len(data)},{row_bytes},{body}^FS^XZ\n")  # fmt: skip


def _write(pen: Any, words: Words, dots: float) -> None:
    text, size = fitted(words.text, words.wide * dots, words.size * dots / 0.72,
                        lambda text, size: float(pen.textlength(text, font=_font(text, size))))  # fmt: skip
    place = (words.x * dots, (words.y + words.size) * dots)
    pen.text(place, text, fill=0, font=_font(text, size), anchor="ls")


def _font(text: str, size: float) -> Any:
    if all(ord(character) < 0x250 or character in "–…" for character in text):
        return ImageFont.load_default(size)
    file = chinese_font()
    if file is None:
        raise Unavailable("label.no_font")
    return ImageFont.truetype(file, round(size))


def _bars(pen: Any, symbol: Symbol, dots: float) -> None:
    module = dots_of(symbol.module, dots)
    high = round(symbol.high * dots) if symbol.high else module
    left, top = round(symbol.x * dots), round(symbol.y * dots)
    for row, first, length in symbol.runs():
        x, y = left + first * module, top + row * module
        pen.rectangle((x, y, x + length * module - 1, y + high - 1), fill=0)


def _packed(data: bytes, row_bytes: int) -> str:
    """ZPL's packing of hexadecimal rows: a colon repeats a row, a comma fills with light, letters count."""
    lines, before = [], None
    for at in range(0, len(data), row_bytes):
        row = data[at : at + row_bytes].hex().upper()
        lines.append(":" if row == before else _counted(row))
        before = row
    return "".join(lines)


def _counted(row: str) -> str:
    kept = row.rstrip("0")
    ending = "," if len(kept) < len(row) else ""
    packed, at = [], 0
    while at < len(kept):
        end = at
        while end < len(kept) and kept[end] == kept[at]:
            end += 1
        packed.append(_count(end - at) + kept[at])
        at = end
    return "".join(packed) + ending


def _count(length: int) -> str:
    """How ZPL writes a count: g to z are 20 to 400, G to Y are 1 to 19; one needs no count."""
    if length == 1:
        return ""
    many, few = divmod(length, 20)
    found = ""
    while many > 20:
        found, many = found + "z", many - 20
    found += chr(ord("g") + many - 1) if many else ""
    return found + (chr(ord("G") + few - 1) if few else "")


__all__ = ["DPI", "chinese_font", "image", "zpl"]
