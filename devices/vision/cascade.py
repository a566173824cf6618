"""The cascade: cheap looks first, each further one only while nothing was read and the budget lasts.

1 the whole frame, fast; 2 likely places cut out upright, and 3 the bars in them averaged along themselves, first the
places full of edges, then the broad ones; 4 places in black and white; 5 squares sharpened against blur; 6 zbar on
places with bars; 7 the whole frame with all turns. Every step is optional: an engine that is missing answers
nothing, and the next is asked.

The budget is CPU time of this thread in milliseconds, so that a busy machine reads no fewer codes than an idle one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from devices.vision import engines, profile, sharpen
from devices.vision.reading import Picture, Read, Result
from devices.vision.regions import Region, broad, crop, dense, reduced

BUDGET_MS: Final = 60.0
_LARGEST: Final = 1600  # whole frames are looked at no larger than this, crops are cut from the frame as it is
_SQUARE: Final = 2.2  # pixels of a crop per pixel of the frame when squares are sharpened

Look = Callable[[], list[Read]]


@dataclass(frozen=True, slots=True)
class Place:
    """A crop with its scale (pixels of it per pixel of the frame), the turn of its edges and how much they agree."""

    picture: Picture
    scale: float
    turn: float
    coherence: float


def decode(picture: Picture, budget_ms: float = BUDGET_MS, gate: bool = False) -> Result:
    """Read the symbols in a grey picture (height × width, uint8); empty when there are none or the budget ran out.

    With `gate` only places in which black and white change as often as in a symbol are looked at any closer: for
    cameras, which look all the time and mostly at nothing.
    """
    started = time.thread_time()
    for look in _looks(reduced(picture, _LARGEST), picture, gate):
        found = look()
        if found:
            return Result(_once(found), _since(started))
        if _since(started) >= budget_ms:
            break
    return Result((), _since(started))


def _since(started: float) -> float:
    return round((time.thread_time() - started) * 1000, 2)


def _once(reads: list[Read]) -> tuple[Read, ...]:
    return tuple({(read.symbology, read.text): read for read in reads}.values())


def _looks(frame: Picture, whole: Picture, gate: bool) -> Iterator[Look]:
    yield lambda: engines.zxing(frame, "fast", fast=True)
    places = [_place(whole, region) for region in dense(whole)]
    if gate:
        places = [place for place in places if profile.looks_like_code(place.picture, place.scale, place.coherence)]
    yield from _cut(places)
    if not gate:
        more = [_place(whole, region) for region in broad(whole)]
        yield from _cut(more)
        places += more
    yield from _harder(places)
    if gate:
        return
    yield lambda: engines.zxing(frame, "full")
    if not places:
        yield lambda: engines.zbar(frame, "full")
    if frame is not whole:
        yield lambda: engines.zxing(whole, "full")


def _harder(places: list[Place]) -> Iterator[Look]:
    for place in places:
        yield _look(lambda place: engines.zxing(sharpen.thresholded(place.picture), "threshold"), place)
    yield from _sharpened(places)
    for place in places:
        if place.coherence > profile.BARS:
            yield _look(lambda place: engines.zbar(place.picture, "crop"), place)


def _look(step: Callable[[Place], list[Read]], place: Place) -> Look:
    return lambda: step(place)


def _place(whole: Picture, region: Region) -> Place:
    picture, scale = crop(whole, region)
    return Place(picture, scale, *profile.direction(picture))


def _cut(places: list[Place]) -> Iterator[Look]:
    for place in places:
        yield _look(lambda place: engines.zxing(place.picture, "crop"), place)
        if place.coherence > profile.BARS:
            yield _look(lambda place: profile.read_bars(place.picture, place.turn, place.scale), place)


def _sharpened(places: list[Place]) -> Iterator[Look]:
    squares = [place for place in places if place.coherence < profile.SQUARE][:2]
    for blur in sharpen.BLURS:
        for place in squares:
            yield _look(partial(_sharp, blur=blur), place)


def _sharp(place: Place, blur: float) -> list[Read]:
    share = min(1.0, _SQUARE / place.scale)
    small = reduced(place.picture, int(max(place.picture.shape) * share))
    return engines.zxing(sharpen.sharpened(small, blur * place.scale * share), "sharpen", formats=engines.SQUARES)
