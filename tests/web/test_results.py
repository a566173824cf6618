"""Results out: by feed, as files of some days, and as a daily drop that survives a crash at every step."""

import csv
import io
import os
import uuid
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, now_utc, transaction
from app.events import seal, unsealed
from app.models import ExternalRef, Machine, MachineState, Site
from app.queries.machines import machine_name
from app.services import monitoring, results_drop, station
from app.services.results_drop import drop, drop_due
from devices.sample import StateEdge
from tests.web.api_rig import Rig, entry, task_of
from tests.web.desk import SECRET, Desk
from tests.web.test_api_feeds import followed


@pytest.fixture
def rig(app: Flask) -> Rig:
    rig = Rig(app)
    order = rig.released(external={"system": "erp", "number": "=4711+1"})
    operator = rig.caller("operator")
    first = operator.post("/stations/BEND/reports", entry(task_of(order, "C10"))).json["report"]
    operator.post("/stations/BEND/reports", entry(task_of(order, "C10")))
    operator.post(f"/reports/{first}/undo", {"uuid": uuid.uuid4().hex, "person": "LI"})
    operator.post("/stations/DOOR/reports", entry(task_of(order, "D10"), kind="scrap", reason="DENT"))
    with app.app_context():
        work(rig, task_of(order, "D10")["id"])
        stop(rig)
    rig.seal()
    return rig


def work(rig: Rig, task_id: int) -> None:
    """Ten minutes of somebody's time."""
    now = now_utc() - timedelta(minutes=10)
    place = rig.plant.stations["DOOR"]
    for action, values, at in (("sign_in", {"person": rig.plant.people["LI"]}, now), ("start", {"task": task_id}, now),
                               ("sign_out", {}, now + timedelta(minutes=10))):  # fmt: skip
        wish = station.Act(uuid.uuid4().hex, action, values)
        status, answer = station.act(rig.plant.site_id, place, wish, "user:1", at)
        assert status == 200, answer


def stop(rig: Rig) -> None:
    """A machine stands for five minutes."""
    since = now_utc() - timedelta(minutes=20)
    with transaction() as session:
        machine = session.scalars(select(Machine).where(Machine.code == "M-BEND")).one()
        session.add(MachineState(site_id=machine.site_id, machine_id=machine.id, state="stopped", reason="S01",
                                 started_at=since))  # fmt: skip
    edge = StateEdge(machine_name(machine.id), "stopped", "running", since + timedelta(minutes=5), None)
    with transaction() as session:
        monitoring._edge(session, edge, now_utc())


def again(rig: Rig, quantity: int = 1) -> None:
    """One more piece."""
    tasks = rig.caller().get("/tasks", status="running").json["rows"]
    task = next(row for row in tasks if row["operation"].endswith("C10"))
    for _ in range(quantity):
        assert rig.caller("operator").post("/stations/BEND/reports", entry(task)).status_code == 201
    rig.seal()


def test_labour_and_downtime_are_followed_like_the_rest(rig: Rig) -> None:
    (labour,) = followed(rig, "/feed/labour", 1)
    assert (labour["kind"], labour["person"], labour["minutes"]) == ("run", "LI", "10.00")
    assert labour["external"] == [{"system": "erp", "number": "=4711+1"}]
    (down,) = followed(rig, "/feed/downtime", 1)
    assert (down["machine"], down["reason"], down["minutes"]) == ("M-BEND", "S01", "5.00")
    assert rig.caller("operator").get("/feed/labour").status_code == 403


@pytest.fixture
def dropping(rig: Rig, tmp_path: Path) -> Iterator["Drop"]:
    with rig.app.app_context():
        yield Drop(rig, tmp_path / "out")


