"""The two engines that read symbols, each imported when it is first used and each allowed to be missing.

zxing-cpp reads everything we print and hardly ever reads wrong. zbar (through pyzbar) reads blurred and noisy bars
better, but no DataMatrix, and turns some QR texts into other characters; so it is asked for bars and last. The bar
code reader of OpenCV is never asked: it invents EAN numbers in pictures that hold none.
"""

from __future__ import annotations

import importlib
import math
import threading
from typing import Any, Final

from devices.vision.reading import Picture, Read

ENGINES: Final = ("zxing", "zbar", "opencv")
_MODULES: Final = {"zxing": "zxingcpp", "zbar": "pyzbar.pyzbar", "opencv": "cv2"}
_CURES: Final = {
    "zxing": "pip install zxing-cpp",
    "zbar": "apt-get install libzbar0, then pip install pyzbar",
    "opencv": "pip install opencv-python-headless",
}
SQUARES: Final = "QRCode,DataMatrix"
BARS: Final = "Code128,Code39,EAN13,EAN8,UPCA,UPCE,ITF"
ALL: Final = f"{SQUARES},{BARS}"
LOWEST: Final = 4
# What zbar may read: bars alone, with the fewest characters that count. Code 39 and ITF carry no check of their own.
_ZBAR: Final = {"CODE128": ("Code128", 2), "CODE39": ("Code39", 4), "EAN13": ("EAN13", 13), "EAN8": ("EAN8", 8),
                "UPCA": ("UPCA", 12), "I25": ("ITF", 6)}  # fmt: skip
_LINES: Final = {"CODE39": 3, "I25": 4}  # how many scan lines must agree where the symbol does not check itself

_loaded: dict[str, Any] = {}
_lock = threading.Lock()


def load(engine: str) -> Any | None:
    """The module of an engine, None when it (or the library below it) is not here; looked for once."""
    with _lock:
        if engine not in _loaded:
            _loaded[engine] = _imported(engine)
        return _loaded[engine]


def _imported(engine: str) -> Any | None:
    try:
        module = importlib.import_module(_MODULES[engine])
    except (ImportError, OSError):
        return None
    if engine == "opencv":
        module.setNumThreads(1)  # a decode is one thread's work; many stations share the cores
    return module


def capabilities() -> dict[str, str]:
    """Engine → "ok", or what to do to get it."""
    return {engine: "ok" if load(engine) else f"missing: {_CURES[engine]}" for engine in ENGINES}


def zxing(picture: Picture, step: str, fast: bool = False, formats: str = ALL, lowest: int = LOWEST) -> list[Read]:
    """What zxing-cpp reads; `fast`: upright, dark on light. Bars seen on fewer than `lowest` lines are noise."""
    module = load("zxing")
    if module is None:
        return []
    hard = not fast
    found = module.read_barcodes(
        picture, formats=module.barcode_formats_from_str(formats), try_rotate=hard, try_downscale=hard,
        try_invert=hard, text_mode=module.TextMode.Plain,
    )  # fmt: skip
    return [
        Read(_name(str(b.format)), b.text, "zxing", step, b.symbology_identifier)
        for b in found
        if b.text and (_name(str(b.format)) in SQUARES or _lines(b.position) >= lowest)
    ]


def _lines(place: Any) -> float:
    """Over how many pixels, across its bars, a symbol was read."""
    left = (place.top_left.x - place.bottom_left.x, place.top_left.y - place.bottom_left.y)
    right = (place.top_right.x - place.bottom_right.x, place.top_right.y - place.bottom_right.y)
    return min(math.hypot(*left), math.hypot(*right))


def _name(form: str) -> str:
    return form.rpartition(".")[2].replace(" ", "").replace("-", "")


def zbar(picture: Picture, step: str) -> list[Read]:
    """What zbar reads in bars, without what it may well have invented."""
    module = load("zbar")
    if module is None:
        return []
    wanted = [getattr(module.ZBarSymbol, name) for name in _ZBAR]
    reads = []
    for found in module.decode(picture, symbols=wanted):
        name, least = _ZBAR[found.type]
        if len(found.data) >= least and found.quality >= _LINES.get(found.type, 1) and found.data.isascii():
            reads.append(Read(name, found.data.decode("ascii"), "zbar", step))
    return reads
