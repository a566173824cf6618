"""What the factory made in the last weeks and what its customers complain about: rows of two files to import.

A seed draws the hidden cause: one machine, shift, lot or person, two of them together, or none. Units that carry it
fail at customers far more often than the others. Nothing but the complaints themselves ever leaves this module:
whoever wants to know has to find out.
"""

import csv
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.demo.files import Row, rows

SORTS = ("machine", "shift", "lot", "person", "two", "none")
SYMPTOM = "D01"
PLAIN_RATE, CAUSE_RATE, RATE_WITHOUT = 0.012, 0.16, 0.03
Part = tuple[str, str]
Piece = dict[Part, str]

# Operation: what it is called in the story, and the stations (each with one machine) where it can be done.
WAY: dict[str, tuple[str, ...]] = {
    "asm": ("FA-1", "FA-2"), "braze": ("BZ-1", "BZ-2"), "vacuum": ("VC-1", "VC-2"), "charge": ("CH-1", "CH-2"),
    "leak": ("LK-1", "LK-2"), "electric": ("ET-1", "ET-2"), "pack": ("PK-1",),
}  # fmt: skip
CREW: dict[str, tuple[str, ...]] = {
    "asm": ("P014", "P016", "P018", "P020"), "braze": ("P015", "P017", "P021", "P023"),
    "vacuum": ("P018", "P019", "P023"), "charge": ("P017", "P019", "P023"), "leak": ("P024", "P026", "P028"),
    "electric": ("P025", "P027", "P029"), "pack": ("P025", "P028", "P030"),
}  # fmt: skip
LOTS: dict[str, str] = {"charge": "R600A", "electric": "PCB-A", "braze": "STL-05", "asm": "POLYOL"}
SHIFTS = ("A", "B", "N")


@dataclass(frozen=True)
class Past:
    """Units in the order in which they were made, what each of them went through, and which failed at customers."""

    units: list[Piece]
    failed: list[bool]
    cause: tuple[Part, ...]
    sort: str


def past(seed: int, count: int = 2400, a_shift: int = 40, sort: str | None = None) -> Past:
    """Draw the units and the cause (of a sort when it is told); the same seed gives the same weeks."""
    rng = random.Random(f"{seed}/complaints")
    units = list(_made(rng, count, a_shift))
    drawn = rng.choice(SORTS)
    sort = sort or drawn
    cause = _cause(rng, sort, units)
    failed = [rng.random() < _rate(unit, cause) for unit in units]
    return Past(units, failed, cause, sort)


