"""A stored revision as rows of texts."""

from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Characteristic, Machine, Operation, OperationLink, OperationStation, Skill, Station
from app.services.importing.cells import row_texts
from app.services.importing.rows import UTC_ZONE
from app.services.importing.sheets import SHEETS
from app.services.routings.rows import CHECKS, LINKS, OPERATIONS, STATIONS, Row, Rows, columns_of, empty, key_of


def rows_of(store: Store, routing_id: int | None) -> Rows:
    """The rows of a revision, operations in their order, all else by key; of none, none."""
    found = empty()
    if routing_id is None:
        return found
    skilled = select(*_columns(Operation), Skill.code.label("skill")).outerjoin(Skill, Skill.id == Operation.skill_id)
    in_order = skilled.where(Operation.routing_id == routing_id).order_by(Operation.position, Operation.id)
    operations = _all(store, in_order)
    keys = {row["id"]: row["key"] for row in operations}
    mine = select(Operation.id).where(Operation.routing_id == routing_id)
    found[OPERATIONS] = [_texts(OPERATIONS, row, {}) for row in operations]
    links = _all(store, select(*_columns(OperationLink)).where(OperationLink.routing_id == routing_id))
    found[LINKS] = [_texts(LINKS, row, {"pred": keys[row["pred_id"]], "succ": keys[row["succ_id"]]}) for row in links]
    stations = _all(store, select(*_columns(OperationStation), Station.code.label("station"),
                                  Machine.code.label("machine"))
                    .join(Station, Station.id == OperationStation.station_id)
                    .outerjoin(Machine, Machine.id == OperationStation.machine_id)
                    .where(OperationStation.operation_id.in_(mine)))  # fmt: skip
    found[STATIONS] = [_texts(STATIONS, row, {"operation": keys[row["operation_id"]]}) for row in stations]
    checks = _all(store, select(*_columns(Characteristic)).where(Characteristic.operation_id.in_(mine)))
    found[CHECKS] = [_texts(CHECKS, row, {"operation": keys[row["operation_id"]]}) for row in checks]
    for sheet in (LINKS, CHECKS):
        found[sheet].sort(key=lambda row: key_of(sheet, row))
    found[STATIONS].sort(key=lambda row: (row["operation"], int(row["preference"]), row["station"]))
    return found


def _columns(model: Any) -> list[Any]:
    return list(model.__table__.c)


def _all(store: Store, query: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in store.execute(query)]


def _texts(sheet: str, row: dict[str, Any], codes: dict[str, str]) -> Row:
    """The cells of a row; references by the code that was read beside them."""
    described = SHEETS[sheet]
    values = {
        column.name: codes.get(column.name, row[column.name] if column.ref else row.get(str(column.attribute)))
        for column in described.columns if column.name in columns_of(sheet)
    }  # fmt: skip
    texts = row_texts(described, values, UTC_ZONE)
    return {name: texts[name] for name in columns_of(sheet)}
