"""What an import is about to do: the folder against the store, with everything that is wrong found."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from app.models import Lot, StockMove
from app.services.importing import in_use, past, process, things
from app.services.importing import known as known_rows
from app.services.importing.known import Known
from app.services.importing.machines import MapEntry, check_maps
from app.services.importing.process import Contents, Plant
from app.services.importing.revisions import Item, asked, routing_headers, stored_boms, stored_routings
from app.services.importing.rows import Reading
from app.services.importing.sheets import BOM_SHEETS, ROUTING_SHEETS


@dataclass(frozen=True)
class Plan:
    """What is read, what is there, and the bills and routings as they are and as they shall be."""

    reading: Reading
    known: Known
    maps: list[MapEntry]
    boms: Contents
    routings: Contents
    asked_boms: Contents
    asked_routings: Contents


def planned(session: Session, reading: Reading, maps: list[MapEntry]) -> Plan:
    """Compare the folder with the store; what is wrong is added to the problems of the reading."""
    known = known_rows.load(session, reading)
    known_rows.check_references(session, reading, known)
    whole = not known_rows.is_small(reading)
    boms = stored_boms(session, known) if whole else {}
    routings = stored_routings(session, known) if whole else routing_headers(session, known)
    new_boms, new_routings = asked(reading, boms, BOM_SHEETS), asked(reading, routings, ROUTING_SHEETS)
    plant = Plant(
        reading, known, boms | new_boms, routings | new_routings, new_boms, new_routings,
        _lots(session, known), _moved(session, known),
    )  # fmt: skip
    process.check(plant)
    reading.problems.extend(things.check(plant, maps))
    reading.problems.extend(in_use.check(session, reading, known))
    reading.problems.extend(past.check(plant))
    if reading.default_site:
        reading.problems.extend(check_maps(maps, reading.default_site, known))
    return Plan(reading, known, maps, boms, routings, new_boms, new_routings)


def _lots(session: Session, known: Known) -> frozenset[tuple[str, str, str]]:
    rows = session.execute(select(Lot.item_id, Lot.code).where(_of_known(Lot.item_id, known)))
    return frozenset((*known.code_of_pair("items", item_id), code) for item_id, code in rows)


def _moved(session: Session, known: Known) -> frozenset[Item]:
    moved = select(StockMove.item_id).where(_of_known(StockMove.item_id, known)).distinct()
    return frozenset(known.code_of_pair("items", at) for at in session.scalars(moved))


def _of_known(column: Any, known: Known) -> Any:
    """A small reading knows the items it names; a list of ids would be too long for a large one."""
    ids = known.codes["items"].keys()
    return column.in_(ids) if len(ids) <= known_rows.FEW else true()
