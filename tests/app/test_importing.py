"""A folder comes into the store whole, in any of its forms, and a second time changes nothing."""

import csv
import io
import json
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale
from openpyxl import Workbook
from sqlalchemy import func, select

from app import models as m
from app.db import db
from app.services import orders
from app.services.importing import ImportResult, command, import_folder
from tests.app.importing_folder import FILES, NOW, write


@pytest.fixture
def context(app: Flask):
    with app.app_context():
        yield app


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    return write(tmp_path / "plant")


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def one(model: type, **by: object):
    db.session.expire_all()
    return db.session.scalars(select(model).filter_by(**by)).one()


def picture() -> dict[str, list[tuple[object, ...]]]:
    """Everything in the store but ids of events and times of writing."""
    left_out = {"event", "event_seal"}
    rows = {}
    for table in db.metadata.sorted_tables:
        if table.name not in left_out:
            rows[table.name] = sorted(map(repr, db.session.execute(select(table))))
    return rows


def imported(folder: Path, now: datetime = NOW, **more: object) -> ImportResult:
    result = import_folder(folder, "import", now, **more)  # type: ignore[arg-type]
    assert result.problems == []
    return result


def test_every_kind_of_file_arrives_in_its_table(context, plant):
    result = imported(plant)
    assert result.written
    assert {name: counts.created for name, counts in result.counts.items()} == {
        "sites": 1, "lines": 1, "locations": 1, "shifts": 2, "stations": 3, "machines": 2, "skills": 2, "people": 2,
        "person_skills": 2, "calendar": 1, "roster": 1, "reasons": 1, "items": 5, "units": 1, "lots": 1, "stock": 2,
        "bom": 3, "routings": 2, "limit_rules": 1, "orders": 2, "devices": 2,
    }  # fmt: skip
    assert sorted(result.files) == sorted(FILES)


def test_cells_become_the_values_they_mean(context, plant):
    imported(plant)
    night = one(m.ShiftPattern, code="N")
    assert (night.start_min, night.end_min, night.breaks) == (1320, 1800, [[1440, 1450], [1560, 1590]])
    assert one(m.ShiftPattern, code="A").weekdays == [0, 1, 2, 3, 4]
    assert one(m.Station, code="PR").shifts == ["A", "N"]
    steel = one(m.Item, code="STL")
    assert (steel.unit, steel.decimals, steel.is_lot_tracked, steel.name_zh) == ("kg", 3, True, "钢")
    lot = one(m.Lot, code="L-1")
    assert (lot.received_at, lot.expires_on) == (datetime(2027, 3, 7, 1, tzinfo=UTC), date(2027, 6, 8))
    weld = db.session.scalars(select(m.PersonSkill).join(m.Skill).where(m.Skill.code == "weld")).one()
    assert weld.valid_until == date(2027, 12, 31)
    assert one(m.Operation, key="join").parameters == {"torque": "6 Nm"}
    assert one(m.BomLine, position=10, item_id=steel.id).quantity == Decimal("2.5")
    assert one(m.Characteristic, code="GAP").lower == Decimal(-1)
    device = one(m.Device, code="D-PR")
    assert (device.may_write, device.map["limit"], len(device.map_hash)) == (True, {"address": 100, "answer": 120}, 64)


def test_stock_is_booked_as_receipts_with_their_balance(context, plant):
    imported(plant)
    moves = db.session.scalars(select(m.StockMove).order_by(m.StockMove.id)).all()
    assert [(move.kind, move.quantity, move.reason) for move in moves] == [
        ("receipt", Decimal("250.5"), "opening"), ("receipt", Decimal(4000), "opening"),
    ]  # fmt: skip
    assert sorted(db.session.scalars(select(m.StockBalance.quantity))) == [Decimal("250.5"), Decimal(4000)]


def test_orders_are_drafts_with_the_times_of_the_plant(context, plant):
    imported(plant)
    order = one(m.ProductionOrder, customer_order="PO-9")
    assert (order.status, order.quantity, order.priority) == ("draft", Decimal(5), 1)
    assert order.due_at == datetime(2027, 3, 13, 8, tzinfo=UTC)  # 16:00 in Shanghai, three days on
    other = one(m.ProductionOrder, quantity=Decimal(8))
    assert other.due_at == datetime(2027, 4, 1, 15, 59, tzinfo=UTC)  # a day alone is due at its end
    assert other.earliest_at == datetime(2027, 3, 19, 16, tzinfo=UTC)
    assert sorted(db.session.scalars(select(m.ExternalRef.ref))) == ["SO-1", "SO-2"]