def _made(rng: random.Random, count: int, a_shift: int) -> Iterator[Piece]:
    lots = {item: (1, rng.randint(90, 260)) for item in LOTS.values()}
    manned: dict[tuple[str, str], str] = {}
    for number in range(count):
        if number % a_shift == 0:
            manned = dict(_manned(rng))
        shift = number // a_shift
        piece: Piece = {("", "shift"): SHIFTS[shift % 3], ("", "day"): str(shift // 3)}
        for operation, stations in WAY.items():
            station = rng.choice(stations)
            piece |= {(operation, "machine"): f"M-{station.replace('-', '')}",
                      (operation, "person"): manned[operation, station]}  # fmt: skip
        for operation, item in LOTS.items():
            at, left = lots[item]
            lots[item] = (at, left - 1) if left > 1 else (at + 1, rng.randint(90, 260))
            piece[operation, "lot"] = f"{item}-P{at:02}"
        yield piece


def _manned(rng: random.Random) -> Iterator[tuple[tuple[str, str], str]]:
    for operation, stations in WAY.items():
        for station, person in zip(stations, rng.sample(CREW[operation], len(stations)), strict=True):
            yield (operation, station), person


def _cause(rng: random.Random, sort: str, units: list[Piece]) -> tuple[Part, ...]:
    """One or two parts of a unit drawn by chance, so that what is common is drawn more often than what is rare."""
    if sort == "none":
        return ()
    while True:
        kinds = rng.sample(("machine", "shift", "lot", "person"), 2) if sort == "two" else [sort]
        model = rng.choice(units)
        chosen = [rng.choice([part for part in model if part[1] == kind]) for kind in kinds]
        cause = tuple((f"{part[0]}/{part[1]}", model[part]) for part in chosen)
        count = sum(_carries(unit, cause) for unit in units)
        alone = [sum(_carries(unit, (part,)) for unit in units) for part in cause]
        # What everybody carries, or adds nothing to the other part, is no cause that anybody could tell.
        if count >= len(units) / 25 and max(alone) < len(units) * 0.6 and (len(cause) < 2 or count < 0.8 * min(alone)):
            return cause


def _carries(unit: Piece, cause: tuple[Part, ...]) -> bool:
    return all(unit[_part(name)] == level for name, level in cause)


def _part(name: str) -> Part:
    operation, _, kind = name.partition("/")
    return operation, kind


def _rate(unit: Piece, cause: tuple[Part, ...]) -> float:
    if not cause:
        return RATE_WITHOUT
    return CAUSE_RATE if _carries(unit, cause) else PLAIN_RATE


ITEM, A_DAY_AGO, CUSTOMERS = "BCD-210", 3, ("Suyuan Stores 苏源商场", "Beihai Electric 北海电器", "Nordic Home")
BEGINS = {"A": "06:10", "B": "14:10", "N": "22:10"}


def write(folder: Path, seed: int, count: int = 1800) -> Past:
    """Add the last weeks to a folder of files: history, its lots, and what customers complain about."""
    found = past(seed, count)
    rng = random.Random(f"{seed}/customers")
    days = max(int(unit["", "day"]) for unit in found.units)
    serials = [f"P{number:06}" for number in range(1, count + 1)]
    units = [_row(rng, unit, serial, days) for unit, serial in zip(found.units, serials, strict=True)]
    _save(folder / "history.csv", units)
    _save(folder / "lots.csv", [*rows(folder, "lots"), *_past_lots(found, rows(folder, "lots")[0])])
    _save(folder / "complaints.csv", [
        {"serial": unit["serial"], "symptom": SYMPTOM, "received": f"-{rng.randint(0, 2)}d 0{rng.randint(1, 5)}:30",
         "customer": unit["customer"]}
        for unit, failed in zip(units, found.failed, strict=True) if failed
    ])  # fmt: skip
    return found


def _row(rng: random.Random, unit: Piece, serial: str, days: int) -> Row:
    ago = days - int(unit["", "day"]) + A_DAY_AGO + 1
    steps = [f"{key}@{unit[key, 'machine']}/{unit[key, 'person']}" for key in WAY]
    lots = [f"{key}:{item}/{unit[key, 'lot']}" for key, item in LOTS.items()]
    customer = rng.randrange(len(CUSTOMERS))
    return {
        "serial": serial, "item": ITEM, "made_at": f"-{ago}d {BEGINS[unit['', 'shift']]}", "shift": unit["", "shift"],
        "steps": ";".join(steps), "lots": ";".join(lots), "values": f"charge:CHG={rng.gauss(62, 0.5):.2f}",
        "shipped_at": f"-{A_DAY_AGO}d", "customer_order": f"PO-{7000 + 10 * customer + rng.randrange(3)}",
        "customer": CUSTOMERS[customer],
    }  # fmt: skip


def _past_lots(found: Past, like: Row) -> Iterable[Row]:
    """The lots of the past are used up."""
    for operation, item in LOTS.items():
        for code in dict.fromkeys(unit[operation, "lot"] for unit in found.units):
            yield dict.fromkeys(like, "") | {"item": item, "code": code, "status": "available", "supplier": "Huayuan",
                                             "supplier_lot": f"S-{code}", "received_at": "-40d 09:30"}  # fmt: skip


def _save(path: Path, found: list[Row]) -> None:
    if not found:
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]))
        writer.writeheader()
        writer.writerows(found)


def columns(found: Past) -> dict[str, list[Any]]:
    """The units as columns, one a factor, the way a statistic reads them."""
    return {
        f"{operation}/{kind}": [unit[operation, kind] for unit in found.units] for operation, kind in found.units[0]
    }


__all__ = ["SORTS", "Past", "columns", "past", "write"]
