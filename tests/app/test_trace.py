"""Trace: one text finds the thing, backward and forward agree, what was undone is gone."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.errors import Invalid, NotFound
from app.models import Consumption, ExternalRef, Unit, WorkOrder
from app.queries.trace import Direction, Node, find, genealogy, links, thing
from devices.codes import Kind, make
from tests.app.trace_story import Story, order_for, ship, story, task_id


@pytest.fixture
def told(app: Flask) -> Iterator[Story]:
    with app.app_context():
        yield story()
        db.session.rollback()


def reached(told: Story, kind: str, id: int | str, direction: Direction) -> set[Node]:
    return set(links(db.session, told.plant.site_id, Node(kind, id), direction).nodes)


def ids(nodes: set[Node], kind: str) -> set[int | str]:
    return {node.id for node in nodes if node.kind == kind}


def test_a_unit_shows_its_compressor_and_what_its_order_used(told: Story) -> None:
    inside = reached(told, "unit", told.units[0], Direction.BACKWARD)
    assert ids(inside, "lot") == {told.plant.lots["S1"], told.plant.lots["F1"]}
    assert len(ids(inside, "unit")) == 2
    assert told.units[1] not in ids(inside, "unit")
    assert task_id(told, "C20") in ids(inside, "task")


def test_a_compressor_leads_to_one_unit_and_its_order(told: Story) -> None:
    query = select(Consumption.component_unit_id).where(Consumption.unit_id == told.units[0])
    compressor = db.session.scalars(query.where(Consumption.component_unit_id.is_not(None))).one()
    out = reached(told, "unit", compressor, Direction.FORWARD)
    assert ids(out, "unit") == {compressor, told.units[0]}
    assert ids(out, "order") == {told.floor.order_id}


def test_a_lot_reaches_exactly_its_units(told: Story) -> None:
    foam = reached(told, "lot", told.plant.lots["F1"], Direction.FORWARD)
    assert ids(foam, "unit") == set(told.units)
    other = story_of_an_other_order(told)
    again = reached(told, "lot", told.plant.lots["F1"], Direction.FORWARD)
    assert ids(again, "unit") == set(told.units)
    assert other not in ids(again, "order")


def story_of_an_other_order(told: Story) -> int:
    """An order whose cabinets are bent but not foamed."""
    from tests.app.test_execution import Floor

    floor = Floor(told.plant, 2)
    floor.report("C10", 2)
    return floor.order_id


@pytest.mark.parametrize("kind", ["unit", "lot", "task", "order", "container"])
def test_backward_and_forward_contain_each_other(told: Story, kind: str) -> None:
    pallet = ship(told, told.units[0])
    start = {"unit": told.units[0], "lot": told.plant.lots["F1"], "task": task_id(told, "C20"),
             "order": told.floor.order_id, "container": pallet}[kind]  # fmt: skip
    for node in reached(told, kind, start, Direction.BACKWARD):
        assert Node(kind, start) in reached(told, node.kind, node.id, Direction.FORWARD)
    for node in reached(told, kind, start, Direction.FORWARD):
        assert Node(kind, start) in reached(told, node.kind, node.id, Direction.BACKWARD)


def test_what_was_undone_is_no_longer_inside(told: Story) -> None:
    query = select(Consumption.report_id, Consumption.component_unit_id).where(Consumption.unit_id == told.units[1])
    report_id, compressor = db.session.execute(query.where(Consumption.component_unit_id.is_not(None))).one()
    assert compressor in ids(reached(told, "unit", told.units[1], Direction.BACKWARD), "unit")
    told.floor.undo(report_id)
    assert reached(told, "unit", compressor, Direction.FORWARD) == {Node("unit", compressor)}
    assert compressor not in ids(reached(told, "unit", told.units[1], Direction.BACKWARD), "unit")
    assert told.units[1] not in ids(reached(told, "lot", told.plant.lots["F1"], Direction.FORWARD), "unit")


def test_the_chain_reaches_the_customer(told: Story) -> None:
    ship(told, told.units[0], "PO-77")
    order_for(told, "PO-99")
    out = reached(told, "lot", told.plant.lots["F1"], Direction.FORWARD)
    assert ids(out, "customer") == {"PO-77", "PO-99"}
    inside = reached(told, "customer", "PO-77", Direction.BACKWARD)
    assert told.units[0] in ids(inside, "unit")
    assert told.units[1] not in ids(inside, "unit")
    assert told.plant.lots["F1"] in ids(inside, "lot")


def test_a_task_shows_the_units_that_passed_it(told: Story) -> None:
    inside = reached(told, "task", task_id(told, "F20"), Direction.BACKWARD)
    assert told.units[0] in ids(inside, "unit")
    assert told.units[1] not in ids(inside, "unit")


def test_one_text_finds_each_kind(told: Story) -> None:
    site, session = told.plant.site_id, db.session
    pallet = ship(told, told.units[0])
    order = session.get_one(WorkOrder, told.floor.order_id)
    with transaction():
        session.add(ExternalRef(site_id=site, system="erp", type="order", ref="4500012345", target_id=order.id))
    for text, node in {
        "FR-2611-00001": Node("unit", told.units[0]), "fr-2611-00001": Node("unit", told.units[0]),
        make(Kind.UNIT, told.units[0]): Node("unit", told.units[0]),
        "https://plant.example/c/" + make(Kind.UNIT, told.units[0]): Node("unit", told.units[0]),
        "F1": Node("lot", told.plant.lots["F1"]), "XF1": Node("lot", told.plant.lots["F1"]),
        make(Kind.LOT, told.plant.lots["F1"]): Node("lot", told.plant.lots["F1"]),
        order.code: Node("order", order.id), "4500012345": Node("order", order.id),
        make(Kind.ORDER, order.id): Node("order", order.id), " " + order.code + "\r": Node("order", order.id),
        make(Kind.TASK, task_id(told, "C20")): Node("task", task_id(told, "C20")),
        "PAL-1": Node("container", pallet), make(Kind.CONTAINER, pallet): Node("container", pallet),
        "PO-77": Node("customer", "PO-77"),
    }.items():  # fmt: skip
        assert [hit.node for hit in find(session, site, text)] == [node], text


def test_several_things_of_one_number_are_a_choice(told: Story) -> None:
    with transaction() as session:
        session.add(Unit(site_id=told.plant.site_id, item_id=told.plant.items["COMP"], serial="F1", status="good",
                         created_at=session.get_one(Unit, told.units[0]).created_at))  # fmt: skip
    assert {hit.node.kind for hit in find(db.session, told.plant.site_id, "F1")} == {"unit", "lot"}


def test_what_cannot_be_found_says_why(told: Story) -> None:
    site = told.plant.site_id
    code = make(Kind.UNIT, told.units[0])
    damaged = code[:-1] + ("0" if code[-1] != "0" else "1")
    for text, error, name in (
        ("nothing like it", NotFound, "code.unknown"), (make(Kind.UNIT, 999_999), NotFound, "code.unknown"),
        (make(Kind.BADGE, 1), NotFound, "code.unknown"), (damaged, Invalid, "code.damaged"),
        ("https://elsewhere.example/shop", Invalid, "code.foreign"), ("", Invalid, "value.missing"),
        ("x" * 3000, Invalid, "code.foreign"), ("\x00\x01", Invalid, "value.missing"),
    ):  # fmt: skip
        with pytest.raises(error) as refusal:
            find(db.session, site, text)
        assert refusal.value.code == name, text


def test_an_other_site_finds_nothing(told: Story) -> None:
    other = told.plant.site_id + 1
    for text in ("FR-2611-00001", "F1", make(Kind.UNIT, told.units[0]), make(Kind.TASK, task_id(told, "C20"))):
        with pytest.raises(NotFound):
            find(db.session, other, text)
    with pytest.raises(NotFound):
        thing(db.session, other, Node("lot", told.plant.lots["F1"]))


def test_the_genealogy_names_all_its_things(told: Story) -> None:
    site = told.plant.site_id
    found = genealogy(db.session, site, thing(db.session, site, Node("lot", told.plant.lots["F1"])))
    assert [hit.code for hit in found.units()] == ["FR-2611-00001", "FR-2611-00002"]
    assert found.root.note == "XF1"
    assert all(node in found.things for node in (*found.backward.nodes, *found.forward.nodes))
    link = next(link for link in found.forward.links if link.child == found.root.node)
    assert link.quantity == Decimal("16.8")


def test_an_order_and_an_operation_tell_their_own_units_and_not_the_parts(told: Story) -> None:
    site, session = told.plant.site_id, db.session
    pallet = ship(told, told.units[0])
    for node, units in (
        (Node("order", told.floor.order_id), told.units), (Node("task", task_id(told, "F20")), told.units[:1]),
        (Node("container", pallet), told.units[:1]), (Node("customer", "PO-77"), told.units[:1]),
        (Node("unit", told.units[0]), told.units[:1]),
    ):  # fmt: skip
        found = genealogy(session, site, thing(session, site, node)).units()
        assert [unit.node.id for unit in found] == units, node
