"""Symbols to print, as matrices of modules: drawn by whoever prints them, never scaled as a picture.

>>> len(matrix("T0000001WE", "datamatrix"))
14
"""

from __future__ import annotations

from typing import Any, Final

from devices.errors import DevicesError

Matrix = tuple[tuple[bool, ...], ...]
FORMS: Final = {"datamatrix": "DataMatrix", "qr": "QRCode", "code128": "Code128"}


class NoWriter(DevicesError):
    """Symbols cannot be drawn: zxing-cpp is not installed."""

    code = "symbol.no_writer"


def matrix(text: str, form: str) -> Matrix:
    """Rows of modules, True is dark, without a quiet zone; one row for bars. `form` is a key of FORMS."""
    try:
        import zxingcpp
    except ImportError as error:
        raise NoWriter() from error
    options = {"ec_level": "M"} if form == "qr" else {}
    symbol = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, FORMS[form]), **options)
    image: Any = symbol.to_image(scale=1, add_quiet_zones=False)
    drawn: Any = memoryview(image).tolist()
    rows = tuple(tuple(value == 0 for value in row) for row in drawn)
    return rows[:1] if form == "code128" else rows