def test_one_event_tells_an_import_and_none_an_import_without_change(context, plant):
    imported(plant)
    imported(plant)
    events = db.session.scalars(select(m.Event).where(m.Event.topic == "import.done")).all()
    assert len(events) == 1
    assert events[0].actor == "import"
    assert json.loads(events[0].data)["counts"]["items"] == [5, 0, 0, 0]


def test_the_same_folder_again_changes_nothing(context, plant):
    first = imported(plant)
    before = picture()
    again = imported(plant)
    assert picture() == before
    assert again.changed == 0
    assert {n: c.unchanged for n, c in again.counts.items()} == {n: c.created for n, c in first.counts.items()}


def test_relative_dates_stay_as_they_were_first_written(context, plant):
    imported(plant)
    before = picture()
    later = imported(plant, NOW + timedelta(days=5))
    assert later.of("roster").created == 1  # who works today is said of each day anew
    after = picture()
    assert {name for name in before if before[name] != after[name]} == {"roster"}


def test_changed_cells_change_their_rows_only(context, plant):
    imported(plant)
    write(plant, {"items.csv": ("Steel", "Steel sheet"), "people.csv": ("weld:2027-12-31", "weld:2028-12-31")})
    result = imported(plant)
    changed = {name: counts.updated for name, counts in result.counts.items() if counts.updated}
    assert changed == {"items": 1, "person_skills": 1}
    assert result.changed == 2


def test_a_column_that_is_not_there_leaves_what_is_stored(context, plant, tmp_path):
    imported(plant)
    part = tmp_path / "part"
    part.mkdir()
    (part / "items.csv").write_text("code,name,supply\nSTL,Steel,buy\n")
    assert imported(part).of("items").unchanged == 1
    assert one(m.Item, code="STL").decimals == 3


def test_orders_and_stock_belong_to_the_floor_once_they_are_there(context, plant):
    imported(plant)
    order = one(m.ProductionOrder, customer_order="PO-9")
    orders.change(order.site_id, order.id, order.version, "import", NOW, priority=4)
    write(plant, {"stock.csv": ("4000", "4500")})
    result = imported(plant)
    assert asdict(result.of("orders")) == {"created": 0, "updated": 0, "unchanged": 1, "kept": 1}
    assert result.of("stock").kept == 1
    assert one(m.ProductionOrder, customer_order="PO-9").priority == 4
    assert count(m.StockMove) == 2


def test_a_trial_counts_everything_and_writes_nothing(context, plant):
    result = imported(plant, dry_run=True)
    assert not result.written
    assert result.of("orders").created == 2
    assert all(rows == [] for rows in picture().values() if rows) or count(m.Site) == 0
    assert count(m.Event) == count(m.Item) == 0


def test_progress_is_told_from_the_first_file_to_the_last_row(context, plant):
    told: list[tuple[str, int, int]] = []
    imported(plant, on_progress=lambda *step: told.append(step))
    assert told[0] == ("read", len(FILES), len(FILES))
    assert told[-1][1] == told[-1][2]


def _encoded(folder: Path, encoding: str) -> Path:
    return write(folder, {name: text.encode(encoding) for name, text in FILES.items() if name.endswith(".csv")})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_other_encodings_say_the_same(context, plant, tmp_path, encoding):
    imported(plant)
    again = imported(_encoded(tmp_path / "other", encoding))
    assert again.changed == 0


def test_semicolons_and_windows_line_ends_say_the_same(context, plant, tmp_path):
    imported(plant)
    text = FILES["routings.csv"].replace(",", ";").replace("\n", "\r\n")
    assert imported(write(tmp_path / "other", {"routings.csv": text})).changed == 0


def _workbook(path: Path, names: list[str]) -> None:
    book = Workbook()
    book.remove(book.active)
    for name in names:
        sheet = book.create_sheet(name)
        for row in csv.reader(io.StringIO(FILES[f"{name}.csv"])):
            sheet.append([_typed(cell) for cell in row])
    book.create_sheet("empty")
    book.save(path)


def _typed(cell: str) -> object:
    """A cell as a planner's workbook holds it: numbers and days as such."""
    for read in (int, float, datetime.fromisoformat):
        try:
            return read(cell)
        except ValueError:
            continue
    return cell or None


def test_one_workbook_says_the_same_as_the_csv_files(context, plant, tmp_path):
    imported(plant)
    names = [name.removesuffix(".csv") for name in FILES if name.endswith(".csv")]
    other = write(tmp_path / "other", {f"{name}.csv": None for name in names})
    _workbook(other / "plant.xlsx", names)
    result = imported(other)
    assert result.changed == 0
    assert result.of("items").unchanged == 5


