"""What the codes of a folder may refer to: rows that stand in the store, and rows the folder itself brings."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.models import Person, Site
from app.services.importing.description import Column, Record, Sheet
from app.services.importing.rows import Reading
from app.services.importing.sheets import BOM_SHEETS, ROUTING_SHEETS, SHEETS

Pair = tuple[str, str]
FEW = 2000


@dataclass
class Known:
    """Ids of the stored rows by sheet, site and code; records of the folder by the same."""

    stored: dict[str, dict[Pair, int]] = field(default_factory=dict)
    records: dict[str, dict[Pair, Record]] = field(default_factory=dict)
    codes: dict[str, dict[int, Pair]] = field(default_factory=dict)
    rows: dict[str, dict[Pair, Any]] = field(default_factory=dict)

    def has(self, sheet: str, site: str, code: str) -> bool:
        """Tell whether a code can be referred to."""
        return (site, code) in self.records.get(sheet, {}) or (site, code) in self.stored.get(sheet, {})

    def value(self, sheet: str, site: str, code: str, column: str) -> Any:
        """What the folder says of a row, else what is stored; codes stay codes, stored ids become codes again."""
        record = self.records.get(sheet, {}).get((site, code))
        described = SHEETS[sheet].by_name[column]
        row = self.rows.get(sheet, {}).get((site, code))
        if record and (column in record.given or row is None):
            return record.values.get(column)
        found = getattr(row, described.attribute or "", None)
        return self.code_of(described.ref, found) if described.ref and isinstance(found, int) else found

    def code_of(self, sheet: str, at: int) -> str:
        """The code of a stored row by its id."""
        return self.codes[sheet][at][1]

    def code_of_pair(self, sheet: str, at: int) -> Pair:
        """The codes of site and row of a stored row by its id."""
        return self.codes[sheet][at]

    def is_retired(self, sheet: str, site: str, code: str) -> bool:
        """Tell whether the row is out of use."""
        return "retired" in SHEETS[sheet].by_name and bool(self.value(sheet, site, code, "retired"))

    def site_ids(self) -> dict[str, int]:
        """The ids of the stored sites by code."""
        return {code: at for (_, code), at in self.stored.get("sites", {}).items()}


def _referred() -> list[Sheet]:
    return [sheet for sheet in SHEETS.values() if sheet.model and sheet.key == ("code",)]


def is_small(reading: Reading) -> bool:
    """Tell whether a reading is a handful of rows, which must not wait for a whole plant to be loaded."""
    revised = any(reading.of(name) for name in (*BOM_SHEETS, *ROUTING_SHEETS))
    return not revised and sum(map(len, reading.records.values())) <= FEW


def load(session: Session, reading: Reading, only_named: bool = False) -> Known:
    """What stands in the folder, and in the store: all of it, or for a small reading what it names.

    ``only_named`` reads no more than that of a revision, too: enough to check one that is not compared with the store.
    """
    known = Known()
    sites = {site.id: site.code for site in session.scalars(select(Site))}
    named = _named_codes(reading) if only_named or is_small(reading) else None
    for sheet in _referred():
        known.stored[sheet.name], known.codes[sheet.name], known.rows[sheet.name] = {}, {}, {}
        found = reading.of(sheet.name)
        known.records[sheet.name] = {(r.site, r.values["code"]): r for r in found if r.values.get("code")}
        query = select(sheet.model)
        if named is not None and sheet.name != "sites":
            badges = {record.values.get("badge") for record in reading.of("people")}
            mine = sheet.model.code.in_(named.get(sheet.name, ()))
            query = query.where(or_(mine, Person.badge.in_(badges)) if sheet.name == "people" else mine)
        _learn(known, sheet, session.scalars(query), sites)
    if named is not None:
        _learn_referred(session, known, sites)
    return known


def _learn(known: Known, sheet: Sheet, rows: Iterable[Any], sites: dict[int, str]) -> None:
    for row in rows:
        pair = (row.code if sheet.name == "sites" else sites[row.site_id], row.code)
        known.stored[sheet.name][pair] = row.id
        known.codes[sheet.name][row.id] = pair
        known.rows[sheet.name][pair] = row


def _named_codes(reading: Reading) -> dict[str, set[str]]:
    """The codes that a reading names, by the sheet they belong to."""
    found: dict[str, set[str]] = {}
    for name, records in reading.records.items():
        for record in records:
            if SHEETS[name].key == ("code",) and record.values.get("code"):
                found.setdefault(name, set()).add(record.values["code"])
            for column in SHEETS[name].columns:
                if column.ref:
                    found.setdefault(column.ref, set()).update(_named(record.values.get(column.name)))
    return found


def _learn_referred(session: Session, known: Known, sites: dict[int, str]) -> None:
    """The rows that loaded rows refer to: a change tells their codes."""
    for sheet in _referred():
        for column in (c for c in sheet.columns if c.ref and c.attribute and c.attribute.endswith("_id")):
            ids = {getattr(row, str(column.attribute)) for row in known.rows[sheet.name].values()}
            missing = ids - {None} - known.codes[str(column.ref)].keys()
            if missing:
                target = SHEETS[str(column.ref)]
                _learn(known, target, session.scalars(select(target.model).where(target.model.id.in_(missing))), sites)


def check_references(session: Session, reading: Reading, known: Known) -> None:
    """Every code that a cell names must exist in its site, and be in use unless the row itself is out of use."""
    for sheet in SHEETS.values():
        columns = [column for column in sheet.columns if column.ref]
        for record in reading.of(sheet.name):
            for column in columns:
                for code in _named(record.values.get(column.name)):
                    _check(session, reading, known, record, column, code)
    _check_badges(reading, known)


def _named(value: Any) -> Iterable[str]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _check(session: Session, reading: Reading, known: Known, record: Record, column: Column, code: str) -> None:
    sheet = str(column.ref)
    if not known.has(sheet, record.site, code):
        codes = {c for s, c in known.records[sheet] if s == record.site} | _codes(session, known, sheet, record.site)
        close = "".join(get_close_matches(code, codes, 1))
        reading.wrong(record, column.name, "unknown_reference", value=code, file=sheet, close=close)
    elif known.is_retired(sheet, record.site, code) and not record.values.get("retired"):
        reading.wrong(record, column.name, "retired_reference", value=code, file=sheet)


def _codes(session: Session, known: Known, sheet: str, site: str) -> set[str]:
    """All stored codes of a sheet, to find the one that was meant."""
    model = SHEETS[sheet].model
    return set(session.scalars(select(model.code).where(model.site_id == known.site_ids().get(site))))


def _check_badges(reading: Reading, known: Known) -> None:
    """A badge of a stored person who is not in the folder is taken."""
    mine = known.records["people"]
    holders = {
        (site, row.badge): row.code
        for (site, _), row in known.rows.get("people", {}).items()
        if row.badge and (site, row.code) not in mine
    }
    for record in reading.of("people"):
        holder = holders.get((record.site, record.values.get("badge")))
        if holder:
            reading.wrong(record, "badge", "badge_taken", value=record.values["badge"], person=holder)
