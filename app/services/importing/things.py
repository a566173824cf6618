"""Checks between files: items and how they are made, machines and where they stand, lots, limits, measurements."""

from collections.abc import Iterator
from decimal import Decimal

from app.services.importing.description import Record
from app.services.importing.machines import MapEntry
from app.services.importing.problems import Problem
from app.services.importing.process import Plant

_NOT_MADE = ("buy", "phantom")


def check(plant: Plant, maps: list[MapEntry]) -> Iterator[Problem]:
    """Everything that is wrong between the files, beyond references."""
    yield from _items(plant)
    yield from _machines(plant)
    yield from _measured(plant, maps)
    for record in plant.reading.of("stock"):
        yield from _stock(plant, record)
    for record in plant.reading.of("orders"):
        yield from _order(plant, record)
    for record in plant.reading.of("units"):
        if record.values["unit"] and record.values["unit"] == plant.known.value("items", *_item(record), "unit"):
            yield record.problem("unit", "own_unit", value=record.values["unit"])


def _item(record: Record) -> tuple[str, str]:
    return record.site, record.values["item"]


def _known(plant: Plant, record: Record) -> bool:
    return bool(record.values["item"]) and plant.known.has("items", *_item(record))


def _items(plant: Plant) -> Iterator[Problem]:
    # Items that come alone get their routing afterwards; release refuses those that never got one.
    brings_ways = bool(plant.reading.of("routings"))
    for record in plant.reading.of("items"):
        has_way = (record.site, record.values["code"]) in plant.routings
        if record.values["supply"] == "make_to_order" and not has_way and brings_ways and not record.values["retired"]:
            yield record.problem("supply", "no_routing", value=record.values["code"])
        if (record.site, record.values["code"]) in plant.moved:
            yield from _counted_as_before(plant, record)


def _counted_as_before(plant: Plant, record: Record) -> Iterator[Problem]:
    """How an item is counted cannot change once stock was moved: the moves would mean something else."""
    row = plant.known.rows["items"][record.site, record.values["code"]]
    for column in ("unit", "decimals", "serialised", "lot_tracked"):
        before, wanted = getattr(row, str(record.sheet.by_name[column].attribute)), record.values[column]
        finer = column == "decimals" and (wanted or 0) >= before
        if column in record.given and wanted != before and not finer:
            yield record.problem(column, "stock_moved", value=record.values["code"], before=before)


def _machines(plant: Plant) -> Iterator[Problem]:
    """A machine that is named beside a station stands there."""
    pairs = (("operation_stations", "machine", "station"), ("limit_rules", "upstream_machine", "upstream_station"))
    for sheet, machine, station in pairs:
        for record in plant.reading.of(sheet):
            named, at = record.values[machine], record.values[station]
            if not named or not at or not plant.known.has("machines", record.site, named):
                continue
            stands = plant.known.value("machines", record.site, named, "station")
            if stands != at:
                yield record.problem(machine, "machine_elsewhere", value=named, station=at, stands=stands or "-")


def _measured(plant: Plant, maps: list[MapEntry]) -> Iterator[Problem]:
    """What a device is to measure has a tag of that meaning at a station of the operation."""
    tags = {(entry.map.machine, tag.meaning) for entry in maps for tag in entry.map.tags}
    if not tags:
        return
    places = {
        (site, code): plant.known.value("machines", site, code, "station")
        for site, code in {**plant.known.stored["machines"], **plant.known.records["machines"]}
    }
    meanings: set[tuple[str, str]] = {
        (str(station), meaning) for (_, code), station in places.items() for machine, meaning in tags if machine == code
    }
    for record in plant.reading.of("characteristics"):
        values = record.values
        if values["source"] != "device" or not values["meaning"]:
            continue
        routing = plant.routings.get(_item(record))
        stations = (
            {key[1] for key in routing.of("operation_stations") if key[0] == values["operation"]} if routing else set()
        )
        if stations and not any((station, values["meaning"]) in meanings for station in stations):
            yield record.problem("meaning", "no_tag", value=values["meaning"], stations=", ".join(sorted(stations)))


def _stock(plant: Plant, record: Record) -> Iterator[Problem]:
    if not _known(plant, record):
        return
    tracked = bool(plant.known.value("items", *_item(record), "lot_tracked"))
    lot = record.values["lot"]
    if tracked != bool(lot):
        yield record.problem("lot", "lot_needed" if tracked else "lot_not_tracked", value=record.values["item"])
    elif lot and not _lot(plant, record):
        yield record.problem("lot", "unknown_reference", value=lot, file="lots", close="")
    yield from _decimals(plant, record)


def _lot(plant: Plant, record: Record) -> bool:
    mine = (record.site, record.values["item"], record.values["lot"])
    return mine in plant.lots or any(lot.key == mine for lot in plant.reading.of("lots"))


def _decimals(plant: Plant, record: Record) -> Iterator[Problem]:
    quantity, decimals = record.values["quantity"], plant.known.value("items", *_item(record), "decimals") or 0
    if quantity is not None and quantity != round(Decimal(quantity), decimals):
        yield record.problem("quantity", "too_fine", value=str(quantity), decimals=decimals)


def _order(plant: Plant, record: Record) -> Iterator[Problem]:
    if not _known(plant, record):
        return
    supply = plant.supply(_item(record))
    if supply in _NOT_MADE:
        yield record.problem("item", "not_made", value=record.values["item"], supply=supply)
    elif _item(record) not in plant.routings:
        yield record.problem("item", "no_routing", value=record.values["item"])
    yield from _decimals(plant, record)
