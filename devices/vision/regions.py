"""Where in a picture a symbol may be: places full of edges, cut out upright and enlarged.

Two finders look at a picture brought down in size, both for gradient over brightness, so that dark labels count.
The dense one (640 pixels) caps each edge, so that the rim of a sheet or a rod weighs little and only a place that is
full of edges stands out: it cuts tight. The broad one (480 pixels) does not cap; it smooths at two scales and splits
by Otsu's method (Otsu 1979): it holds out where noise puts edges everywhere. The smallest rectangle around each blot
gives place, size and turn.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from devices.vision import engines
from devices.vision.reading import Picture

_DENSE, _BROAD = 640, 480
_CAP: Final = 48  # an edge counts no more than this
_SCALES: Final = ((11, 7), (19, 15))  # smoothing and closing of the broad finder, pixels of the small picture
_LARGEST: Final = 700  # a crop is enlarged up to this side, so that a module becomes two or three pixels
_LEAST: Final = 16  # nothing that can be read is smaller


class Region(NamedTuple):
    """A turned rectangle, pixels and degrees of the whole picture; `score` grows with energy and fill."""

    score: float
    x: float
    y: float
    wide: float
    high: float
    turn: float


def dense(picture: Picture, most: int = 3) -> list[Region]:
    """The places fullest of edges, best first; empty without OpenCV or without edges."""
    cv2 = engines.load("opencv")
    return [] if cv2 is None or min(picture.shape) < _LEAST else _apart(_found_dense(cv2, picture), most)


def broad(picture: Picture, most: int = 4) -> list[Region]:
    """Where the edges are that noise did not put everywhere, best first; empty without OpenCV or without edges."""
    cv2 = engines.load("opencv")
    return [] if cv2 is None or min(picture.shape) < _LEAST else _apart(_found_broad(cv2, picture), most)


def reduced(picture: Picture, largest: int) -> Picture:
    """The picture no larger than `largest` on its longer side; as it is without OpenCV."""
    cv2 = engines.load("opencv")
    scale = largest / max(picture.shape)
    if scale >= 1 or cv2 is None or min(picture.shape) * scale < 1:
        return picture
    small: Picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return small


def _found_dense(cv2: Any, picture: Picture) -> list[Region]:
    small = reduced(picture, _DENSE)
    here = small[1:, 1:]
    edges = cv2.add(cv2.absdiff(here, small[1:, :-1]), cv2.absdiff(here, small[:-1, 1:]))
    light = cv2.max(cv2.blur(here, (41, 41)), 12)
    smooth = cv2.boxFilter(cv2.min(cv2.divide(edges, light, scale=110), _CAP), -1, (11, 11))
    half = max(12.0, cv2.minMaxLoc(smooth)[1] / 2)
    _, split = cv2.threshold(smooth, half, 255, cv2.THRESH_BINARY)
    return _blots(cv2, split, smooth, 5, max(small.shape) / max(picture.shape))


def _found_broad(cv2: Any, picture: Picture) -> list[Region]:
    small = reduced(picture, _BROAD)
    across = cv2.Sobel(small, cv2.CV_16S, 1, 0, ksize=3)
    down = cv2.Sobel(small, cv2.CV_16S, 0, 1, ksize=3)
    edges = cv2.add(cv2.convertScaleAbs(across, alpha=0.5), cv2.convertScaleAbs(down, alpha=0.5))
    energy = cv2.divide(edges, cv2.max(cv2.blur(small, (61, 61)), 12), scale=110)
    found: list[Region] = []
    for size, closing in _SCALES:
        smooth = cv2.boxFilter(energy, -1, (size, size))
        _, split = cv2.threshold(smooth, 0, 255, cv2.THRESH_OTSU)
        found += _blots(cv2, split, smooth, closing, max(small.shape) / max(picture.shape))
    return found


def _blots(cv2: Any, split: Any, smooth: Any, closing: int, scale: float) -> list[Region]:
    square = cv2.getStructuringElement(cv2.MORPH_RECT, (closing, closing))
    closed = cv2.morphologyEx(split, cv2.MORPH_CLOSE, square)
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = (_region(cv2, outline, smooth, scale) for outline in outlines)
    return [region for region in found if region]


def _region(cv2: Any, outline: Any, smooth: Any, scale: float) -> Region | None:
    area = cv2.contourArea(outline)
    if not 200 <= area <= 0.6 * smooth.size:
        return None
    (x, y), (wide, high), turn = cv2.minAreaRect(outline)
    if min(wide, high) < 12:
        return None
    if wide < high:
        wide, high, turn = high, wide, turn - 90
    left, top, width, height = cv2.boundingRect(outline)
    strength = float(smooth[top : top + height, left : left + width].mean())
    score = strength * area / (wide * high) * area**0.5
    return Region(score, x / scale, y / scale, wide / scale, high / scale, turn)


def _apart(found: list[Region], most: int) -> list[Region]:
    """The best of those that do not say the same."""
    kept: list[Region] = []
    for region in sorted(found, reverse=True):
        if len(kept) < most and not any(_same(region, other) for other in kept):
            kept.append(region)
    return kept


def _same(one: Region, other: Region) -> bool:
    near = abs(one.x - other.x) < 0.15 * other.wide + 6 and abs(one.y - other.y) < 0.25 * other.high + 6
    return near and 0.75 < one.wide / other.wide < 1.33


def crop(picture: Picture, region: Region) -> tuple[Picture, float]:
    """The region cut out with a margin, upright, its long side across; and its pixels per pixel of the picture."""
    cv2: Any = engines.load("opencv")
    wide, high = region.wide * 1.14 + 20, region.high * 1.14 + 20
    scale = min(3.0, max(_LARGEST / max(wide, high), 0.25 if max(wide, high) > 2 * _LARGEST else 1.0))
    turn = cv2.getRotationMatrix2D((region.x, region.y), region.turn, scale)
    turn[0, 2] += wide * scale / 2 - region.x
    turn[1, 2] += high * scale / 2 - region.y
    size = (int(wide * scale), int(high * scale))
    cut: Picture = cv2.warpAffine(picture, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return cut, scale
