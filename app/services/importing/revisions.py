"""Bills of material and routings as contents: rows by key, in codes, from a folder or out of the store.

An item's rows in a file replace what was stored for it from that file; what the folder does not describe stays.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import models as m
from app.services.importing.description import Record, Sheet
from app.services.importing.known import Known
from app.services.importing.rows import Reading
from app.services.importing.sheets import ROUTING_SHEETS, SHEETS

Item = tuple[str, str]  # codes of site and item
Rows = dict[tuple[Any, ...], dict[str, Any]]
_STEP = 10


@dataclass
class Content:
    """What a revision holds: the rows of each of its sheets by their key, and the file rows they came from."""

    parts: dict[str, Rows] = field(default_factory=dict)
    records: dict[tuple[str, tuple[Any, ...]], Record] = field(default_factory=dict)
    header: Any = None

    def of(self, sheet: str) -> Rows:
        """The rows of one sheet."""
        return self.parts.setdefault(sheet, {})


def stored_boms(session: Session, known: Known) -> dict[Item, Content]:
    """The approved bills of material by item."""
    found = _headers(session, m.Bom, known)
    by_id = {content.header.id: content for content in found.values()}
    for line in session.scalars(select(m.BomLine).join(m.Bom).where(m.Bom.status == "approved")):
        if line.bom_id in by_id:
            _put(by_id[line.bom_id], SHEETS["bom"], line, known, {})
    return found


def stored_routings(session: Session, known: Known) -> dict[Item, Content]:
    """The approved routings by item."""
    found = _headers(session, m.Routing, known)
    by_id = {content.header.id: content for content in found.values()}
    operations = {row.id: row for row in session.scalars(select(m.Operation)) if row.routing_id in by_id}
    keys = {at: row.key for at, row in operations.items()}
    for name in ROUTING_SHEETS:
        for row in session.scalars(select(SHEETS[name].part)):
            of = getattr(row, "routing_id", None) or getattr(operations.get(row.operation_id), "routing_id", None)
            if of in by_id:
                _put(by_id[of], SHEETS[name], row, known, keys)
    return found


def routing_headers(session: Session, known: Known) -> dict[Item, Content]:
    """Which of the known items have an approved routing, without its rows."""
    return _headers(session, m.Routing, known)


def _headers(session: Session, model: Any, known: Known) -> dict[Item, Content]:
    items = known.codes["items"]
    approved = session.scalars(select(model).where(model.status == "approved").order_by(model.id))
    return {items[row.item_id]: Content(header=row) for row in approved if row.item_id in items}


def _put(content: Content, sheet: Sheet, row: Any, known: Known, keys: dict[int, str]) -> None:
    values = {}
    for column in sheet.columns:
        if column.attribute is None:
            continue
        value = getattr(row, column.attribute)
        if column.ref and value is not None:
            value = known.code_of(column.ref, value)
        elif column.attribute in ("operation_id", "pred_id", "succ_id"):
            value = keys[value]
        values[column.name] = value
    content.of(sheet.name)[tuple(values[name] for name in sheet.key if name != "item")] = values


def asked(reading: Reading, stored: dict[Item, Content], sheets: Iterable[str]) -> dict[Item, Content]:
    """The contents as the folder wants them, for every item it has a row about."""
    found: dict[Item, Content] = {}
    for name in sheets:
        for record in reading.of(name):
            if _is_readable(record):
                _take(reading, found.setdefault((record.site, record.values["item"]), Content()), name, record)
    for item, content in found.items():
        old = stored.get(item, Content())
        content.header = old.header
        for name in sheets:
            _settle(content, old, name)
        if "routings" in sheets and not _has_record(content, "operation_links"):
            _link_in_order(content, old)
    return found


def _is_readable(record: Record) -> bool:
    """Tell whether it is known what the row is about; that a cell cannot be read was told already."""
    return all(record.values.get(name) is not None for name in record.sheet.key if name != "position")


def _take(reading: Reading, content: Content, name: str, record: Record) -> None:
    rows = content.of(name)
    columns = [column.name for column in record.sheet.columns if column.attribute is not None]
    values = {column: record.values[column] for column in columns}
    if "position" in values and values["position"] is None:
        values["position"] = max((row["position"] for row in rows.values()), default=0) + _STEP
    key = tuple(values[column] for column in record.sheet.key if column != "item")
    first = content.records.get((name, key))
    if first and first.values.get("position", 0) is None:  # two given ones were found when the file was read
        reading.wrong(record, "position", "twice", value=values["position"], row=first.row, other=first.file)
    rows[key] = values
    content.records[name, key] = record


def _settle(content: Content, old: Content, name: str) -> None:
    """Keep what the folder does not describe, and the days of relative dates that were written before."""
    if not content.of(name):
        content.parts[name] = dict(old.of(name))
    for key, values in content.of(name).items():
        record = content.records.get((name, key))
        for column in record.relative if record else ():
            if key in old.of(name):
                values[column] = old.of(name)[key][column]


def _has_record(content: Content, name: str) -> bool:
    return any(sheet == name for sheet, _ in content.records)


def _link_in_order(content: Content, old: Content) -> None:
    """Without links the operations follow each other; a graph that was stored stays."""
    links = old.of("operation_links")
    if not links or links == _chain(old):
        content.parts["operation_links"] = _chain(content)


def _chain(content: Content) -> Rows:
    operations = sorted(content.of("routings").values(), key=lambda values: values["position"])
    rows = {}
    for pred, succ in itertools.pairwise(operations):
        values: dict[str, Any] = {column.name: column.default for column in SHEETS["operation_links"].columns}
        del values["item"]
        values |= {"pred": pred["operation"], "succ": succ["operation"]}
        rows[values["pred"], values["succ"], values["kind"]] = values
    return rows
