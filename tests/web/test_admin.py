"""Administration: the checklist, lists of master data, users, the import by page, the log in words, health."""

import io
import re
import zipfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.auth import ROLES
from app.db import db, now_utc
from app.models import Event, Item, Line, User
from app.queries.master_data import TABLES
from app.services import orders, sites, users
from app.services.release import release
from app.web.telling import PERMISSION_WORDS, ROLE_WORDS, TOPICS
from tests.small_plant import Plant
from tests.web.desk import SECRET, Desk, plant_with_users

ROOT = Path(__file__).resolve().parents[2]
TOLD = re.compile(r'"((?:order|hold|report|task|user|token|site|plan|limit|notice|machine|person)\.[a-z_]+)", \(')


@pytest.fixture
def plant(app: Flask) -> Plant:
    with app.app_context():
        return plant_with_users()


@pytest.fixture
def desk(app: Flask, plant: Plant) -> Desk:
    found = Desk(app)
    found.sign_in("admin")
    return found


def user_id(app: Flask, name: str) -> int:
    with app.app_context():
        return db.session.scalars(select(User.id).where(User.name == name)).one()


def test_an_empty_site_is_told_what_is_missing(app: Flask) -> None:
    with app.app_context():
        sites.ensure("NEW", now_utc())
        users.create("NEW", "first", SECRET, ["admin"], None, now_utc(), weak=True)
    desk = Desk(app)
    desk.sign_in("first")
    page = desk.get("/admin")
    assert "11 things are missing." in page
    assert "Tasks queue at stations. Without one nothing can be released." in page


def test_a_set_up_plant_is_told_what_comes_next(desk: Desk) -> None:
    page = desk.get("/admin")
    assert "1 thing is missing." in page
    assert "Release the first one and its tasks stand at the stations." in page


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_list_shows_searches_and_speaks_chinese(desk: Desk, name: str) -> None:
    desk.get(f"/admin/data/{name}")
    desk.get(f"/admin/data/{name}?q=%25x&page=99999")
    desk.speak("zh_Hans")
    desk.get(f"/admin/data/{name}")


def test_lists_hold_what_the_store_holds(desk: Desk) -> None:
    assert "ASSY1" in desk.get("/admin/data/stations?q=assy")
    assert "BEND" not in desk.get("/admin/data/stations?q=assy")
    assert "11:40" not in desk.get("/admin/data/shifts")
    assert "06:00" in desk.get("/admin/data/shifts")
    assert "Nothing fits." in desk.get("/admin/data/items?q=zzz")
    desk.get("/admin/data/secrets", status=404)


def test_a_bill_of_material_is_a_tree_with_quantities(desk: Desk) -> None:
    page = desk.get("/admin/boms/1")
    assert "CABINET" in page
    assert "6.666 kg" in page  # two doors of 3.333 kg
    assert "at F10" in page


def test_a_routing_shows_what_comes_before(desk: Desk) -> None:
    page = desk.get("/admin/routings/3")
    assert "F30 (rework)" in page
    assert "ASSY1, ASSY2" in page


def test_every_role_and_permission_has_words(desk: Desk) -> None:
    permissions = frozenset().union(*ROLES.values())
    assert permissions - set(PERMISSION_WORDS) == set()
    assert set(ROLES) - set(ROLE_WORDS) == set()
    page = desk.get("/admin/roles")
    assert page.count("<tr>") == len(permissions) + 1


def test_a_user_is_made_signs_in_and_is_switched_off(app: Flask, desk: Desk) -> None:
    values = {"name": "chen", "password": "a long enough one", "roles": "planner", "person": "LI"}
    desk.post("/admin/users/new", values)
    chen = Desk(app)
    assert chen.sign_in("chen", "a long enough one").status_code == 302
    number = user_id(app, "chen")
    desk.post(f"/admin/users/{number}/roles", {"roles": "quality"})
    chen.sign_in("chen", "a long enough one")
    chen.get("/orders/new", status=403)
    desk.post(f"/admin/users/{number}/password", {"password": "short"}, status=422)
    desk.post(f"/admin/users/{number}/password", {"password": "another long one"})
    assert chen.sign_in("chen", "a long enough one").status_code == 401
    assert chen.sign_in("chen", "another long one").status_code == 302
    desk.post(f"/admin/users/{number}/sessions")
    assert chen.client.get("/orders").status_code == 302
    desk.post(f"/admin/users/{number}/active", {"active": "0"})
    assert chen.sign_in("chen", "another long one").status_code == 401
    assert "Switched off" in desk.get("/admin/users")


@pytest.mark.parametrize(("values", "sentence"), [
    ({"password": "short"}, "at least 10 characters"), ({"name": "planner"}, "The name planner is taken."),
    ({"name": ""}, "Fill this in."), ({"roles": "king"}, "There is no role king."),
    ({"roles": []}, "Choose at least one role."), ({"person": "NOPE"}, "This badge is not known"),
])  # fmt: skip
def test_a_wrong_user_is_told_and_not_made(desk: Desk, values: dict[str, object], sentence: str) -> None:
    usual = {"name": "chen", "password": "a long enough one", "roles": "planner", "person": ""}
    assert sentence in desk.post("/admin/users/new", usual | values, status=422).text


def test_nobody_locks_himself_out(app: Flask, desk: Desk) -> None:
    number = user_id(app, "admin")
    assert "This is you." in desk.get(f"/admin/users/{number}")
    desk.post(f"/admin/users/{number}/active", {"active": "0"}, status=409)
    desk.post(f"/admin/users/{number}/roles", {"roles": "planner"}, status=409)
    desk.get("/admin")