class Drop:
    """The folder an ERP fetches from: it reads and deletes."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.folder = rig, folder
        self.fetched: dict[str, list[list[str]]] = {}

    def fetch(self) -> None:
        for path in sorted(self.folder.glob("*.csv")):
            assert path.name not in self.fetched, "sent twice"
            self.fetched[path.name] = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
            path.unlink()

    def reports(self) -> list[str]:
        return [row[0] for name, rows in sorted(self.fetched.items()) if "completions" in name for row in rows[1:]]

    def drop(self) -> list[Path]:
        return drop(self.rig.plant.site_id, self.folder, now_utc())


def test_a_drop_holds_each_row_once_with_the_number_of_the_erp(dropping: Drop) -> None:
    names = [path.name.split("-")[1] for path in dropping.drop()]
    assert names == ["completions", "scrap", "consumption", "labour", "downtime"]
    dropping.fetch()
    assert dropping.drop() == []
    again(dropping.rig)
    assert [path.name.split("-")[1] for path in dropping.drop()] == ["completions", "consumption"]
    dropping.fetch()
    rows = next(rows for name, rows in dropping.fetched.items() if "completions" in name)
    assert rows[1][rows[0].index("erp_number")] == "'=4711+1"
    assert [row[rows[0].index("quantity")] for row in rows[1:]] == ["1", "1", "-1"]
    assert len(dropping.reports()) == len(set(dropping.reports())) == 4


@pytest.mark.parametrize("fetches", [True, False])
@pytest.mark.parametrize("step", ["write", "link", "out", "move"])
def test_a_crash_at_any_step_sends_nothing_twice_and_misses_nothing(
    dropping: Drop, monkeypatch: pytest.MonkeyPatch, step: str, fetches: bool
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_args: Any) -> Any:
        raise Killed

    before = {"write": (results_drop, "_write"), "link": (os, "link"), "out": (results_drop, "_out"),
              "move": (results_drop, "_move")}  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(*before[step], killed)
        with pytest.raises(Killed):
            dropping.drop()
    if fetches:
        dropping.fetch()
    again(dropping.rig)
    dropping.drop()
    dropping.fetch()
    assert len(dropping.reports()) == len(set(dropping.reports())) == 4


def test_a_second_process_leaves_the_folder_alone(dropping: Drop) -> None:
    (dropping.folder / ".writing").mkdir(parents=True)
    with results_drop._alone(dropping.folder) as mine:
        assert mine
        assert dropping.drop() == []
    assert dropping.drop()


def test_the_daily_drop_comes_once_a_day_at_its_hour_in_the_zone_of_the_site(dropping: Drop) -> None:
    with transaction() as session:
        session.execute(update(Site).where(Site.code != "T").values(zone="Pacific/Kiritimati"))
    at = now_utc().replace(hour=5, minute=59)
    assert drop_due(dropping.folder, time(6), at) == []
    assert drop_due(dropping.folder, time(6), at + timedelta(minutes=2))
    again(dropping.rig)
    assert drop_due(dropping.folder, time(6), at + timedelta(hours=3)) == []
    assert drop_due(dropping.folder, time(6), at + timedelta(days=1, minutes=2))


def test_some_days_are_shown_and_taken_as_csv_and_excel(rig: Rig) -> None:
    with rig.app.app_context():
        from app.services import users

        users.create("T", "planner", SECRET, ["planner"], None, now_utc(), weak=True)
        users.create("T", "operator", SECRET, ["operator"], None, now_utc(), weak=True)
    desk = Desk(rig.app)
    desk.sign_in("planner")
    assert "M-BEND" in desk.get("/results?kind=downtime")
    assert "Nothing of this kind" in desk.get("/results?kind=downtime&since=2020-01-01&until=2020-01-02")
    desk.get("/results?kind=none", status=404)
    desk.get("/results?since=2026-02-30", status=422)
    rows = list(csv.DictReader(io.StringIO(desk.client.get("/results/scrap.csv").text.removeprefix("\ufeff"))))
    assert [(row["reason"], row["quantity"], row["erp_number"]) for row in rows] == [("DENT", "1", "'=4711+1")]
    book = openpyxl.load_workbook(io.BytesIO(desk.client.get("/results/completions.xlsx").data))
    head, *body = book.active.values
    assert [row[head.index("quantity")] for row in body] == [1, 1, -1]
    assert body[0][head.index("erp_number")] == "'=4711+1"
    stranger = Desk(rig.app)
    stranger.sign_in("operator")
    stranger.get("/results/completions.csv", status=403)


def test_sealing_later_is_not_missed(dropping: Drop) -> None:
    dropping.drop()
    dropping.fetch()
    tasks = dropping.rig.caller().get("/tasks", status="running").json["rows"]
    task = next(row for row in tasks if row["operation"].endswith("C10"))
    dropping.rig.caller("operator").post("/stations/BEND/reports", entry(task))
    assert dropping.drop() == []
    with transaction() as session:
        seal(session, unsealed(session, 0))
    assert dropping.drop()
    assert db.session.scalar(select(ExternalRef.id)) is not None
