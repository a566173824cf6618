"""The draft of a routing: changed step by step, checked by the rules of release, approved as a new revision."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import (
    Characteristic,
    ControlPlan,
    Event,
    Item,
    Operation,
    OrderRevision,
    Routing,
    RoutingDraft,
    RoutingStep,
    Site,
    Task,
)
from app.queries.engineering import engineering
from app.queries.instructions import instruction_file
from app.services import instruction_files, users
from app.services.routings import approving, drafts
from app.services.routings.check import Checked, check, lead_time
from app.services.routings.drafts import Editor
from app.services.routings.reading import rows_of
from app.services.routings.rows import Rows, applied, circle, differences, digest, empty
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build

# What is read and checked does not depend on the engine behind it.
ANY_ENGINE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        yield Floor(build(), 4)


@pytest.fixture
def me(floor: Floor) -> Editor:
    user = users.create("T", "pen", "open sesame", ["admin"], None, NOW, weak=True)
    return Editor(floor.plant.site_id, floor.plant.items["FRIDGE"], user, f"user:{user}")


def wish(sheet: str, *key: str, **row: str) -> dict[str, Any]:
    return {"sheet": sheet, "key": list(key), "row": row}


def gone(sheet: str, *key: str) -> dict[str, Any]:
    return {"sheet": sheet, "key": list(key), "row": None}


NEW_STEP = (
    wish("routings", "F35", name="Clean", piece_min="1.5"),
    wish("operation_stations", "F35", "TEST"),
    gone("operation_links", "F30", "F40", "normal"),
    wish("operation_links", "F30", "F35", "normal"),
    wish("operation_links", "F35", "F40", "normal"),
)


def content(me: Editor) -> Rows:
    found = db.session.scalars(select(RoutingDraft.content).where(RoutingDraft.item_id == me.item_id)).one()
    db.session.rollback()
    return found


def looked(me: Editor, rows: Rows) -> Checked:
    site, item = db.session.get_one(Site, me.site_id), db.session.get_one(Item, me.item_id)
    found = check(db.session, site, item, rows, NOW)
    db.session.rollback()
    return found


def codes(checked: Checked) -> list[str]:
    return sorted(one.problem.code for one in checked.refused)


def mark(me: Editor) -> str:
    found = approving.mark(db.session, drafts.approved(db.session, me.item_id))
    db.session.rollback()
    return found


def test_a_draft_begins_as_the_approved_revision_and_there_is_one(me: Editor) -> None:
    made = drafts.open_draft(me, NOW)
    assert drafts.open_draft(me, NOW) == made
    rows = content(me)
    assert [row["operation"] for row in rows["routings"]] == ["F10", "F20", "F30", "F40"]
    assert rows["routings"][1] | {"skill": "GAS", "piece_min": "3", "fixed_min": "1"} == rows["routings"][1]
    assert digest(rows) == digest(rows_of(db.session, drafts.approved(db.session, me.item_id).id))  # type: ignore[union-attr]
    assert looked(me, rows).refused == []
    # What is open as a draft is no way to release an order by.
    assert list(engineering(db.session, me.site_id, me.item_id).routings["FRIDGE"].order) == [
        "F10",
        "F20",
        "F30",
        "F40",
    ]


def test_a_change_is_kept_once_and_on_the_version_it_was_made_on(me: Editor) -> None:
    drafts.open_draft(me, NOW)
    version = drafts.change(me, "key-00001", 1, NEW_STEP, NOW)
    assert (version, drafts.change(me, "key-00001", 1, NEW_STEP, NOW)) == (2, 2)
    assert len(content(me)["routings"]) == 5
    other = Editor(
        me.site_id, me.item_id, users.create("T", "two", "open sesame", ["admin"], None, NOW, weak=True), None
    )
    with pytest.raises(Conflict) as refusal:
        drafts.change(other, "key-00002", 1, [gone("routings", "F35")], NOW)
    assert (refusal.value.code, refusal.value.values["who"]) == ("routing.draft_changed", "pen")
    assert len(content(me)["routings"]) == 5
    with pytest.raises(NotFound):
        drafts.change(Editor(me.site_id + 1, me.item_id, me.user_id, None), "key-00003", 2, [], NOW)


def test_steps_go_back_and_forth(me: Editor) -> None:
    drafts.open_draft(me, NOW)
    before = content(me)
    drafts.change(me, "key-00001", 1, NEW_STEP, NOW)
    after = content(me)
    assert drafts.undo(me, "key-00002", 2, NOW) == 3
    assert content(me) == before
    with pytest.raises(Conflict, match="nothing_to_undo"):
        drafts.undo(me, "key-00003", 3, NOW)
    assert drafts.undo(me, "key-00004", 3, NOW, forth=True) == 4
    assert content(me) == after
    drafts.undo(me, "key-00005", 4, NOW)
    drafts.change(me, "key-00006", 5, [wish("routings", "F10", piece_min="9")], NOW)
    with pytest.raises(Conflict, match="nothing_to_redo"):
        drafts.undo(me, "key-00007", 6, NOW, forth=True)


@ANY_ENGINE
def test_an_operation_takes_what_belongs_to_it_along(me: Editor) -> None:
    drafts.open_draft(me, NOW)
    rows = applied(content(me), [wish("routings", "F20", operation="F25")])
    assert {(row["pred"], row["succ"], row["kind"]) for row in rows["operation_links"]} == {
        ("F10", "F25", "normal"), ("F25", "F30", "normal"), ("F30", "F40", "normal"), ("F30", "F25", "rework"),
    }  # fmt: skip
    rows = applied(rows, [gone("routings", "F25")])
    assert [row["operation"] for row in rows["operation_stations"]] == ["F10", "F10", "F30", "F40"]
    assert len(rows["operation_links"]) == 1


@pytest.mark.parametrize("wrong", [
    {"sheet": "items", "key": ["X"], "row": {}}, {"sheet": "routings", "key": ["X", "Y"], "row": {}}, "text",
    {"sheet": "routings", "key": ["X"], "row": {"item": "DOOR"}}, {"sheet": "routings", "key": [7], "row": {}},
    {"sheet": "routings", "key": ["X"], "row": {"name": "x" * 2001}}, {"sheet": "routings", "key": [""], "row": {}},
])  # fmt: skip
def test_what_cannot_be_read_is_refused(wrong: Any) -> None:
    with pytest.raises(Invalid):
        applied(empty(), [wrong])


def test_a_link_that_closes_a_circle_is_refused_with_its_path() -> None:
    rows = applied(empty(), [*(wish("routings", key) for key in "ABC"), wish("operation_links", "A", "B", "normal"),
                             wish("operation_links", "B", "C", "normal")])  # fmt: skip
    with pytest.raises(Conflict) as refusal:
        applied(rows, [wish("operation_links", "C", "A", "normal")])
    assert (refusal.value.code, refusal.value.values["path"]) == ("routing.circle", "A → B → C → A")
    with pytest.raises(Conflict, match="circle"):
        applied(rows, [wish("operation_links", "C", "C", "normal")])
    rework = applied(rows, [wish("operation_links", "C", "A", "rework")])
    assert circle(rework) == ()
    with pytest.raises(Conflict, match="twice"):
        applied(rework, [wish("routings", "A", operation="B")])


@ANY_ENGINE
def test_the_checks_name_everything_that_release_would_refuse(me: Editor) -> None:
    drafts.open_draft(me, NOW)
    rows = content(me)
    assert codes(looked(me, applied(rows, [gone("operation_stations", "F40", "PACK")]))) == ["no_station"]
    assert codes(looked(me, applied(rows, [wish("operation_stations", "F40", "NOWHERE")]))) == ["unknown_reference"]
    assert codes(looked(me, applied(rows, [wish("routings", "F40", piece_min="two")]))) == ["not_a_number"]
    lone = applied(rows, [gone("operation_links", "F30", "F40", "normal")])
    found = looked(me, lone)
    assert codes(found) == ["unreachable"]
    assert found.refused[0].operation == "F40"
    assert codes(looked(me, applied(rows, [wish("routings", "F40", alternate_group="G")]))) == ["bad_alternate"]
    # The bill of material hands three components to F10.
    assert (
        codes(looked(me, applied(rows, [wish("routings", "F10", operation="F11")]))) == ["line_without_operation"] * 3
    )
    assert codes(looked(me, empty())) == sorted(["no_operations", *["line_without_operation"] * 3])
    machine = applied(rows, [wish("operation_stations", "F40", "PACK", machine="M-BEND")])
    assert codes(looked(me, machine)) == ["machine_elsewhere"]


@ANY_ENGINE
def test_the_checks_hint_at_what_is_often_forgotten(me: Editor) -> None:
    drafts.open_draft(me, NOW)
    rows = applied(content(me), [wish("characteristics", "F40", "W", name="Weight", meaning="weight")])
    hints = {one.problem.code: one for one in looked(me, rows).found if one.hint}
    assert set(hints) == {"no_skill", "no_machine"}
    assert hints["no_machine"].operation == "F40"
    with transaction() as session:
        session.get_one(Item, me.item_id)
        session.execute(db.text("DELETE FROM person_skill"))
    assert "no_skilled" in {one.problem.code for one in looked(me, rows).found}


@ANY_ENGINE
def test_the_lead_time_counts_stations_batches_and_branches(me: Editor) -> None:
    drafts.open_draft(me, NOW)
    rows = content(me)
    # 4 pieces: (1 + 4·8) + (1 + 4·3) + (1 + 4·5) + (1 + 4·2)
    found = lead_time(looked(me, rows).content, 4)
    assert found is not None
    assert (int(found.minutes), found.operations) == (76, ("F10", "F20", "F30", "F40"))
    beside = applied(rows, [
        wish("routings", "F15", name="Label", piece_min="100"), wish("operation_stations", "F15", "PACK", factor="0.5"),
        wish("operation_links", "F10", "F15", "normal"), wish("operation_links", "F15", "F40", "normal"),
    ])  # fmt: skip
    longer = lead_time(looked(me, beside).content, 4)
    assert longer is not None
    assert (int(longer.minutes), longer.operations) == (33 + 200 + 9, ("F10", "F15", "F40"))
    unlinked = applied(rows, [gone("operation_links", "F30", "F40", "normal")])
    assert lead_time(looked(me, unlinked).content, 4) is None


def _charted(me: Editor) -> None:
    """A check of F20 with a control plan."""
    with transaction() as session:
        of = drafts.approved(session, me.item_id)
        at = select(Operation.id).where(Operation.key == "F20", Operation.routing_id == of.id)  # type: ignore[union-attr]
        check = Characteristic(operation_id=session.scalars(at).one(), code="G", name="Charge", source="person")
        session.add(check)
        session.flush()
        session.add(ControlPlan(site_id=me.site_id, characteristic_id=check.id, size=5, changed_at=NOW))


def test_an_approved_draft_is_released_from_and_running_orders_keep_theirs(floor: Floor, me: Editor) -> None:
    frozen = {row.order_id: row.content_hash for row in db.session.scalars(select(OrderRevision))}
    tasks = db.session.execute(select(Task.op_key, Task.operation_id, Task.piece_min).order_by(Task.id)).all()
    db.session.rollback()
    _charted(me)
    drafts.open_draft(me, NOW)
    drafts.change(me, "key-00001", 1, [*NEW_STEP, wish("routings", "F10", piece_min="6")], NOW)
    assert approving.approve(me, 2, mark(me), NOW) == "B"
    headers = db.session.execute(
        select(Routing.revision, Routing.status).where(Routing.item_id == me.item_id).order_by(Routing.id)
    ).all()
    assert [tuple(row) for row in headers] == [("A", "retired"), ("B", "approved")]
    assert db.session.scalars(select(ControlPlan.size)).all() == [5, 5]
    assert {row.order_id: row.content_hash for row in db.session.scalars(select(OrderRevision))} == frozen
    assert db.session.execute(select(Task.op_key, Task.operation_id, Task.piece_min).order_by(Task.id)).all() == tasks
    db.session.rollback()
    later = Floor(floor.plant, 2)
    assert later.task("F35").operation_id is not None
    with pytest.raises(Conflict, match="no_draft"):
        approving.approve(me, 2, mark(me), NOW)
    assert db.session.scalar(select(func.count()).select_from(RoutingStep)) == 0
    told = db.session.scalars(select(Event.data).where(Event.topic == "routing.approved_own")).one()
    assert '"before":"A"' in told


def test_what_does_not_hold_or_was_not_seen_is_not_approved(me: Editor) -> None:
    drafts.open_draft(me, NOW)
    with pytest.raises(Conflict, match="nothing_changed"):
        approving.approve(me, 1, mark(me), NOW)
    drafts.change(me, "key-00001", 1, [gone("operation_stations", "F40", "PACK")], NOW)
    with pytest.raises(Conflict, match="not_sound"):
        approving.approve(me, 2, mark(me), NOW)
    drafts.change(me, "key-00002", 2, [wish("operation_stations", "F40", "PACK")], NOW)
    drafts.change(me, "key-00003", 3, [wish("routings", "F40", piece_min="7")], NOW)
    seen = mark(me)
    with transaction() as session:  # what an import may do while nothing was released
        session.scalars(select(Operation).where(Operation.key == "F30")).one().piece_min = 6
    with pytest.raises(Conflict, match="base_changed"):
        approving.approve(me, 4, seen, NOW)
    assert approving.approve(me, 4, mark(me), NOW) == "B"


def test_a_draft_that_is_given_up_leaves_nothing(me: Editor) -> None:
    drafts.open_draft(me, NOW)
    drafts.change(me, "key-00001", 1, NEW_STEP, NOW)
    drafts.discard(me, NOW)
    drafts.discard(me, NOW)
    statuses = db.session.scalars(select(Routing.status).where(Routing.item_id == me.item_id)).all()
    assert (statuses, db.session.scalar(select(func.count()).select_from(RoutingDraft))) == (["approved"], 0)


def test_two_revisions_are_told_apart_row_by_row() -> None:
    one = applied(empty(), [wish("routings", "A", piece_min="1"), wish("routings", "B", piece_min="2")])
    two = applied(one, [wish("routings", "A", piece_min="3"), gone("routings", "B"),
                        wish("operation_stations", "A", "S1")])  # fmt: skip
    assert list(differences(one, two)) == [
        ("routings", ("A",), {"piece_min": ("1", "3")}), ("routings", ("B",), None),
        ("operation_stations", ("A", "S1"), {"factor": ("", "1"), "preference": ("", "0")}),
    ]  # fmt: skip
    assert list(differences(one, one)) == []


@ANY_ENGINE
def test_an_instruction_is_known_by_its_first_bytes_and_stands_where_stations_look(
    floor: Floor, me: Editor, tmp_path: Path
) -> None:
    task = floor.task("F10").id
    place = (me.site_id, me.item_id)
    instruction_files.put(*place, "F10", PNG, tmp_path, None, NOW)
    assert instruction_file(db.session, tmp_path, task) == tmp_path / "instructions" / "T" / "FRIDGE-F10.png"
    db.session.rollback()
    instruction_files.put(*place, "F10", b"%PDF-1.7 x", tmp_path, None, NOW)
    assert [file.name for file in (tmp_path / "instructions" / "T").iterdir()] == ["FRIDGE-F10.pdf"]
    for content, code in ((b"<svg onload=x>", "kind"), (PNG + bytes(12 * 2**20), "large")):
        with pytest.raises(Invalid, match=code):
            instruction_files.put(*place, "F10", content, tmp_path, None, NOW)
    with pytest.raises(Invalid, match="code"):
        instruction_files.put(*place, "../F10", PNG, tmp_path, None, NOW)
    with pytest.raises(NotFound):
        instruction_files.put(me.site_id + 1, me.item_id, "F10", PNG, tmp_path, None, NOW)
    instruction_files.remove(*place, "F10", tmp_path, None, NOW)
    assert instruction_file(db.session, tmp_path, task) is None
