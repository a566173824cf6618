"""Writes bills of material and routings: what orders were released from stays, and a new revision follows it."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import models as m
from app.services.importing.description import Sheet
from app.services.importing.known import Known
from app.services.importing.result import Counts
from app.services.importing.revisions import Content, Item
from app.services.importing.sheets import ROUTING_SHEETS, SHEETS

_CHILDREN = (m.Characteristic, m.OperationStation)


def write_boms(
    session: Session, asked: dict[Item, Content], stored: dict[Item, Content], known: Known, counts: Counts
) -> set[str]:
    """Write the bills of material that differ; gives the codes of the sites where one did."""
    used = _used(session, stored, known)
    touched = set()
    for item, content in asked.items():
        header = _header(session, m.Bom, item, content, stored, known, used, counts)
        if header is None:
            continue
        touched.add(item[0])
        session.execute(delete(m.BomLine).where(m.BomLine.bom_id == header.id))
        for values in content.of("bom").values():
            session.add(m.BomLine(bom_id=header.id, **_fields(SHEETS["bom"], values, item[0], known, {})))
    session.flush()
    return touched


def write_routings(
    session: Session, asked: dict[Item, Content], stored: dict[Item, Content], known: Known, counts: Counts
) -> set[str]:
    """Write the routings that differ; gives the codes of the sites where one did."""
    used = {known.code_of_pair("items", at) for at in session.scalars(select(m.Task.item_id).distinct()) if at}
    touched = set()
    for item, content in asked.items():
        header = _header(session, m.Routing, item, content, stored, known, used, counts)
        if header is None:
            continue
        touched.add(item[0])
        _empty(session, header.id)
        fill_routing(session, header.id, content, item[0], known)
    session.flush()
    return touched


def _header(
    session: Session, model: Any, item: Item, content: Content, stored: dict[Item, Content], known: Known,
    used: set[Item], counts: Counts,
) -> Any:  # fmt: skip
    """The revision to write into, or None when the stored one holds the same."""
    old = content.header
    if old is not None and _same(content, stored[item]):
        counts.unchanged += 1
        return None
    if old is not None and item not in used:
        counts.updated += 1
        return old
    if old is not None:
        old.status = "retired"
    item_id = known.stored["items"][item]
    taken = session.scalars(select(model.revision).where(model.item_id == item_id)).all()
    header = model(site_id=known.site_ids()[item[0]], item_id=item_id, revision=next_revision(list(taken)))
    session.add(header)
    session.flush()
    counts.updated += old is not None
    counts.created += old is None
    return header


def _same(content: Content, old: Content) -> bool:
    names = {*content.parts, *old.parts}
    return all(content.of(name) == old.of(name) for name in names)


def next_revision(taken: list[str]) -> str:
    """The first of A, B, ... Z, AA, AB ... beyond those that are taken."""
    last = max((_number(revision) for revision in taken), default=0)
    name, rest = "", last + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


def _number(revision: str) -> int:
    """Where a revision stands in A, B, ... AA; 0 for names given by somebody else."""
    if not revision.isascii() or not revision.isalpha() or not revision.isupper():
        return 0
    number = 0
    for letter in revision:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _used(session: Session, stored: dict[Item, Content], known: Known) -> set[Item]:
    """Items whose lines an order was released from: those that have tasks, and the phantoms inside them."""
    waiting = [known.code_of_pair("items", at) for at in session.scalars(select(m.Task.item_id).distinct()) if at]
    used = set(waiting)
    while waiting:
        item = waiting.pop()
        for values in stored.get(item, Content()).of("bom").values():
            below = (item[0], values["component"])
            row = known.rows["items"].get(below)
            if below not in used and row is not None and row.supply == "phantom":
                used.add(below)
                waiting.append(below)
    return used


def _empty(session: Session, routing_id: int) -> None:
    inside = select(m.Operation.id).where(m.Operation.routing_id == routing_id)
    for model in _CHILDREN:
        session.execute(delete(model).where(model.operation_id.in_(inside)))
    session.execute(delete(m.OperationLink).where(m.OperationLink.routing_id == routing_id))
    session.execute(delete(m.Operation).where(m.Operation.routing_id == routing_id))


def fill_routing(session: Session, routing_id: int, content: Content, site: str, known: Known) -> None:
    """Write the rows of a routing that has none yet."""
    operations = {
        values["operation"]: m.Operation(routing_id=routing_id, **_fields(SHEETS["routings"], values, site, known, {}))
        for values in content.of("routings").values()
    }
    session.add_all(operations.values())
    session.flush()
    ids = {key: row.id for key, row in operations.items()}
    for name in ROUTING_SHEETS[1:]:
        sheet = SHEETS[name]
        more = {"routing_id": routing_id} if name == "operation_links" else {}
        for values in content.of(name).values():
            session.add(sheet.part(**more, **_fields(sheet, values, site, known, ids)))


def _fields(
    sheet: Sheet, values: dict[str, Any], site: str, known: Known, operations: dict[str, int]
) -> dict[str, Any]:
    """The attributes of a row of a revision: codes of other rows and of operations as their ids."""
    fields: dict[str, Any] = {}
    for column in sheet.columns:
        if column.attribute is None:
            continue
        value = values[column.name]
        if column.ref and value is not None:
            value = known.stored[column.ref][site, value]
        elif column.attribute in ("operation_id", "pred_id", "succ_id"):
            value = operations[value]
        fields[column.attribute] = value
    return fields
