"""A plant small enough to follow by hand: a fridge of one cabinet and two doors, through seven operations.

cabinet: C10 bend > C20 foam (jig of four)      door: D10 press
fridge:  F10 assemble (cabinet + 2 doors + scanned compressor) > F20 charge ─┬─ F30 test > F40 pack
                                                                 └ rework F30 back to F20
"""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.db import transaction
from app.models import (
    Bom,
    BomLine,
    Item,
    Line,
    Location,
    Lot,
    Machine,
    Operation,
    OperationLink,
    OperationStation,
    Person,
    PersonSkill,
    Reason,
    Routing,
    ShiftPattern,
    Site,
    Skill,
    Station,
    Unit,
)
from app.services.stock import Move, post

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STATIONS = ("BEND", "FOAM", "DOOR", "ASSY1", "ASSY2", "CHARGE", "TEST", "PACK")


@dataclass(frozen=True)
class Plant:
    """The ids a test needs."""

    site_id: int
    stations: dict[str, int]
    items: dict[str, int]
    people: dict[str, int]
    reasons: dict[str, int]
    lots: dict[str, int]
    location_id: int


def build(zone: str = "UTC") -> Plant:
    """Write the plant in one transaction (inside an application context)."""
    with transaction() as session:
        site = _add(session, Site(code="T", name="Test plant", name_zh="测试工厂", zone=zone))
        place = _add(session, Location(site_id=site.id, code="FLOOR", name="Floor"))
        line = _add(session, Line(site_id=site.id, code="L1", name="Line 1", name_zh="一号线"))
        stations = {
            code: _add(session, Station(site_id=site.id, line_id=line.id, code=code, name=code.title(), position=n,
                                        capacity=4 if code == "FOAM" else 1, location_id=place.id)).id
            for n, code in enumerate(STATIONS)
        }  # fmt: skip
        for code in ("BEND", "FOAM", "TEST"):
            session.add(Machine(site_id=site.id, station_id=stations[code], code=f"M-{code}", name=code))
        for code, begins, ends, pause in (("A", 360, 840, [600, 615]), ("B", 840, 1320, [1080, 1110])):
            session.add(ShiftPattern(site_id=site.id, code=code, name=code, weekdays=list(range(7)), start_min=begins,
                                     end_min=ends, breaks=[pause]))  # fmt: skip
        skill = _add(session, Skill(site_id=site.id, code="GAS", name="Refrigerant", name_zh="制冷剂"))
        people = {
            code: _add(session, Person(site_id=site.id, code=code, name=code, badge=code)).id for code in ("LI", "WANG")
        }
        session.add(
            PersonSkill(person_id=people["LI"], skill_id=skill.id, valid_from=None, valid_until=date(2027, 12, 31))
        )
        reasons = {
            code: _add(session, Reason(site_id=site.id, code=code, kind=kind, name=name, name_zh=zh)).id
            for code, kind, name, zh in (
                ("DENT", "scrap", "Dent", "工废"), ("STEEL", "scrap", "Bad steel", "料废"),
                ("LEAK", "rework", "Leak", "泄漏"),
                ("WRONG", "correction", "Counted wrongly", "误报"),
            )
        }  # fmt: skip
        items = _items(session, site.id)
        _structure(session, site.id, items)
        _process(session, site.id, items, stations, skill.id)
        lots = _stock(session, site.id, items, place.id)
        return Plant(site.id, stations, items, people, reasons, lots, place.id)


def _add(session: Any, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def _items(session: Any, site_id: int) -> dict[str, int]:
    rows = (
        Item(
            code="FRIDGE", name="Fridge", name_zh="冰箱", supply="make_to_order", is_serialised=True, serial_prefix="FR"
        ),
        Item(code="CABINET", name="Cabinet", supply="make_to_order"),
        Item(code="DOOR", name="Door", supply="make_to_order", tolerance_percent=Decimal(10)),
        Item(code="COMP", name="Compressor", supply="buy", is_serialised=True),
        Item(code="SHEET", name="Steel sheet", supply="buy", unit="kg", decimals=3, is_lot_tracked=True),
        Item(
            code="FOAM", name="Foam", supply="buy", unit="kg", decimals=3, is_lot_tracked=True, negative_stock="refuse"
        ),
    )
    for row in rows:
        row.site_id = site_id
    return {row.code: _add(session, row).id for row in rows}


def _structure(session: Any, site_id: int, items: dict[str, int]) -> None:
    lines = {
        "FRIDGE": [("CABINET", "1", "F10", True), ("DOOR", "2", "F10", True), ("COMP", "1", "F10", False)],
        "CABINET": [("SHEET", "12.5", "C10", True), ("FOAM", "4.2", "C20", True)],
        "DOOR": [("SHEET", "3.333", "D10", True)],
    }
    for parent, children in lines.items():
        bom = _add(session, Bom(site_id=site_id, item_id=items[parent]))
        for position, (child, quantity, operation, backflush) in enumerate(children):
            session.add(BomLine(bom_id=bom.id, position=position, item_id=items[child], quantity=Decimal(quantity),
                                operation=operation, backflush=backflush))  # fmt: skip


def _process(session: Any, site_id: int, items: dict[str, int], stations: dict[str, int], skill_id: int) -> None:
    steps = {
        "CABINET": [("C10", "Bend", ["BEND"], "4"), ("C20", "Foam", ["FOAM"], "6")],
        "DOOR": [("D10", "Press door", ["DOOR"], "2")],
        "FRIDGE": [("F10", "Assemble", ["ASSY1", "ASSY2"], "8"), ("F20", "Charge", ["CHARGE"], "3"),
                   ("F30", "Test", ["TEST"], "5"), ("F40", "Pack", ["PACK"], "2")],
    }  # fmt: skip
    for item, operations in steps.items():
        routing = _add(session, Routing(site_id=site_id, item_id=items[item]))
        made = [
            _add(session, Operation(routing_id=routing.id, key=key, name=name, position=n, piece_min=Decimal(minutes),
                                    fixed_min=Decimal(1), skill_id=skill_id if key == "F20" else None, max_loops=2,
                                    batch_size=4 if key == "C20" else None))
            for n, (key, name, _, minutes) in enumerate(operations)
        ]  # fmt: skip
        for row, (_, _, places, _) in zip(made, operations, strict=True):
            for preference, code in enumerate(places):
                session.add(OperationStation(operation_id=row.id, station_id=stations[code], preference=preference))
        for one, two in itertools.pairwise(made):
            session.add(OperationLink(routing_id=routing.id, pred_id=one.id, succ_id=two.id))
        if item == "FRIDGE":
            session.add(OperationLink(routing_id=routing.id, pred_id=made[2].id, succ_id=made[1].id, kind="rework"))


def _stock(session: Any, site_id: int, items: dict[str, int], location_id: int) -> dict[str, int]:
    lots = {}
    for code, item, quantity, age in (("S1", "SHEET", 100, 9), ("S2", "SHEET", 900, 3), ("F1", "FOAM", 60, 5)):
        lot = _add(session, Lot(site_id=site_id, item_id=items[item], code=code, supplier="Mill",
                                supplier_lot=f"X{code}", received_at=NOW - timedelta(days=age)))  # fmt: skip
        lots[code] = lot.id
        post(session, Move("receipt", items[item], quantity * 10**6, lot.id), site_id, location_id, None, NOW)
    for number in range(1, 9):
        session.add(Unit(site_id=site_id, item_id=items["COMP"], serial=f"CP{number}", status="good", created_at=NOW))
    post(session, Move("receipt", items["COMP"], 8 * 10**6), site_id, location_id, None, NOW)
    return lots
