"""Bars that are too noisy, too blurred or too small for an engine: averaged along themselves, sharpened, split.

A bar code says the same on every line. The crop is turned until its edges stand upright (the direction in which the
structure tensor is largest), the rows that hold bars are averaged in four bands, each band is sharpened by Wiener's
filter for blurs of four widths, doubled in length and split at the middle between its local lights and darks. What is
left is a clean row, which costs an engine next to nothing. Code 39 and ITF do not check themselves, so two bands
must say the same; in a read of Code 128 the check character speaks for it.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any, Final

from devices.vision import engines
from devices.vision.reading import Picture, Read

_BLURS: Final = (0.55, 1.0, 1.5, 2.0)  # standard deviations, pixels of the whole picture
_NOISE: Final = 0.004  # the share of noise in the power, where Wiener's filter stops sharpening
_BANDS: Final = 4
_ONE_IS_ENOUGH: Final = "Code128"
BARS, SQUARE = 0.25, 0.45  # coherence from which a crop may hold bars, and up to which a square
_GATE: Final = 1.5  # pixels of a crop per pixel of the frame when changes are counted


def direction(picture: Picture) -> tuple[float, float]:
    """The turn of the edges in degrees, and how much they agree: 1 all parallel (bars), 0 in all directions."""
    import numpy as np

    cv2: Any = engines.load("opencv")
    high, wide = picture.shape
    middle = picture[high // 5 : high - high // 5, wide // 8 : wide - wide // 8]
    across = cv2.Sobel(middle, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(middle, cv2.CV_32F, 0, 1, ksize=3)
    xx, yy, xy = (float(cv2.mean(a * b)[0]) for a, b in ((across, across), (down, down), (across, down)))
    coherence = float(np.hypot(xx - yy, 2 * xy)) / (xx + yy + 1e-6)
    return float(np.rad2deg(0.5 * np.arctan2(2 * xy, xx - yy))), coherence


def looks_like_code(picture: Picture, scale: float, coherence: float) -> bool:
    """Whether black and white change as often as in a symbol: writing does so half as often, rims hardly at all."""
    cv2: Any = engines.load("opencv")
    share = _GATE / scale
    small = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) if share < 1 else picture
    high, wide = small.shape
    middle = small[high // 6 : high - high // 6, wide // 8 : wide - wide // 8]
    _, split = cv2.threshold(middle, 0, 255, cv2.THRESH_OTSU)
    changes = max(float((split[:, 1:] != split[:, :-1]).mean()), float((split[1:] != split[:-1]).mean()))
    return changes >= (0.05 if coherence > 0.8 else 0.08)


def read_bars(picture: Picture, turn: float, scale: float) -> list[Read]:
    """What the averaged rows of a crop say; `turn` of its edges in degrees, `scale` its pixels per one of the frame."""
    import numpy as np

    rows = _bands(_upright(picture, turn))
    if not len(rows):
        return []
    length = rows.shape[1]
    rows = np.pad(rows, ((0, 0), (20, 20)), mode="edge")
    for blur in _BLURS:
        reads = _agreed(_split(_sharp(rows, blur * scale), length, int(28 * scale) | 1))
        if reads:
            return reads
    return []


def _upright(picture: Picture, turn: float) -> Picture:
    import numpy as np

    cv2: Any = engines.load("opencv")
    if abs(turn) > 45:
        picture, turn = np.ascontiguousarray(np.rot90(picture)), turn - 90 if turn > 0 else turn + 90
    high, wide = picture.shape
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), turn, 1)
    level: Picture = cv2.warpAffine(picture, matrix, (wide, high), borderMode=cv2.BORDER_REPLICATE)
    return level


def _bands(picture: Picture) -> Any:
    """The longest run of rows full of upright edges, averaged in bands; no band where it is too low."""
    import numpy as np

    cv2: Any = engines.load("opencv")
    strength = cv2.absdiff(picture[:, 2:], picture[:, :-2]).mean(axis=1).astype(np.float32)
    strength = cv2.blur(strength[:, None], (1, 7))[:, 0]
    strong = np.flatnonzero(strength > 0.6 * strength.max())
    longest = max(np.split(strong, np.flatnonzero(np.diff(strong) > 4) + 1), key=len)
    first, last = longest[0] + 2, longest[-1] - 1
    if last - first < 8:
        return np.zeros((0, picture.shape[1]))
    edges = np.linspace(first, last, _BANDS + 1).astype(int)
    return np.array([picture[a:b].mean(axis=0) for a, b in pairwise(edges)])


def _sharp(rows: Any, blur: float) -> Any:
    """Wiener's filter against a Gaussian blur (Wiener 1949); `blur` in pixels."""
    import numpy as np

    middle = rows.mean(axis=1, keepdims=True)
    lost = np.exp(-2 * (np.pi * blur * np.fft.rfftfreq(rows.shape[1])) ** 2)
    gained = np.fft.rfft(rows - middle, axis=1) * (lost / (lost * lost + _NOISE))
    return np.fft.irfft(gained, rows.shape[1], axis=1) + middle


def _split(rows: Any, length: int, window: int) -> Any:
    """Rows of black and white at twice the length, split between what is lightest and darkest nearby."""
    import numpy as np

    cv2: Any = engines.load("opencv")
    double = cv2.resize(rows.astype(np.float32), None, fx=2, fy=1, interpolation=cv2.INTER_LINEAR)
    near = np.ones((1, window), np.uint8)
    light, dark = cv2.blur(cv2.dilate(double, near), (window, 1)), cv2.blur(cv2.erode(double, near), (window, 1))
    return np.where(double > (light + dark) / 2, 255, 0).astype(np.uint8)[:, : 2 * (length + 40)]


def _agreed(rows: Any) -> list[Read]:
    import numpy as np

    votes = Counter(
        read
        for row in rows
        for read in engines.zxing(np.repeat(row[None], 6, axis=0), "profile", True, engines.BARS, lowest=0)
    )
    return [read for read, count in votes.items() if count >= (1 if read.symbology == _ONE_IS_ENOUGH else 2)]
