"""Master data by page: found, typed, pasted, changed together, retired, taken along; with its history."""

import io
from collections.abc import Iterator

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.models import CalendarDay, Event, Item, Line, Person, Station
from app.services import orders, sites, users
from app.services.importing import import_tables
from app.services.importing.sheets import SHEETS
from app.services.importing.typed import pasted, table_of
from app.services.release import release
from app.web.admin.sheet_looks import EDITED, columns_of, words_of
from app.web.admin.sheet_words import CHOICES, COLUMNS, LABELS
from tests.small_plant import Plant
from tests.web.desk import SECRET, Desk, plant_with_users

ITEM = {"code": "X-1", "name": "Bolt", "unit": "pcs", "decimals": "0", "supply": "buy", "serialised": "no",
        "lot_tracked": "no", "tolerance_percent": "0", "negative_stock": "mark", "retired": "no"}  # fmt: skip


@pytest.fixture
def plant(app: Flask) -> Plant:
    with app.app_context():
        return plant_with_users()


@pytest.fixture
def desk(app: Flask, plant: Plant) -> Desk:
    found = Desk(app)
    found.sign_in("admin")
    return found


@pytest.fixture
def store(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def item(code: str) -> Item | None:
    query = select(Item).where(Item.code == code)
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def test_every_list_and_column_has_words() -> None:
    columns = {column.name for name in EDITED for column in columns_of(SHEETS[name])}
    assert columns <= set(COLUMNS)
    assert set(EDITED) <= set(LABELS)
    assert {word for name in EDITED for column in columns_of(SHEETS[name]) for word in words_of(column)} <= set(CHOICES)


@pytest.mark.parametrize("name", EDITED)
def test_every_list_opens_and_offers_a_form(desk: Desk, name: str) -> None:
    assert 'role="search"' in desk.get(f"/admin/data/{name}")
    assert 'name="seen"' in desk.get(f"/admin/data/{name}/new")
    assert 'name="rows"' in desk.get(f"/admin/data/{name}/paste")


def test_a_row_is_typed_and_stands_in_the_list(desk: Desk, store: None) -> None:
    desk.post("/admin/data/items/new", ITEM)
    assert "Bolt" in desk.get("/admin/data/items?q=bol")
    assert item("X-1").supply == "buy"


def test_a_row_that_is_there_is_not_made_again(desk: Desk, store: None) -> None:
    desk.post("/admin/data/items/new", ITEM)
    answer = desk.post("/admin/data/items/new", ITEM | {"name": "Other"}, status=422)
    assert "X-1 is there already" in answer.text
    assert item("X-1").name == "Bolt"


def test_what_is_wrong_stands_under_its_field_and_nothing_is_written(desk: Desk, store: None) -> None:
    answer = desk.post("/admin/data/items/new", ITEM | {"decimals": "9", "supply": ""}, status=422)
    assert "9 is too large. It must be at most 6." in answer.text
    assert "This cell must not be empty." in answer.text
    assert item("X-1") is None


def test_a_change_is_told_with_old_and_new(desk: Desk, store: None) -> None:
    desk.post("/admin/data/items/new", ITEM)
    change(desk, {"name": "Screw"})
    page = desk.get("/admin/data/items/row?k_code=X-1")
    assert "<del>Bolt</del> → Screw" in page
    event = db.session.scalars(select(Event).where(Event.topic == "master.changed")).one()
    assert '"name":["Bolt","Screw"]' in event.data


def change(desk: Desk, values: dict[str, str], status: int = 302, seen: str | None = None):
    page = desk.get("/admin/data/items/row?k_code=X-1")
    mark = seen or page.partition('name="seen" value="')[2].partition('"')[0]
    return desk.post("/admin/data/items/row?k_code=X-1", ITEM | values | {"seen": mark}, status=status), mark


def test_two_people_at_one_row_the_second_is_told(desk: Desk, store: None) -> None:
    desk.post("/admin/data/items/new", ITEM)
    _, seen = change(desk, {"name": "Screw"})
    answer, _ = change(desk, {"name": "Nail"}, 409, seen)
    assert "Somebody else changed this meanwhile." in answer.text
    assert "It says Screw now." in answer.text
    assert item("X-1").name == "Screw"
    change(desk, {"name": "Nail"})
    assert item("X-1").name == "Nail"


def test_names_of_people_stay_out_of_the_log(desk: Desk, plant: Plant, store: None) -> None:
    row = db.session.scalars(select(Person).order_by(Person.id)).first()
    table = table_of(SHEETS["people"], [{"code": row.code, "name": "Somebody Secret"}], ["code", "name"], "T")
    assert import_tables([table], "user:1", now_utc()).changed == 1
    told = db.session.scalars(select(Event).where(Event.topic == "master.changed")).one()
    assert "Secret" not in told.data
    assert '"name":["…","…"]' in told.data


def test_pasted_rows_are_shown_before_they_are_written(desk: Desk, store: None) -> None:
    desk.post("/admin/data/items/new", ITEM)
    text = "code\tname\tsupply\nX-1\tScrew\tbuy\nX-2\tNut\tbuy\n"
    shown = desk.post("/admin/data/items/paste", {"rows": text}, status=200).text
    assert "<del>Bolt</del> → Screw" in shown
    assert "X-2" in shown
    assert item("X-2") is None
    answer = desk.post("/admin/import/write")
    assert answer.headers["Location"].endswith("/admin/data/items")
    assert (item("X-1").name, item("X-2").name) == ("Screw", "Nut")


def test_pasted_mistakes_are_all_named_and_nothing_is_written(desk: Desk, store: None) -> None:
    text = "code\tname\tsupply\nX-2\tNut\tbuy\nX-3\t\tbuy\nX-4\tPin\tfound\n"
    shown = desk.post("/admin/data/items/paste", {"rows": text}, status=422).text
    assert "2 problems. Nothing was written." in shown
    assert item("X-2") is None


def test_rows_without_a_header_stand_in_the_order_of_the_columns() -> None:
    assert pasted(SHEETS["areas"], "A1\tHall 1\nA2\tHall 2\n", "T").splitlines() == [
        "code,name,site", "A1,Hall 1,T", "A2,Hall 2,T",
    ]  # fmt: skip


def test_one_value_for_all_that_are_chosen(desk: Desk, plant: Plant, store: None) -> None:
    codes = list(db.session.scalars(select(Station.code).order_by(Station.id).limit(2)))
    rows = [f'{{"k_code": "{code}"}}' for code in codes]
    shown = desk.post("/admin/data/stations/bulk", {"rows": rows, "column": "capacity", "value": "7"}, status=200).text
    assert "<del>" in shown
    desk.post("/admin/import/write")
    db.session.expire_all()
    assert set(db.session.scalars(select(Station.capacity).where(Station.code.in_(codes)))) == {7}


def test_a_list_is_narrowed_sorted_and_kept_as_a_view(desk: Desk, store: None) -> None:
    desk.post("/admin/data/items/new", ITEM)
    desk.post("/admin/data/items/new", ITEM | {"code": "X-2", "name": "Nut"})
    page = desk.get("/admin/data/items?f_supply=buy&sort=-code")
    assert page.index("X-2") < page.index("X-1")
    desk.post("/admin/data/items/views", {"view": "Bought", "query": "f_supply=buy"})
    assert '<a href="/admin/data/items?f_supply=buy">Bought</a>' in desk.get("/admin/data/items")


def test_a_list_taken_along_comes_back_unchanged(desk: Desk, store: None) -> None:
    desk.post("/admin/data/items/new", ITEM | {"name": "=1+1"})
    text = desk.client.get("/admin/data/items.csv").text
    assert "'=1+1" in text
    shown = desk.post("/admin/data/items/paste", {"rows": text.lstrip("\ufeff")}, status=200).text
    assert "Nothing would change." in shown


def test_a_list_as_a_workbook(desk: Desk) -> None:
    book = openpyxl.load_workbook(io.BytesIO(desk.client.get("/admin/data/stations.xlsx").data))
    rows = list(book["stations"].values)
    assert rows[0][:3] == ("code", "name", "name_zh")
    assert len(rows) > 3


def test_a_day_is_removed_and_the_log_says_so(desk: Desk, store: None) -> None:
    desk.post("/admin/data/calendar/new", {"day": "2030-10-01", "kind": "holiday", "name": "National day"})
    desk.post("/admin/data/calendar/remove?k_day=2030-10-01")
    assert db.session.scalars(select(CalendarDay)).all() == []
    assert db.session.scalars(select(Event).where(Event.topic == "master.removed")).one().subject_type == "calendar"


def test_what_is_used_is_neither_removed_nor_lost(desk: Desk, plant: Plant, store: None) -> None:
    code = db.session.scalars(select(Line.code).order_by(Line.id)).first()
    answer = desk.post(f"/admin/data/lines/remove?k_code={code}", status=409)
    assert "is used and cannot be removed" in answer.text
    assert "Take it out of use instead" in desk.post("/admin/data/items/remove?k_code=X", status=409).text


def test_a_station_that_open_tasks_need_stays_in_use(desk: Desk, plant: Plant, store: None) -> None:
    order_id = orders.create_service(plant.site_id, "Mend", 5, _first_station(), now_utc(), 3, None, now_utc())
    release(plant.site_id, order_id, "cli:test", now_utc())
    table = table_of(SHEETS["stations"], [{"code": _first_station(), "retired": "yes"}], ["code", "retired"], "T")
    result = import_tables([table], None, now_utc(), dry_run=True)
    assert [problem.code for problem in result.problems] == ["station_in_use"]


def test_a_station_that_nobody_needs_goes_out_of_use(plant: Plant, store: None) -> None:
    table = table_of(SHEETS["stations"], [{"code": _first_station(), "retired": "yes"}], ["code", "retired"], "T")
    assert import_tables([table], None, now_utc()).changed == 1


def _first_station() -> str:
    return str(db.session.scalars(select(Station.code).order_by(Station.id)).first())


def test_rows_of_another_site_are_not_there(app: Flask, desk: Desk, store: None) -> None:
    sites.ensure("U", now_utc())
    users.create("U", "stranger", SECRET, ["admin"], None, now_utc(), weak=True)
    stranger = Desk(app)
    stranger.sign_in("stranger")
    code = _first_station()
    assert code not in stranger.get("/admin/data/stations")
    stranger.get(f"/admin/data/stations/row?k_code={code}", status=404)
