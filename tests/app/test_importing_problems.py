# ruff: noqa: E501 - a table of cases is read row by row
"""Every problem an import can have: named with file, row and column, in words, and nothing is written."""

from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select

from app.db import Base, db
from app.services.importing import Problem, import_folder
from app.services.importing.words import WORDS, place, sentence
from tests.app.importing_folder import NOW, Change, write

MAP = "version: 1\ndevices:\n  - device: {device}\n    machine: {machine}\n    link: {{host: 127.0.0.1, port: {port}}}\n    tags:\n      - {{name: t, address: 0, type: uint16}}\n"
CASES: list[tuple[str, Change, tuple[str, int | None, str | None]]] = [
    ("not_text", {"areas.csv": b"code,name\n\0\1\n"}, ("areas.csv", None, None)),
    ("not_text", {"areas.csv": b"code,name\nA,\xff\xff\n"}, ("areas.csv", None, None)),
    ("not_text", {"devices/x.yaml": b"\xff\xfe\xfd"}, ("devices/x.yaml", None, None)),
    ("not_csv", {"areas.csv": 'code,name\nA,"open\n'}, ("areas.csv", 2, None)),
    ("not_xlsx", {"areas.xlsx": "no workbook"}, ("areas.xlsx", None, None)),
    ("unknown_file", {"itemz.csv": "code\nA\n"}, ("itemz.csv", None, None)),
    ("empty_file", {"areas.csv": "\n\n"}, ("areas.csv", None, None)),
    ("file_twice", {"ITEMS.csv": "code,name,supply\nX,X,buy\n"}, ("items.csv", None, None)),
    ("unknown_column", {"reasons.csv": ("name_zh", "nane_zh")}, ("reasons.csv", 1, "nane_zh")),
    ("missing_column", {"reasons.csv": "code,name\nW1,Bent\n"}, ("reasons.csv", 1, "kind")),
    ("column_twice", {"locations.csv": "code,name,name\nWH,Store,Store\n"}, ("locations.csv", 1, "name")),
    ("too_many_cells", {"locations.csv": ("WH,Store", "WH,Store,more")}, ("locations.csv", 2, None)),
    ("site_needed", {"sites.csv": "code,name\nGX,A\nGY,B\n"}, ("lines.csv", 2, "site")),
    ("unknown_site", {"lines.csv": "code,name,site\nL1,Line,NO\n"}, ("lines.csv", 2, "site")),
    ("empty", {"reasons.csv": ("W1,scrap,Bent", "W1,scrap,")}, ("reasons.csv", 2, "name")),
    ("empty", {"machines.csv": ("M-PR,Press,PR", "M-PR,Press,")}, ("machines.csv", 2, "station")),
    ("empty", {"characteristics.csv": ("device,torque", "device,")}, ("characteristics.csv", 2, "meaning")),
    ("too_long", {"locations.csv": ("Store", "S" * 201)}, ("locations.csv", 2, "name")),
    ("control_character", {"locations.csv": ("Store", "St\x07re")}, ("locations.csv", 2, "name")),
    ("bad_code", {"reasons.csv": ("W1", "W 1")}, ("reasons.csv", 2, "code")),
    ("not_whole", {"limit_rules.csv": ("6,3", "6.5,3")}, ("limit_rules.csv", 2, "high")),
    ("not_a_number", {"bom.csv": ("STL,2.5", "STL,NaN")}, ("bom.csv", 4, "quantity")),
    ("not_a_number", {"bom.csv": ("STL,2.5", "STL,1e9")}, ("bom.csv", 4, "quantity")),
    ("not_a_number", {"bom.csv": ("STL,2.5", "STL,٣")}, ("bom.csv", 4, "quantity")),
    ("too_fine", {"bom.csv": ("STL,2.5", "STL,2.1234567")}, ("bom.csv", 4, "quantity")),
    ("too_fine", {"stock.csv": ("SCR,,WH,4000", "SCR,,WH,0.5")}, ("stock.csv", 3, "quantity")),
    ("too_fine", {"orders.csv": ("TOP,5", "TOP,5.5")}, ("orders.csv", 2, "quantity")),
    ("too_small", {"bom.csv": ("STL,2.5", "STL,-2.5")}, ("bom.csv", 4, "quantity")),
    ("too_large", {"orders.csv": ("+3d 16:00,,1", "+3d 16:00,,9")}, ("orders.csv", 2, "priority")),
    ("not_above", {"bom.csv": ("STL,2.5", "STL,0")}, ("bom.csv", 4, "quantity")),
    ("unknown_word", {"items.csv": ("buy,,yes", "bought,,yes")}, ("items.csv", 5, "supply")),
    ("not_a_flag", {"roster.csv": (",no", ",perhaps")}, ("roster.csv", 2, "absent")),
    ("unknown_zone", {"sites.csv": ("Asia/Shanghai", "Asia/Nowhere")}, ("sites.csv", 2, "zone")),
    ("bad_clock", {"shifts.csv": ("06:00,14:00", "25:00,14:00")}, ("shifts.csv", 2, "start")),
    ("bad_date", {"calendar.csv": ("2027-05-01", "2027-02-30")}, ("calendar.csv", 2, "day")),
    ("bad_moment", {"orders.csv": ("+3d 16:00", "soon")}, ("orders.csv", 2, "due")),
    ("bad_weekdays", {"shifts.csv": ("1-5", "0-9")}, ("shifts.csv", 2, "weekdays")),
    ("bad_breaks", {"shifts.csv": ("10:00-10:30", "10:00")}, ("shifts.csv", 2, "breaks")),
    ("bad_pairs", {"routings.csv": ("torque=6 Nm", "torque")}, ("routings.csv", 2, "parameters")),
    ("not_after", {"limit_rules.csv": ("6,3", "3,3")}, ("limit_rules.csv", 2, "high")),
    ("not_after", {"characteristics.csv": ("5,6,7", "5,8,7")}, ("characteristics.csv", 2, "upper")),
    ("not_after", {"bom.csv": ("4,,+30d", "4,+31d,+30d")}, ("bom.csv", 4, "valid_to")),
    ("same", {"limit_rules.csv": ("AS,PR", "PR,PR")}, ("limit_rules.csv", 2, "upstream_station")),
    ("serialised_whole", {"items.csv": ("pcs,0,make_to_order,yes", "pcs,2,make_to_order,yes")}, ("items.csv", 2, "decimals")),
    ("phantom_tracked", {"items.csv": ("phantom,,", "phantom,yes,")}, ("items.csv", 4, "supply")),
    ("group_and_kind", {"operation_links.csv": ("TOP,test,pack,,,", "TOP,test,pack,,alternate,")}, ("operation_links.csv", 3, "alternate_group")),
    ("attribute_limits", {"characteristics.csv": "item,operation,code,name,kind,source,lower\nTOP,test,GAP,Gap,attribute,person,1\n"}, ("characteristics.csv", 2, "kind")),
    ("break_outside", {"shifts.csv": ("10:00-10:30", "13:50-14:10")}, ("shifts.csv", 2, "breaks")),
    ("twice", {"items.csv": ("SCR,Screw", "STL,Screw")}, ("items.csv", 6, "code")),
    ("twice", {"people.csv": ("B2", "B1")}, ("people.csv", 3, "badge")),
    ("twice", {"person_skills.csv": "person,skill\nP1,press\n"}, ("people.csv", 2, "skills")),
    ("unknown_reference", {"stations.csv": ("AS,Assembly,L1", "AS,Assembly,L7")}, ("stations.csv", 3, "line")),
    ("unknown_reference", {"stations.csv": ("A;N", "A;X")}, ("stations.csv", 2, "shifts")),
    ("unknown_reference", {"people.csv": ("press;weld", "press;wald")}, ("people.csv", 2, "skills")),
    ("unknown_reference", {"stock.csv": ("STL,L-1", "STL,L-2")}, ("stock.csv", 2, "lot")),
    ("unknown_reference", {"devices/line1.yaml": ("machine: M-AS", "machine: M-XX")}, ("devices/line1.yaml", None, "devices[0]")),
    ("retired_reference", {"operation_stations.csv": ("test,AS", "test,OLD")}, ("operation_stations.csv", 3, "station")),
    ("bom_cycle", {"bom.csv": ("KIT,10,SCR", "KIT,10,TOP")}, ("bom.csv", 6, "component")),
    ("bom_cycle", {"bom.csv": ("KIT,10,SCR", "KIT,10,KIT")}, ("bom.csv", 6, "component")),
    ("no_such_operation", {"bom.csv": (",+30d,press", ",+30d,pres")}, ("bom.csv", 4, "operation")),
    ("no_such_operation", {"bom.csv": ("KIT,10,SCR,4,,,,", "KIT,10,SCR,4,,,,glue")}, ("bom.csv", 6, "operation")),
    ("no_such_operation", {"operation_links.csv": ("TOP,test,pack", "TOP,test,ship")}, ("operation_links.csv", 3, "succ")),
    ("no_station", {"operation_stations.csv": ("TOP,pack,AS,,\n", "")}, ("routings.csv", 4, "operation")),
    ("no_routing", {"items.csv": ("SCR,Screw,螺钉,pcs,0,buy", "SCR,Screw,螺钉,pcs,0,make_to_order")}, ("items.csv", 6, "supply")),
    ("not_made", {"orders.csv": ("SO-1,TOP", "SO-1,SCR")}, ("orders.csv", 2, "item")),
    ("machine_elsewhere", {"operation_stations.csv": ("PR,M-PR", "PR,M-AS")}, ("operation_stations.csv", 5, "machine")),
    ("machine_elsewhere", {"limit_rules.csv": ("M-PR", "M-AS")}, ("limit_rules.csv", 2, "upstream_machine")),
    ("no_tag", {"characteristics.csv": ("device,torque", "device,leak")}, ("characteristics.csv", 2, "meaning")),
    ("lot_needed", {"stock.csv": ("STL,L-1", "STL,")}, ("stock.csv", 2, "lot")),
    ("lot_not_tracked", {"stock.csv": ("SCR,,", "SCR,L-1,")}, ("stock.csv", 3, "lot")),
    ("own_unit", {"units.csv": ("box", "pcs")}, ("units.csv", 2, "unit")),
    ("process_cycle", {"operation_links.csv": ("test,join,,rework", "test,join,,normal")}, ("operation_links.csv", 4, None)),
    ("unreachable", {"operation_links.csv": ("TOP,test,pack,,,\n", "")}, ("routings.csv", 4, None)),
    ("bad_rework", {"operation_links.csv": ("TOP,test,join,,rework", "TOP,join,pack,,rework")}, ("operation_links.csv", 4, None)),
    ("bad_alternate", {"routings.csv": ("batch_size,parameters\nTOP,join,10,Join,5,2,,,torque=6 Nm", "alternate_group,parameters\nTOP,join,10,Join,5,2,,alone,")}, ("routings.csv", 2, None)),
    ("duplicate_key", {"operation_links.csv": "item,pred,succ,kind,alternate_group\nTOP,join,test,normal,\nTOP,join,test,alternate,g\nTOP,test,pack,,\n"}, ("routings.csv", 2, None)),
    ("map_problem", {"devices/line1.yaml": ("address: 0, type: uint16", "address: -1, type: uint16")}, ("devices/line1.yaml", None, "devices[0].tags[0].address")),
    ("map_twice", {"devices/z.yaml": MAP.format(device="D-AS", machine="M-AS", port=16000)}, ("devices/z.yaml", None, "devices[0]")),
    ("map_twice", {"devices/z.yaml": MAP.format(device="D-X", machine="M-AS", port=15020)}, ("devices/z.yaml", None, "devices[0]")),
]  # fmt: skip


