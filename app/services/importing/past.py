"""Checks of the history that another system kept, and of complaints: all that a row names must be known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.services.importing.description import Record
from app.services.importing.known import Known
from app.services.importing.problems import Problem
from app.services.importing.process import Plant


@dataclass(frozen=True)
class _Told:
    """What the rows may name."""

    operations: frozenset[tuple[tuple[str, str], str]]
    characteristics: frozenset[tuple[tuple[str, str], str, str]]
    lots: frozenset[tuple[str, str, str]]


def check(plant: Plant) -> Iterator[Problem]:
    """Everything that a row names must be known, in time and in order."""
    records, complaints = plant.reading.of("history"), plant.reading.of("complaints")
    if not records and not complaints:
        return
    fresh = frozenset(lot.key for lot in plant.reading.of("lots"))
    told = _Told(
        frozenset((item, key[0]) for item, way in plant.routings.items() for key in way.of("routings")),
        frozenset((item, *key[:2]) for item, way in plant.routings.items() for key in way.of("characteristics")),
        plant.lots | fresh,
    )  # fmt: skip
    for record in records:
        yield from _unit(plant, record, told)
    for record in complaints:
        yield from _complaint(plant, record)


def _unit(plant: Plant, record: Record, told: _Told) -> Iterator[Problem]:
    item = (record.site, record.values["item"])
    if not plant.known.value("items", *item, "serialised"):
        yield record.problem("item", "not_serialised", value=item[1])
    yield from _past(record, "made_at", plant.reading.now)
    if record.values["steps"] == []:
        yield record.problem("steps", "empty_cell")
    operations = [("steps", step.operation) for step in record.values["steps"] or ()]
    operations += [("lots", use.operation) for use in record.values["lots"] or ()]
    for column, key in operations:
        if (item, key) not in told.operations:
            yield record.problem(column, "unknown_reference", value=key, file="routings", close="")
    yield from _places(plant.known, record)
    for use in record.values["lots"] or ():
        if (record.site, use.item, use.lot) not in told.lots:
            yield record.problem("lots", "unknown_reference", value=use.lot, file="lots", close="")
    for read in record.values["values"] or ():
        if (item, read.operation, read.code) not in told.characteristics:
            yield record.problem("values", "unknown_reference", value=read.code, file="characteristics", close="")


def _places(known: Known, record: Record) -> Iterator[Problem]:
    for step in record.values["steps"] or ():
        if not any(known.has(sheet, record.site, step.place) for sheet in ("machines", "stations")):
            yield record.problem("steps", "unknown_reference", value=step.place, file="machines", close="")
        if step.person and not known.has("people", record.site, step.person):
            yield record.problem("steps", "unknown_reference", value=step.person, file="people", close="")


def _past(record: Record, column: str, now: datetime) -> Iterator[Problem]:
    at = record.values[column]
    if at is not None and at > now:
        yield record.problem(column, "in_the_future", value=str(at))


def _complaint(plant: Plant, record: Record) -> Iterator[Problem]:
    yield from _past(record, "received", plant.reading.now)
    symptom = record.values["symptom"]
    known = symptom and plant.known.has("reasons", record.site, symptom)
    if known and plant.known.value("reasons", record.site, symptom, "kind") != "symptom":
        yield record.problem("symptom", "unknown_word", value=symptom, words="symptom")


def chunked(records: Iterable[Record], size: int = 400) -> Iterator[list[Record]]:
    """Records in pieces that fit into one statement."""
    rows = list(records)
    return (rows[at : at + size] for at in range(0, len(rows), size))


__all__ = ["check", "chunked"]