def test_a_workbook_of_one_sheet_is_known_by_its_name(context, plant, tmp_path):
    imported(plant)
    other = write(tmp_path / "other", {"items.csv": None})
    _workbook(other / "items.xlsx", ["items"])
    assert imported(other).of("items").unchanged == 5


def test_a_problem_in_a_workbook_names_its_sheet(context, tmp_path):
    _workbook(tmp_path / "plant.xlsx", ["sites", "lines", "stations"])
    found = {(p.file, p.row, p.column) for p in import_folder(tmp_path, None, NOW).problems}
    assert found == {("plant.xlsx#stations", 2, "shifts"), ("plant.xlsx#stations", 2, "location"),
                     ("plant.xlsx#stations", 3, "shifts")}  # fmt: skip


def test_two_sites_keep_their_codes_apart(context, tmp_path):
    for name, text in {
        "sites.csv": "code,name,zone\nGX,A,Asia/Shanghai\nBE,B,Europe/Berlin\n",
        "lines.csv": "code,name,site\nL1,One,GX\nL1,Eins,BE\n",
        "skills.csv": "code,name,site\nweld,Weld,BE\n",
        "people.csv": "code,name,site,line\nP1,Ann,GX,L1\nP1,Eva,BE,L1\n",
    }.items():
        (tmp_path / name).write_text(text)
    assert imported(tmp_path).of("people").created == 2
    lines = {line.id: line.name for line in db.session.scalars(select(m.Line))}
    assert {p.name: lines[p.line_id] for p in db.session.scalars(select(m.Person))} == {"Ann": "One", "Eva": "Eins"}
    (tmp_path / "people.csv").write_text("code,name,site,skills\nP1,Ann,GX,weld\n")
    assert [p.code for p in import_folder(tmp_path, None, NOW).problems] == ["unknown_reference"]


def test_a_part_of_a_plant_refers_to_what_is_stored(context, plant, tmp_path):
    imported(plant)
    part = tmp_path / "part"
    part.mkdir()
    (part / "machines.csv").write_text("code,name,station\nM-NEW,New,AS\n")
    (part / "orders.csv").write_text("number,item,quantity,due\nSO-9,TOP,2,+2d\n")
    assert imported(part).changed == 2


def test_the_command_speaks_both_languages_and_gives_exit_codes(context, plant, tmp_path):
    said: list[str] = []
    assert command.run(tmp_path / "nowhere", NOW, said.append) == 2
    assert command.run(plant, NOW, said.append, dry_run=True) == 0
    assert said[-1] == "A trial: nothing was written."
    assert command.run(plant, NOW, said.append) == 0
    with force_locale("zh_Hans"):
        assert command.run(plant, NOW, said.append) == 0
    assert said[-1] == "没有需要更改的内容。"
    write(plant, {"bom.csv": ("STL,2.5", "STL,x")})
    assert command.run(plant, NOW, said.append) == 1
    assert said[-2:] == [
        "bom.csv, row 4, column quantity: x is not a number. Use digits and a decimal point.",
        "1 problem. Nothing was written.",
    ]


def test_the_command_gives_machines_one_json_object(context, plant):
    said: list[str] = []
    write(plant, {"bom.csv": ("STL,2.5", "STL,x")})
    assert command.run(plant, NOW, said.append, as_json=True) == 1
    told = json.loads(said[0])
    assert told["written"] is False
    assert told["problems"][0] | {"values": {}} == {
        "file": "bom.csv", "row": 4, "column": "quantity", "code": "not_a_number", "values": {},
        "message": "x is not a number. Use digits and a decimal point.",
    }  # fmt: skip


def test_setups_work_outside_and_expected_material_come_from_files_and_a_second_time_change_nothing(context, plant):
    (plant / "expected_receipts.csv").write_text("code,item,quantity,due,received\nPO-1/1,STL,50.5,+2d,\n")
    (plant / "setup_times.csv").write_text("station,from_family,to_family,minutes\nPR,*,white,12.5\n")
    write(plant, {})
    routing = (plant / "routings.csv").read_text().replace(",parameters\n", ",parameters,setup_family,outside_min\n")
    routing = routing.replace("TOP,join,10,Join,5,2,,,torque=6 Nm", "TOP,join,10,Join,5,2,,,torque=6 Nm,white,1440")
    (plant / "routings.csv").write_text(routing)
    imported(plant)
    receipt, time = one(m.ExpectedReceipt, code="PO-1/1"), one(m.SetupTime)
    assert (receipt.quantity, receipt.received_at) == (Decimal("50.5"), None)
    assert (time.from_family, time.to_family, time.minutes) == ("*", "white", Decimal("12.5"))
    join = one(m.Operation, key="join")
    assert (join.setup_family, join.outside_min) == ("white", 1440)
    assert imported(plant).changed == 0
