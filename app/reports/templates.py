"""The templates: what stands on a unit label, a lot label, a station card, a badge and a command card."""

from dataclasses import dataclass

from app.reports.label import Label, Symbol, Words
from devices.codes import group

KINDS = ("unit", "lot", "station", "badge", "commands")


@dataclass(frozen=True)
class Facts:
    """What a label tells: its printed code, a large line, a second one, and small lines below; ``link`` for phones."""

    code: str
    title: str
    subtitle: str = ""
    lines: tuple[str, ...] = ()
    link: str = ""


def unit(facts: Facts) -> Label:
    """50 × 30 mm: bars for lasers, a square for cameras and small places, serial number and item."""
    return Label(50, 30, (
        Symbol(3.2, 2, "code128", facts.code, 0.3, 8),
        Words(3, 11.2, 2, 34, _readable(facts.code)),
        Words(3, 15, 3.2, 31, facts.title),
        Words(3, 20, 2.2, 31, facts.subtitle),
        *(Words(3, 23.6 + 3 * at, 1.9, 31, line) for at, line in enumerate(facts.lines[:2])),
        Symbol(37, 16, "datamatrix", facts.code, 0.75),
    ))  # fmt: skip


def lot(facts: Facts) -> Label:
    """100 × 50 mm: bars that a gun reads from a truck, a square for phones, lot, item and dates."""
    return Label(100, 50, (
        Symbol(5, 4, "code128", facts.code, 0.375, 13),
        Words(5, 18.5, 2.6, 52, _readable(facts.code)),
        Words(5, 24, 5.5, 66, facts.title),
        Words(5, 32, 3.2, 66, facts.subtitle),
        *(Words(5, 37.5 + 4 * at, 2.5, 66, line) for at, line in enumerate(facts.lines[:3])),
        Symbol(73, 24, "qr", facts.link or facts.code, 0.75),
    ))  # fmt: skip


def station(facts: Facts) -> Label:
    """148 × 105 mm, to hang over a station: its name from afar, its page for a phone, its code for a gun."""
    return Label(148, 105, (
        Words(8, 10, 16, 132, facts.title),
        Words(8, 32, 7, 132, facts.subtitle),
        *(Words(8, 46 + 8 * at, 4, 70, line) for at, line in enumerate(facts.lines[:2])),
        Symbol(8, 66, "code128", facts.code, 0.5, 22),
        Words(8, 91, 4, 70, _readable(facts.code)),
        Symbol(94, 50, "qr", facts.link or facts.code, 1.4),
    ))  # fmt: skip


def badge(facts: Facts) -> Label:
    """86 × 54 mm, the size of a bank card: name, number, and a code that says nothing about the person."""
    return Label(86, 54, (
        Words(5, 6, 6, 76, facts.title),
        Words(5, 16, 3.4, 52, facts.subtitle),
        *(Words(5, 23 + 5 * at, 2.6, 52, line) for at, line in enumerate(facts.lines[:1])),
        Symbol(5, 32, "code128", facts.code, 0.375, 12),
        Words(5, 47, 2.4, 52, _readable(facts.code)),
        Symbol(64, 26, "datamatrix", facts.code, 1.0),
    ))  # fmt: skip


def command(facts: Facts) -> Label:
    """60 × 42 mm, a card of a sheet: the order in large letters, bars and a square beside each other."""
    return Label(60, 42, (
        Words(4, 4, 5, 52, facts.title),
        Words(4, 11.5, 2.8, 52, facts.subtitle),
        Symbol(5, 17, "code128", facts.code, 0.3, 10),
        Words(4, 29.5, 2, 34, _readable(facts.code)),
        Symbol(43, 28.5, "datamatrix", facts.code, 0.75),
    ))  # fmt: skip


def _readable(code: str) -> str:
    return group(code) if len(code) == 10 else code


DRAWN = {"unit": unit, "lot": lot, "station": station, "badge": badge, "commands": command}
