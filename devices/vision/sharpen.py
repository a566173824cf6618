"""Squares that are out of focus: Wiener's filter in two dimensions, for blurs of three widths (Wiener 1949)."""

from __future__ import annotations

from typing import Any, Final

from devices.vision import engines
from devices.vision.reading import Picture

BLURS: Final = (1.2, 1.8, 2.4)  # standard deviations, pixels of the whole picture
_NOISE: Final = 0.004


def thresholded(picture: Picture) -> Picture:
    """Black and white, split at the mean of what is near."""
    cv2: Any = engines.load("opencv")
    split: Picture = cv2.adaptiveThreshold(picture, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 31, 5)
    return split


def sharpened(picture: Picture, blur: float) -> Picture:
    """The picture as it was before a Gaussian blur of `blur` pixels, as far as noise allows."""
    import numpy as np

    cv2: Any = engines.load("opencv")
    high, wide = (cv2.getOptimalDFTSize(side) for side in picture.shape)
    padded = cv2.copyMakeBorder(picture, 0, high - picture.shape[0], 0, wide - picture.shape[1], cv2.BORDER_REPLICATE)
    spectrum = cv2.dft(padded.astype(np.float32), flags=cv2.DFT_COMPLEX_OUTPUT)
    lost = np.outer(_kept(high, blur), _kept(wide, blur))
    gain = (lost / (lost * lost + _NOISE)).astype(np.float32)
    sharp = cv2.dft(spectrum * gain[:, :, None], flags=cv2.DFT_INVERSE | cv2.DFT_REAL_OUTPUT | cv2.DFT_SCALE)
    sharp = sharp[: picture.shape[0], : picture.shape[1]]
    dark, light = np.percentile(sharp[::4, ::4], (1, 99))
    scale = 235 / max(float(light - dark), 1.0)
    clear: Picture = cv2.convertScaleAbs(np.maximum((sharp - dark) * scale + 10, 0))
    return clear


def _kept(length: int, blur: float) -> Any:
    """What a Gaussian blur leaves of each frequency."""
    import numpy as np

    return np.exp(-2 * (np.pi * blur * np.fft.fftfreq(length)) ** 2)
