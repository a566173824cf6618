"""Reading what a scanner or a keyboard delivers: one of our codes, a GS1 symbol, or another system's number.

`parse` undoes what scanners, keyboards and people do to a code on the way: an address around it, an AIM
symbology prefix, control characters, lower case, full-width characters of an input method, spaces and hyphens,
O for 0 and I or L for 1 (never on the type letter), a code delivered twice, and Y and Z exchanged by a German
keyboard layout. What was undone and points at a scanner that wants mending stands in `notices`.

Exchanging Y and Z on suspicion would give a code with two wrong characters a second chance at the check: of
100 000 such codes about 70 then passed as another. So it is done when the address around the code proves the
layout (https comes as httpsÖ--), or when `exists` finds the code that would have been meant; else it is damaged.

Three refusals look alike to a person and are not: *damaged* (ours, but misread), *foreign* (nothing of this
plant) and *unknown* (well formed, but the store has no such thing); only the store can say the third.
A number of another system may by chance have the form of ours: whoever keeps such numbers looks up
`Damaged.text` before saying "damaged".

>>> parse(" t 000-0001 we\\r").text
'T0000001WE'
>>> parse("https://mes.plant/c/T0000001WE").kind
<Kind.TASK: 'T'>
>>> parse("4500012345").kind
'plain'
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from devices import gs1
from devices.codes import Code, CodeError, Damaged, Foreign, Kind, parse_code

LONGEST: Final = 2048
LONGEST_PLAIN: Final = 80  # no number of another system is longer; a business card in a QR code is

GS1: Final = "gs1"
PLAIN: Final = "plain"


class Empty(CodeError):
    """Nothing was delivered but control characters."""

    code = "code.empty"


class TooLong(CodeError):
    """More than 2048 characters; `text` holds the first 80."""

    code = "code.too_long"


@dataclass(frozen=True, slots=True)
class Scan:
    """One thing that was read.

    `kind` is a Kind, "gs1" or "plain"; `number` belongs to a Kind; `text` is the tidied text (the ten characters
    of a code); `raw` what was delivered; `notices` among case, doubled, layout, lookalike, width; `symbology` the
    AIM identifier; `values` the GS1 values by name (gtin, lot, serial, sscc, ...), for plain digits at most a gtin.
    """

    kind: Kind | str
    number: int | None
    text: str
    raw: str
    notices: tuple[str, ...] = ()
    symbology: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


_EDGE: Final = "".join(map(chr, range(33))) + "\x7f\x85\xa0\u200b\u200e\u200f\u2028\u2029\u3000\ufeff"
_AIM: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_SEPARATORS: Final = str.maketrans("", "", " -\t\xa0\xad\u2010\u2011\u2012\u2013\u2014\u2212")
_LOOKALIKES: Final = str.maketrans("OIL", "011")
_GERMAN: Final = str.maketrans("YZyz", "ZYzy")
_GERMAN_ADDRESS: Final = str.maketrans("YZyz-ßÖö_", "ZYzy/-::?")
_GERMAN_SCHEME: Final = re.compile(r"https?ö--", re.IGNORECASE)
_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
_KEYS: Final = re.compile(r"[\r\n\t]+")  # what a scanner sends between two deliveries


class _Plant(NamedTuple):
    """What the caller told about the plant: its own addresses and whether a code was ever given away."""

    places: frozenset[str]
    exists: Callable[[Code], bool] | None


def parse(text: str, url_prefixes: Iterable[str] = (), exists: Callable[[Code], bool] | None = None) -> Scan:
    """Read one delivery; raises only CodeError: Empty, TooLong, Damaged, Foreign.

    `url_prefixes` are the addresses of this plant ("https://mes.plant"); a code under another address is then
    foreign. Without any, every address is taken. `exists` says whether the store holds a code; it is asked only
    when a bare code would be right with Y and Z exchanged.
    """
    if len(text) > LONGEST:
        raise TooLong(text[:80])
    try:
        return _scan(parse_code(text), text)
    except CodeError:
        pass
    inner = text.strip(_EDGE)
    if not inner:
        raise Empty(text)
    plant = _Plant(frozenset(_place(prefix) for prefix in url_prefixes), exists)
    scan = _doubled(inner, plant) or _read(inner, plant)
    return replace(scan, raw=text)


def _scan(code: Code, raw: str, *notices: str) -> Scan:
    return Scan(code.kind, code.number, code.text, raw, notices)


def _doubled(text: str, plant: _Plant) -> Scan | None:
    """The half of a text that is the same twice; other systems' numbers may repeat, unless an Enter stands between."""
    parts = _KEYS.split(text, maxsplit=1)
    half = parts[0] if len(parts) == 2 else text[: len(text) // 2]
    if len(half) < 4 or half != (parts[1] if len(parts) == 2 else text[len(half) :]):
        return None
    try:
        scan = _read(half, plant)
    except Foreign:
        return None
    if scan.kind == PLAIN and len(parts) == 1:
        return None
    return replace(scan, notices=(*scan.notices, "doubled"))


def _read(text: str, plant: _Plant) -> Scan:
    symbology = _AIM.match(text)
    if symbology:
        text = text[3:].strip(_EDGE)
        if not text:
            raise Empty(symbology[0])
    scan = _address(text, plant) or _code(text, plant) or _gs1(text, symbology and symbology[0]) or _plain(text)
    return replace(scan, symbology=symbology[0]) if symbology else scan


def _code(text: str, plant: _Plant) -> Scan | None:
    """One of our codes after tidying, None when the form is another, Damaged when the check fails either way."""
    if len(text) > 60:
        return None
    narrow = text if text.isascii() else unicodedata.normalize("NFKC", text)
    upper = narrow.upper().translate(_SEPARATORS)
    notices = ("width",) * (narrow != text) + ("case",) * (narrow != narrow.upper())
    if len(upper) == 20 and upper[:10] == upper[10:]:
        upper, notices = upper[:10], (*notices, "doubled")
    tidy = upper[:1] + upper[1:].translate(_LOOKALIKES)
    notices += ("lookalike",) * (tidy != upper)
    try:
        return _scan(parse_code(tidy), text, *notices)
    except Foreign:
        return None
    except Damaged:
        return _other_layout(tidy, text, plant, notices)


def _other_layout(tidy: str, text: str, plant: _Plant, notices: tuple[str, ...]) -> Scan:
    try:
        code = parse_code(tidy[0] + tidy[1:].translate(_GERMAN))
    except CodeError:
        raise Damaged(text) from None
    if plant.exists is None or not plant.exists(code):
        raise Damaged(text)
    return _scan(code, text, *notices, "layout")


def _place(address: str) -> str:
    """Host and path of an address without scheme and closing slash: the same place over http and https."""
    return _SCHEME.sub("", address).rstrip("/").lower()


def _address(text: str, plant: _Plant) -> Scan | None:
    """The code or GS1 Digital Link in an address, None when it is no address."""
    if _GERMAN_SCHEME.match(text):
        scan = _address(text.translate(_GERMAN_ADDRESS), plant)
        return scan and replace(scan, notices=(*scan.notices, "layout"))
    at = text.lower().rfind("/c/")
    is_address = _SCHEME.match(text)
    if at >= 0:
        scan = _code(re.split(r"[/?#]", text[at + 3 :], maxsplit=1)[0], plant)
        if scan and plant.places and _place(text[:at]) not in plant.places:
            raise Foreign(text)
        if scan:
            return scan
    if not is_address:
        return None
    try:
        values = gs1.link(text) if text.isascii() else None
    except gs1.BadCheckDigit:
        raise Damaged(text) from None
    if values is None:
        raise Foreign(text)
    return Scan(GS1, None, text, text, values=values)


def _gs1(text: str, symbology: str | None) -> Scan | None:
    if not text.isascii() or not gs1.looks_like_elements(text, symbology):
        return None
    try:
        values = gs1.elements(text)
    except gs1.BadCheckDigit:
        raise Damaged(text) from None
    return Scan(GS1, None, text, text, values=values) if values else None


def _plain(text: str) -> Scan:
    """Another system's number, for the store to look up; Foreign when no such number can look like this."""
    if len(text) > LONGEST_PLAIN or not text.isprintable() or not any(map(str.isalnum, text)):
        raise Foreign(text)
    gtin = gs1.gtin_of(text)
    return Scan(PLAIN, None, text, text, values={"gtin": gtin} if gtin else {})
