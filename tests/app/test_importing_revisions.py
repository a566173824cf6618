"""Bills of material and routings: what orders were released from is never changed, a new revision follows it."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import models as m
from app.db import db
from app.services.importing import import_folder
from app.services.importing.write_revisions import next_revision
from app.services.release import release
from tests.app.importing_folder import FILES, NOW, Change, write


@pytest.fixture
def plant(app: Flask, tmp_path: Path):
    with app.app_context():
        folder = write(tmp_path / "plant")
        assert import_folder(folder, None, NOW).written
        yield folder


def again(folder: Path, change: Change):
    result = import_folder(write(folder, change), None, NOW)
    assert result.problems == []
    db.session.expire_all()
    return result


def revisions(model: type, item: str) -> list[tuple[str, str]]:
    rows = db.session.scalars(select(model).join(m.Item).where(m.Item.code == item).order_by(model.id))
    return [(row.revision, row.status) for row in rows]


def release_first() -> None:
    order = db.session.scalars(select(m.WorkOrder).order_by(m.WorkOrder.id)).first()
    release(order.site_id, order.id, "import", NOW)


def steel(revision: str) -> list[str]:
    """The quantities of the steel lines of a revision of SUB."""
    query = select(m.BomLine).join(m.Bom).join(m.Item, m.Item.id == m.Bom.item_id)
    lines = db.session.scalars(query.where(m.Item.code == "SUB", m.Bom.revision == revision))
    return sorted(str(line.quantity) for line in lines)


def test_a_bill_nobody_used_is_replaced(plant):
    result = again(plant, {"bom.csv": ("STL,2.5", "STL,2.7")})
    assert (result.of("bom").updated, result.of("bom").unchanged) == (1, 2)
    assert revisions(m.Bom, "SUB") == [("A", "approved")]
    assert steel("A") == ["2.4", "2.7"]


def test_a_bill_an_order_was_released_from_gets_a_new_revision(plant):
    release_first()
    again(plant, {"bom.csv": ("STL,2.5", "STL,2.7")})
    assert revisions(m.Bom, "SUB") == [("A", "retired"), ("B", "approved")]
    assert steel("A") == ["2.4", "2.5"]
    assert steel("B") == ["2.4", "2.7"]
    assert again(plant, {"bom.csv": ("STL,2.5", "STL,2.7")}).changed == 0


def test_a_phantom_inside_a_released_order_was_used_too(plant):
    release_first()
    again(plant, {"bom.csv": ("KIT,10,SCR,4", "KIT,10,SCR,6")})
    assert revisions(m.Bom, "KIT") == [("A", "retired"), ("B", "approved")]


def test_a_phantom_nobody_used_is_replaced(plant):
    again(plant, {"bom.csv": ("KIT,10,SCR,4", "KIT,10,SCR,6")})
    assert revisions(m.Bom, "KIT") == [("A", "approved")]


def test_a_routing_an_order_was_released_from_gets_a_new_revision(plant):
    release_first()
    tasks = {task.op_key: task.operation_id for task in db.session.scalars(select(m.Task))}
    result = again(plant, {"routings.csv": ("Press,1.5", "Press,1.6")})
    assert (result.of("routings").updated, result.of("routings").unchanged) == (1, 1)
    assert revisions(m.Routing, "SUB") == [("A", "retired"), ("B", "approved")]
    assert revisions(m.Routing, "TOP") == [("A", "approved")]
    assert {task.op_key: task.operation_id for task in db.session.scalars(select(m.Task))} == tasks


@pytest.mark.parametrize(
    "change",
    [
        {"operation_links.csv": ("start_start,normal,15", "start_start,normal,20")},
        {"operation_stations.csv": ("TOP,test,AS,,1.5", "TOP,test,AS,,1.25")},
        {"characteristics.csv": ("5,6,7", "5,6,8")},
        {"routings.csv": ("torque=6 Nm", "torque=7 Nm")},
    ],
)
def test_any_part_of_a_routing_changes_it(plant, change):
    result = again(plant, change)
    assert (result.of("routings").updated, result.of("routings").unchanged) == (1, 1)
    assert revisions(m.Routing, "TOP") == [("A", "approved")]


def test_what_a_folder_does_not_describe_of_a_routing_stays(plant, tmp_path):
    part = tmp_path / "part"
    part.mkdir()
    (part / "routings.csv").write_text(FILES["routings.csv"].replace("Join,5", "Join,6"))
    assert import_folder(part, None, NOW).of("routings").updated == 1
    assert db.session.scalars(select(m.OperationLink.kind).order_by(m.OperationLink.id)).all() == [
        "normal", "normal", "rework",
    ]  # fmt: skip
    assert len(db.session.scalars(select(m.OperationStation.station_id)).all()) == 4
    assert len(db.session.scalars(select(m.Characteristic.id)).all()) == 2


def test_operations_without_links_follow_each_other(plant):
    links = "item,pred,succ\n"
    folder = write(plant, {"operation_links.csv": links, "sites.csv": "code,name\nNEW,New\n"})
    for path in ("devices/line1.yaml",):
        (folder / path).unlink()
    result = import_folder(folder, None, NOW)
    assert result.problems == []
    operations = {row.id: row.key for row in db.session.scalars(select(m.Operation))}
    routing = db.session.scalars(
        select(m.Routing).join(m.Item).join(m.Site).where(m.Site.code == "NEW", m.Item.code == "TOP")
    ).one()
    found = db.session.scalars(select(m.OperationLink).where(m.OperationLink.routing_id == routing.id))
    assert [(operations[x.pred_id], operations[x.succ_id]) for x in found] == [("join", "test"), ("test", "pack")]


def test_a_part_that_breaks_the_stored_rest_is_refused(plant, tmp_path):
    part = tmp_path / "part"
    part.mkdir()
    (part / "bom.csv").write_text("item,component,quantity\nKIT,TOP,1\n")
    problems = import_folder(part, None, NOW).problems
    assert [(p.file, p.row, p.code) for p in problems] == [("bom.csv", 2, "bom_cycle")]
    assert revisions(m.Bom, "KIT") == [("A", "approved")]


@pytest.mark.parametrize(
    ("taken", "following"),
    [([], "A"), (["A"], "B"), (["A", "C"], "D"), (["Z"], "AA"), (["AZ"], "BA"), (["ZZ"], "AAA"), (["v1.2"], "A")],
)
def test_revisions_are_counted_in_letters(taken, following):
    assert next_revision(taken) == following
