"""What a scanned or typed text means here: one of our printed codes, or another system's number looked up.

Three refusals look alike to a person and are not: *damaged* (ours, but misread), *foreign* (nothing of a plant) and
*unknown* (well formed, but there is no such thing here).
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Select, literal, select, union_all

from app.errors import Conflict, Invalid, NotFound, Refused
from app.events import Store
from app.models import (
    Container,
    Device,
    ExternalRef,
    Item,
    Lot,
    Machine,
    Person,
    Reason,
    Station,
    Task,
    Unit,
    WorkOrder,
)
from devices.barcode import GS1, PLAIN, Scan, parse
from devices.codes import Code, CodeError, Damaged, Kind, make

_MODELS: dict[Kind, tuple[str, Any]] = {
    Kind.TASK: ("task", Task), Kind.ORDER: ("order", WorkOrder), Kind.UNIT: ("unit", Unit), Kind.LOT: ("lot", Lot),
    Kind.STATION: ("station", Station), Kind.DEVICE: ("device", Device), Kind.CONTAINER: ("container", Container),
    Kind.REASON: ("reason", Reason),
}  # fmt: skip
# What a plain number may be, most scanned first: where two fit, the earlier is meant.
_PLAIN = (
    ("unit", Unit, Unit.serial), ("person", Person, Person.badge), ("order", WorkOrder, WorkOrder.code),
    ("lot", Lot, Lot.code), ("station", Station, Station.code), ("reason", Reason, Reason.code),
    ("machine", Machine, Machine.code), ("container", Container, Container.code),
    ("lot", Lot, Lot.supplier_lot), ("item", Item, Item.code),
)  # fmt: skip
_REFERRED = {"order": WorkOrder, "unit": Unit, "lot": Lot, "item": Item, "person": Person, "task": Task}


class Found(NamedTuple):
    """A thing of the plant: its kind (task, order, unit, lot, person, station, …), its id, and what was read.

    ``others`` holds further ids of the same kind, where a number is not unique (lots of two items); ``notices``
    what had to be put right on the way (see devices.barcode).
    """

    kind: str
    id: int
    text: str
    others: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()


def printed(kind: Kind, number: int) -> str:
    """The printed code of a row; codes carry ids, which are never given away again."""
    return make(kind, number)


def resolve(store: Store, site_id: int, raw: str) -> Found:
    """The thing behind a text; raises Invalid (damaged, foreign, empty) or NotFound (unknown)."""
    try:
        scan = parse(raw, exists=lambda code: _by_code(store, site_id, code) is not None)
    except CodeError as error:
        # A number of another system may by chance have the form of ours, or hold what ours never do.
        found = _plain(store, site_id, (error.text.strip(),))
        if found is None:
            raise _refusal(error) from None
        return found
    found = _scanned(store, site_id, scan)
    if found is None:
        raise NotFound("code.unknown", text=scan.text[:80])
    return found._replace(notices=scan.notices)


def _refusal(error: CodeError) -> Refused:
    return Invalid(
        "code.damaged"
        if isinstance(error, Damaged)
        else "code.empty"
        if error.code == "code.empty"
        else "code.foreign",
        text=error.text.strip()[:80],
    )


def _scanned(store: Store, site_id: int, scan: Scan) -> Found | None:
    if scan.kind == GS1:
        values = (scan.values.get("serial"), scan.values.get("lot"), scan.values.get("gtin"))
        return _plain(store, site_id, tuple(value for value in values if value))
    if scan.kind == PLAIN:
        return _plain(store, site_id, (scan.text, scan.text.upper(), *filter(None, [scan.values.get("gtin")])))
    kind = Kind(scan.kind)
    return _by_code(store, site_id, Code(kind, scan.number or 0, scan.text))


def _by_code(store: Store, site_id: int, code: Code) -> Found | None:
    if code.kind in (Kind.COMMAND, Kind.NUMBER):
        return Found("command" if code.kind is Kind.COMMAND else "number", code.number, code.text)
    if code.kind is Kind.BADGE:
        # Badges are random and can be revoked; the number behind one is no id.
        query = select(Person.id).where(Person.site_id == site_id, Person.badge == code.text, Person.retired.is_(False))
        word = "person"
    else:
        word, model = _MODELS[code.kind]
        query = select(model.id).where(model.id == code.number, model.site_id == site_id)
    row = store.execute(query).scalar()
    return None if row is None else Found(word, row, code.text)


def _plain(store: Store, site_id: int, texts: Iterable[str]) -> Found | None:
    """The first kind of thing that carries one of these numbers, else what another system calls so."""
    texts = tuple(dict.fromkeys(texts))
    parts: list[Select[Any]] = [
        select(literal(rank).label("rank"), model.__table__.c.id.label("id")).where(
            model.__table__.c.site_id == site_id, column.in_(texts)
        )
        for rank, (_, model, column) in enumerate(_PLAIN)
    ]
    rows = sorted((row.rank, row.id) for row in store.execute(union_all(*parts)))
    if not rows:
        return _referred(store, site_id, texts)
    rank = rows[0][0]
    ids = [row_id for found, row_id in rows if found == rank]
    return Found(_PLAIN[rank][0], ids[0], texts[0], tuple(ids[1:]))


def _referred(store: Store, site_id: int, texts: tuple[str, ...]) -> Found | None:
    query = (
        select(ExternalRef.type, ExternalRef.target_id)
        .where(ExternalRef.site_id == site_id, ExternalRef.ref.in_(texts), ExternalRef.type.in_(tuple(_REFERRED)))
        .order_by(ExternalRef.id)
    )
    rows = store.execute(query).all()
    if len({(row.type, row.target_id) for row in rows}) > 1:
        raise Conflict("code.ambiguous", text=texts[0], kinds=", ".join(sorted({row.type for row in rows})))
    return Found(rows[0].type, rows[0].target_id, texts[0]) if rows else None
