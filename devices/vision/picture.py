"""Bytes that somebody sent, as a grey picture: measured by their header first, because a small file may be huge inside.

PNG, JPEG, WebP and BMP tell their size in the first bytes; nothing is unpacked to learn it.
"""

from __future__ import annotations

import io
import struct
from typing import Final

from devices.errors import DevicesError
from devices.vision.reading import Picture

MOST_PIXELS: Final = 25_000_000
_NO_SIZE: Final = frozenset({0x01, *range(0xD0, 0xDA)})  # JPEG marks that no length follows
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG: start of frame


class PictureError(DevicesError):
    """A picture that is not looked at: `picture.unreadable`, `picture.too_large` or `picture.too_costly`."""

    code = "picture.unreadable"


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as the header tells them; PictureError when it is no picture we read."""
    try:
        found = _png(data) or _bmp(data) or _webp(data) or _jpeg(data)
    except (struct.error, IndexError):
        found = None
    if found is None or min(found) < 1:
        raise PictureError("picture.unreadable")
    return found


def check(data: bytes) -> None:
    """PictureError when the bytes are no picture or one of more than 25 megapixels."""
    wide, high = size(data)
    if wide * high > MOST_PIXELS:
        raise PictureError("picture.too_large", wide=wide, high=high, most=MOST_PIXELS)


def grey(data: bytes) -> Picture:
    """The picture as bytes of grey (height × width), what is transparent on white; checked before it is unpacked."""
    import numpy as np
    from PIL import Image

    check(data)
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP", "BMP")) as image:
            if image.mode.startswith("I"):  # sixteen bits of grey
                return (np.asarray(image, dtype=np.uint32) >> 8).astype(np.uint8)
            if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                with image.convert("RGBA") as clear:
                    white = Image.new("RGBA", clear.size, "white")
                    white.alpha_composite(clear)
                    return np.array(white.convert("L"))
            return np.array(image.convert("L"))
    except (OSError, ValueError, SyntaxError, struct.error) as error:
        raise PictureError("picture.unreadable") from error


def _png(data: bytes) -> tuple[int, int] | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR":
        return None
    wide, high = struct.unpack(">II", data[16:24])
    return wide, high


def _bmp(data: bytes) -> tuple[int, int] | None:
    if data[:2] != b"BM":
        return None
    wide, high = struct.unpack("<ii", data[18:26])
    return wide, abs(high)


def _webp(data: bytes) -> tuple[int, int] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    form, body = data[12:16], data[20:30]
    if form == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if form == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 ":
        wide, high = struct.unpack("<HH", body[6:10])
        return wide & 0x3FFF, high & 0x3FFF
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while data[at] == 0xFF:
        mark = data[at + 1]
        if mark in _FRAMES:
            high, wide = struct.unpack(">HH", data[at + 5 : at + 9])
            return wide, high
        at += 1 if mark == 0xFF else 2 if mark in _NO_SIZE else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
