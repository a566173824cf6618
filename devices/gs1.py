"""What a GS1 symbol says: element strings, the form people read with brackets, and Digital Link addresses.

The library biip does the reading and is optional: without it nothing here is recognised, so that a plant which
scans only our own codes needs nothing more. biip reports a wrong check digit instead of raising; we look.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

NAMES: Final = {
    "00": "sscc",
    "01": "gtin",
    "02": "content_gtin",
    "10": "lot",
    "11": "produced",
    "17": "expires",
    "21": "serial",
    "30": "count",
    "37": "count",
}
SYMBOLOGIES: Final = frozenset({"]C1", "]d2", "]Q3", "]e0", "]J1"})  # these carry element strings or a Digital Link
SEPARATOR: Final = "\x1d"

_ELEMENTS: Final = re.compile(r"(?:00\d{18}|0[12]\d{14})")
_BRACKETS: Final = re.compile(r"\(\d{2,4}\)[^()]")
_RETAIL_LENGTHS: Final = (8, 12, 13, 14)


class BadCheckDigit(ValueError):
    """A GTIN or SSCC inside a GS1 symbol whose check digit is wrong."""


def gtin_of(text: str) -> str | None:
    """The 14 digits of a GTIN-8, -12, -13 or -14 with a right check digit, else None (GS1 General Specifications)."""
    if len(text) not in _RETAIL_LENGTHS or not (text.isascii() and text.isdigit()):
        return None
    digits = text.zfill(14)
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return digits if total % 10 == 0 else None


def looks_like_elements(text: str, symbology: str | None) -> bool:
    """Whether the symbology, a separator, brackets or the first digits say that these are GS1 element strings."""
    if symbology in SYMBOLOGIES or SEPARATOR in text:
        return True
    return bool(_BRACKETS.match(text) or _ELEMENTS.match(text))


def elements(text: str) -> Mapping[str, str] | None:
    """Name to value of a GS1 message, dates as YYYY-MM-DD; None when it is none (or biip is missing); BadCheckDigit."""
    try:
        from biip import BiipException
        from biip.gs1_messages import GS1Message
    except ImportError:
        return None
    try:
        read = GS1Message.parse_hri if text.startswith("(") else GS1Message.parse
        return _named(read(text.strip(SEPARATOR)).element_strings)
    except BadCheckDigit:
        raise
    except (BiipException, ValueError):
        return None


def link(address: str) -> Mapping[str, str] | None:
    """Name to value of a GS1 Digital Link; None when the address names no GTIN or SSCC, else as `elements`."""
    try:
        from biip import BiipException
        from biip.gs1_digital_link_uris import GS1DigitalLinkURI
    except ImportError:
        return None
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    try:
        found = _named(GS1DigitalLinkURI.parse(f"{scheme.lower()}://{host.lower()}/{path}").element_strings)
    except BadCheckDigit:
        raise
    except (BiipException, ValueError):
        return None
    return found if "gtin" in found or "sscc" in found else None


def _named(strings: Iterable[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in strings:
        if element.gtin_error or element.sscc_error:
            raise BadCheckDigit(element.value)
        value = element.date.isoformat() if element.date else element.value
        found[NAMES.get(element.ai.ai, element.ai.ai)] = value
    return found
