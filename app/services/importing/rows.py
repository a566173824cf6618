"""Rows into records: cells read by their kinds, the site of each row, what stands twice in a file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.services.importing.dates import Clock, is_relative
from app.services.importing.description import Column, Record, Sheet, Table
from app.services.importing.problems import BadCell, Problem
from app.services.importing.sheets import SHEETS, SITE

UTC_ZONE = ZoneInfo("UTC")


@dataclass
class Reading:
    """What is read so far: the records of each sheet, and every problem."""

    now: datetime
    zones: dict[str, ZoneInfo]
    records: dict[str, list[Record]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    default_site: str = ""

    def wrong(self, record: Record, column: str | None, code: str, **values: Any) -> None:
        """Remember that something is wrong with a row."""
        self.problems.append(record.problem(column, code, **values))

    def of(self, sheet: str) -> list[Record]:
        """The records of a sheet; none when the folder does not have it."""
        return self.records.get(sheet, [])


def read_tables(tables: Iterable[Table], now: datetime, stored_zones: Mapping[str, ZoneInfo]) -> Reading:
    """The records of all tables; ``stored_zones`` are the zones of the sites that exist already, by code."""
    by_name = {table.sheet.name: table for table in tables}
    reading = Reading(now, dict(stored_zones))
    if "sites" in by_name:
        _read_sites(by_name["sites"], reading)
    codes = [record.values["code"] for record in reading.of("sites")] or list(stored_zones)
    reading.default_site = codes[0] if len(codes) == 1 else ""
    for name in SHEETS:
        if name in by_name and name != "sites":
            reading.records.setdefault(name, [])[:0] = _records(by_name[name], reading)
    _spread_skills(reading)
    _spread_stations(reading)
    for name, sheet in SHEETS.items():
        _twice(sheet, reading.of(name), reading)
    return reading


def _read_sites(table: Table, reading: Reading) -> None:
    clock = Clock(reading.now, UTC_ZONE)
    found = [_record(table, at, cells, "", clock, reading) for at, cells in table.rows]
    reading.records["sites"] = [record for record in found if record.values.get("code")]
    for record in reading.records["sites"]:
        record.site = record.values["code"]
        if "zone" in record.given or record.site not in reading.zones:
            reading.zones[record.site] = ZoneInfo(record.values.get("zone") or "UTC")


def _records(table: Table, reading: Reading) -> list[Record]:
    found = []
    for at, cells in table.rows:
        site = cells.get(SITE.name) or reading.default_site
        if site not in reading.zones:
            code = "unknown_site" if site else "site_needed"
            reading.problems.append(Problem(table.file, at, SITE.name, code, {"value": site}))
            continue
        found.append(_record(table, at, cells, site, Clock(reading.now, reading.zones[site]), reading))
    return found


def _record(
    table: Table, at: int, cells: Mapping[str, str], site: str, clock: Clock, reading: Reading
) -> Record:  # fmt: skip
    sheet = table.sheet
    record = Record(sheet, table.file, at, site, {}, frozenset(table.header))
    before = len(reading.problems)
    relative = set()
    for column in sheet.columns:
        text = cells.get(column.name, "")
        record.values[column.name] = _value(record, column, text, clock, reading)
        if is_relative(text):
            relative.add(column.name)
    record.relative = frozenset(relative)
    if sheet.finish:
        sheet.finish(record.values)
    if len(reading.problems) == before:
        for rule in sheet.rules:
            for name, code, values in rule(record.values):
                reading.wrong(record, name, code, **values)
    return record


def _value(record: Record, column: Column, text: str, clock: Clock, reading: Reading) -> Any:
    if not text:
        if column.required and column.name in record.given:
            reading.wrong(record, column.name, "empty")
        return list(column.default) if isinstance(column.default, list) else column.default
    try:
        return column.kind(text, clock)
    except BadCell as error:
        reading.wrong(record, column.name, error.code, **error.values)
        return None


def _spread_skills(reading: Reading) -> None:
    """The skills in a person's cell are rows of person_skills."""
    sheet = SHEETS["person_skills"]
    for person in reading.of("people"):
        for skill, until, relative in person.values.get("skills") or ():
            values = {"person": person.values["code"], "skill": skill, "valid_from": None, "valid_until": until}
            columns = frozenset({"person", "skill", "valid_until"})
            record = Record(sheet, person.file, person.row, person.site, values, columns)
            record.relative = frozenset({"valid_until"} if relative else ())
            record.shown = "skills"
            reading.records.setdefault("person_skills", []).append(record)


def _spread_stations(reading: Reading) -> None:
    """The stations in an operation's cell are rows of operation_stations, the first one preferred."""
    sheet = SHEETS["operation_stations"]
    for operation in reading.of("routings"):
        for preference, station in enumerate(operation.values.get("stations") or ()):
            values = {column.name: column.default for column in sheet.columns}
            values |= {"item": operation.values.get("item"), "operation": operation.values.get("operation"),
                       "station": station, "preference": preference}  # fmt: skip
            record = Record(sheet, operation.file, operation.row, operation.site, values, frozenset(values))
            record.shown = "stations"
            reading.records.setdefault("operation_stations", []).append(record)


def _twice(sheet: Sheet, records: Iterable[Record], reading: Reading) -> None:
    for columns in (sheet.key, *((name,) for name in sheet.unique)):
        seen: dict[tuple[Any, ...], Record] = {}
        for record in records:
            key = (record.site, *(record.values.get(name) for name in columns))
            # a cell that could not be read has been told already, and an empty badge is no badge
            if all(part is None for part in key[1:]) or _unread(record, columns):
                continue
            first = seen.setdefault(key, record)
            if first is not record:
                value = " / ".join(str(part) for part in key[1:] if part is not None)
                reading.wrong(record, columns[-1], "twice", value=value, row=first.row, other=first.file)


def _unread(record: Record, columns: Iterable[str]) -> bool:
    return any(record.values.get(name) is None for name in columns if name not in ("lot",))