def rows_in_store() -> int:
    """How many rows all tables hold together."""
    counts = [select(func.count()).select_from(table) for table in Base.metadata.sorted_tables]
    return sum(db.session.scalar(count) or 0 for count in counts)


@pytest.fixture
def context(app: Flask):
    with app.app_context():
        yield app


@pytest.mark.parametrize(("code", "change", "where"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_problem_is_named_with_its_place_and_nothing_is_written(context, tmp_path, code, change, where):
    before = rows_in_store()
    result = import_folder(write(tmp_path / "plant", change), None, NOW)
    found = [(p.code, (p.file, p.row, p.column)) for p in result.problems]
    assert (code, where) in found
    assert not result.written
    assert rows_in_store() == before
    for language, hint in (("en", " "), ("zh_Hans", "")):
        with force_locale(language):
            for problem in result.problems:
                assert "%(" not in place(problem) + sentence(problem) + hint
                assert language == "en" or any("一" <= char <= "鿿" for char in sentence(problem))


def test_every_problem_with_words_has_a_case_here():
    told = {code for code, _, _ in CASES}
    elsewhere = {"no_files", "badge_taken", "stock_moved", "station_in_use"}
    # Running orders and the history of another system have cases of their own.
    elsewhere |= {"bad_part", "does_not_add_up", "empty_cell", "in_the_future", "no_such_order", "not_serialised",
                  "scrapped_units", "several_places", "units_disagree"}  # fmt: skip
    assert set(WORDS) - told == elsewhere


def test_an_empty_folder_says_so(context, tmp_path):
    assert [p.code for p in import_folder(tmp_path, None, NOW).problems] == ["no_files"]


def test_all_problems_of_all_files_are_told_at_once(context, tmp_path):
    change: Change = {
        "reasons.csv": ("W1,scrap", "W1,scrapped"),
        "bom.csv": ("KIT,10,SCR,4", "KIT,10,NONE,-4"),
        "orders.csv": ("SO-2,TOP,8", "SO-2,TOP,x"),
        "devices/line1.yaml": ("port: 15021", "port: 15020"),
    }
    found = import_folder(write(tmp_path / "plant", change), None, NOW).problems
    codes = {(p.file, p.row, p.code) for p in found}
    assert codes >= {
        ("reasons.csv", 2, "unknown_word"), ("bom.csv", 6, "unknown_reference"), ("bom.csv", 6, "too_small"),
        ("orders.csv", 3, "not_a_number"), ("devices/line1.yaml", None, "map_problem"),
    }  # fmt: skip


def test_both_circles_of_a_bill_are_told_with_their_paths(context, tmp_path):
    rows = "item,component,quantity\nTOP,SUB,1\nSUB,TOP,1\nKIT,KIT,1\n"
    found = import_folder(write(tmp_path / "plant", {"bom.csv": rows}), None, NOW).problems
    paths = sorted(p.values["path"] for p in found if p.code == "bom_cycle")
    assert len(paths) == 2
    assert "KIT → KIT" in paths
    assert any({"TOP", "SUB"} <= set(path.split(" → ")) for path in paths)


def test_an_unknown_code_is_answered_with_the_nearest_one(context, tmp_path):
    change: Change = {"stations.csv": ("Assembly,L1", "Assembly,L11")}
    problem = import_folder(write(tmp_path / "plant", change), None, NOW).problems[0]
    assert sentence(problem).endswith("Did you mean L1?")
    assert place(problem) == "stations.csv, row 3, column line"


def test_a_badge_of_somebody_who_is_not_in_the_folder_is_taken(context, tmp_path):
    assert import_folder(write(tmp_path / "plant"), None, NOW).written
    other = tmp_path / "other"
    other.mkdir()
    (other / "people.csv").write_text("code,name,badge\nP9,Cy,B1\n")
    found = import_folder(other, None, NOW).problems
    assert [(p.code, p.row, p.column, p.values["person"]) for p in found] == [("badge_taken", 2, "badge", "P1")]


def test_how_an_item_is_counted_stays_once_stock_was_moved(context, tmp_path):
    folder = write(tmp_path / "plant")
    assert import_folder(folder, None, NOW).written
    found = import_folder(write(folder, {"items.csv": ("钢,kg,3,buy,,yes", "钢,t,2,buy,,yes")}), None, NOW).problems
    assert [(p.code, p.row, p.column) for p in found if p.code == "stock_moved"] == [
        ("stock_moved", 5, "decimals"),
        ("stock_moved", 5, "unit"),
    ]
    assert import_folder(write(folder, {"items.csv": ("钢,kg,3", "钢,kg,4")}), None, NOW).of("items").updated == 1


def test_a_position_that_was_counted_is_not_given_again(context, tmp_path):
    rows = "item,position,component,quantity\nTOP,,SUB,1\nTOP,10,KIT,1\n"
    found = import_folder(write(tmp_path / "plant", {"bom.csv": rows}), None, NOW).problems
    assert [(p.code, p.row, p.column, p.values["row"]) for p in found] == [("twice", 3, "position", 2)]


def test_a_line_separator_inside_a_cell_is_no_end_of_a_row(context, tmp_path):
    change: Change = {"locations.csv": ("Store", "St\u2028ore")}
    assert import_folder(write(tmp_path / "plant", change), None, NOW).problems == []


def test_a_problem_without_words_is_still_told(context):
    assert "brand_new" in sentence(Problem("a.csv", 2, None, "brand_new"))
    assert place(Problem("a.csv", 2, None, "brand_new")) == "a.csv, row 2"


def test_a_folder_that_is_not_there_is_refused(context, tmp_path: Path):
    with pytest.raises(NotADirectoryError):
        import_folder(tmp_path / "nowhere", None, NOW)