def files(**texts: str) -> dict[str, list[tuple[io.BytesIO, str]]]:
    return {"files": [(io.BytesIO(text.encode()), f"{name}.csv") for name, text in texts.items()]}


def test_an_import_is_tried_first_and_written_on_demand(app: Flask, desk: Desk) -> None:
    upload = files(lines="code,name\nL9,Line 9\n")
    page = desk.post("/admin/import", upload, status=200, content_type="multipart/form-data").text
    assert "The files are right. Nothing was written yet." in page
    with app.app_context():
        assert db.session.scalar(select(Line.id).where(Line.code == "L9")) is None
    desk.post("/admin/import/write")
    with app.app_context():
        assert db.session.scalar(select(Line.name).where(Line.code == "L9")) == "Line 9"
    desk.post("/admin/import/write", status=409)


def test_mistakes_are_listed_with_their_place_and_nothing_is_written(app: Flask, desk: Desk) -> None:
    upload = files(lines="code,name\nL9,Line 9\n", items="code,name,supply\nX1,Thing,magic\n")
    page = desk.post("/admin/import", upload, status=422, content_type="multipart/form-data").text
    assert "items.csv" in page
    assert "magic" in page
    desk.post("/admin/import/write", status=409)
    with app.app_context():
        assert db.session.scalar(select(Item.id).where(Item.code == "X1")) is None
        assert db.session.scalar(select(Line.id).where(Line.code == "L9")) is None


def zipped(*entries: tuple[str, str]) -> dict[str, list[tuple[io.BytesIO, str]]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in entries:
            archive.writestr(name, text)
    packed.seek(0)
    return {"files": [(packed, "plant.zip")]}


def test_a_zip_is_unpacked_and_cannot_leave_its_folder(app: Flask, desk: Desk) -> None:
    home = Path(app.config["HOME"])
    upload = zipped(("../../../lines.csv", "code,name\nL8,Line 8\n"), ("readme.txt", "no"))
    desk.post("/admin/import", upload, status=200, content_type="multipart/form-data")
    assert not (home / "lines.csv").exists()
    assert not (home.parent / "lines.csv").exists()
    desk.post("/admin/import/write")
    with app.app_context():
        assert db.session.scalar(select(Line.id).where(Line.code == "L8"))


@pytest.mark.parametrize(("name", "content", "status"), [
    ("plan.exe", b"MZ", 422), ("broken.zip", b"PK no zip", 422), ("", b"", 422), ("lines.csv", b"\x00\x01", 422),
])  # fmt: skip
def test_other_files_are_refused(desk: Desk, name: str, content: bytes, status: int) -> None:
    upload = {"files": [(io.BytesIO(content), name)]}
    desk.post("/admin/import", upload, status=status, content_type="multipart/form-data")


def test_the_log_tells_in_words_and_narrows(app: Flask, desk: Desk, plant: Plant) -> None:
    with app.app_context():
        now = now_utc()
        order = orders.create_production(plant.site_id, "FRIDGE", Decimal(2), now + timedelta(days=1), 3, "user:3", now)
        release(plant.site_id, order, "user:3", now)
    page = desk.get("/admin/log")
    assert "Released: broken down into 7 tasks" in page
    assert "planner" in page
    assert "WO-00001" in page
    narrowed = desk.get("/admin/log?topic=order.created")
    assert narrowed.count("<tr id=") == 1
    assert desk.get("/admin/log?topic=order").count("<tr id=") == 2
    assert desk.get("/admin/log?actor=user:3").count("<tr id=") == 2
    assert desk.get(f"/admin/log?subject_type=order&subject_id={order}").count("<tr id=") == 2
    assert "No event fits this filter." in desk.get("/admin/log?since=2999-01-01T00:00")
    assert "No event fits this filter." in desk.get("/admin/log?until=1999-01-01T00:00&before=x&subject_id=y")


def test_the_log_pages_back_without_gaps(app: Flask, desk: Desk, plant: Plant) -> None:
    with app.app_context():
        for number in range(60):
            users.create("T", f"u{number}", "x", [], None, now_utc(), weak=True)
        total = len(db.session.scalars(select(Event.id).where(Event.site_id == plant.site_id)).all())
    seen: list[str] = []
    path: str | None = "/admin/log"
    while path:
        page = desk.get(path)
        seen += re.findall(r'id="event-(\d+)"', page)
        older = re.search(r'href="(/admin/log\?before=\d+)"', page)
        path = older[1] if older else None
    assert len(seen) == len(set(seen)) == total


def test_every_topic_that_is_recorded_has_words() -> None:
    told = set()
    for room in ("services", "workers"):
        for path in (ROOT / "app" / room).rglob("*.py"):
            told |= set(TOLD.findall(path.read_text(encoding="utf-8")))
    assert {"order.created", "hold.opened"} <= told
    assert told - set(TOPICS) == set()


def test_health_says_in_words_what_does_not_work(desk: Desk) -> None:
    page = desk.get("/health")
    assert "Poller of machines" in page
    assert "Start the poller." in page


def test_health_names_each_camera_of_the_settings(desk: Desk, app: Flask) -> None:
    assert "Camera at" not in desk.get("/health")
    app.config["CAMERAS"] = {"PACK": "rtsp://u:secret@cam/1"}
    page = desk.get("/health")
    assert "Camera at PACK" in page
    assert "not running, 0 counted" in page
    assert "Start ./gongxu camera" in page
    assert "secret" not in page
