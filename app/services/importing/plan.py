"""What an import is about to do: the folder against the store, with everything that is wrong found."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Lot, StockMove
from app.services.importing import known as known_rows
from app.services.importing import process, things
from app.services.importing.known import Known
from app.services.importing.machines import MapEntry, check_maps
from app.services.importing.process import Contents, Plant
from app.services.importing.revisions import BOM_SHEETS, ROUTING_SHEETS, Item, asked, stored_boms, stored_routings
from app.services.importing.rows import Reading


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
    known_rows.check_references(reading, known)
    boms, routings = stored_boms(session, known), stored_routings(session, known)
    new_boms, new_routings = asked(reading, boms, BOM_SHEETS), asked(reading, routings, ROUTING_SHEETS)
    plant = Plant(
        reading, known, boms | new_boms, routings | new_routings, new_boms, new_routings,
        _lots(session, known), _moved(session, known),
    )  # fmt: skip
    process.check(plant)
    reading.problems.extend(things.check(plant, maps))
    if reading.default_site:
        reading.problems.extend(check_maps(maps, reading.default_site, known))
    return Plan(reading, known, maps, boms, routings, new_boms, new_routings)


def _lots(session: Session, known: Known) -> frozenset[tuple[str, str, str]]:
    rows = session.execute(select(Lot.item_id, Lot.code))
    return frozenset((*known.code_of_pair("items", item_id), code) for item_id, code in rows)


def _moved(session: Session, known: Known) -> frozenset[Item]:
    return frozenset(known.code_of_pair("items", at) for at in session.scalars(select(StockMove.item_id).distinct()))
