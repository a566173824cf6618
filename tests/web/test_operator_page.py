"""What docs/operator.md says in figures is what the program does; instructions, checks and limits stand on the page."""

from datetime import timedelta
from pathlib import Path

from flask import Flask

from app.db import now_utc, transaction
from app.models import Characteristic, LimitRule, LimitSignal, Station, Task
from app.queries import known
from app.services.station_scans import COMMANDS
from app.services.station_tasks import PATIENCE
from app.services.undoing import WINDOW_MIN
from app.states.device_clock import MOST_OFFSET
from tests.web.station_rig import Rig

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
SCRIPT = (ROOT / "static" / "js" / "doubled.js").read_text(encoding="utf-8")


def test_the_figures_of_the_page_are_those_of_the_program() -> None:
    assert timedelta(seconds=20) == PATIENCE
    assert "within 20 seconds" in PAGE
    assert WINDOW_MIN == 10
    assert "within ten minutes" in PAGE
    assert timedelta(minutes=2) == MOST_OFFSET
    assert "more than two minutes" in PAGE
    assert "BOUNCE = 1500" in SCRIPT
    assert "DOUBT = 5000" in SCRIPT
    assert "within 1.5 seconds" in PAGE
    assert "Between 1.5 and 5 seconds" in PAGE
    assert (Station.__table__.c.people.default.arg, Station.__table__.c.idle_min.default.arg) == (1, 15)
    for word in ("GOOD", "SCRAP", "REWORK", "UNDO", "SETUP", "PAUSE", "START", "FINISH", "CONFIRM", "HELP", "MATERIAL",
                 "CONCESSION", "OVERRIDE"):  # fmt: skip
        assert word in PAGE
        assert word.lower() in COMMANDS.values()


def test_an_instruction_is_a_file_beside_the_database(app: Flask, tmp_path: Path) -> None:
    app.config["HOME"] = tmp_path
    rig = Rig(app)
    folder = tmp_path / "instructions" / "T"
    folder.mkdir(parents=True)
    (folder / "CABINET-C10.png").write_bytes(b"a picture")
    operator = rig.browser("operator")
    operator.scan("BEND", "LI")
    operator.scan("BEND", rig.card("C10"))
    address = f"/s/instruction/{rig.tasks['C10']}/CABINET-C10.png"
    assert f'src="{address}"' in operator.get("/s/BEND/part/work").text
    with operator.get(address) as answer:
        assert answer.data == b"a picture"
    (folder / "CABINET-C10.png").rename(folder / "CABINET-C10.pdf")
    assert "Open the instruction (PDF)" in operator.get("/s/BEND/part/work").text
    assert operator.get(f"/s/instruction/{rig.tasks['D10']}/x.png").status_code == 404
    assert rig.browser("stranger").get(address).status_code == 404


def test_the_banner_tells_how_many_may_still_be_started(app: Flask) -> None:
    rig = Rig(app)
    with app.app_context(), transaction() as session:
        rule = LimitRule(site_id=rig.plant.site_id, code="R", station_id=rig.plant.stations["FOAM"], high=10,
                         upstream_station_id=rig.plant.stations["BEND"], low=4)  # fmt: skip
        session.add(rule)
        session.flush()
        session.add(LimitSignal(site_id=rig.plant.site_id, rule_id=rule.id, mode="limit", rate_permille=300,
                                backlog=14, requested_at=now_utc() - timedelta(minutes=3)))  # fmt: skip
    operator = rig.browser("operator")
    operator.scan("BEND", "LI")
    operator.scan("BEND", rig.card("C10"))
    operator.act("BEND", "good")
    page = operator.get("/s/BEND/part/work").text
    assert "Start at most 4 units an hour." in page
    assert "3 left" in page


def test_a_missing_check_is_the_one_big_button(app: Flask) -> None:
    rig = Rig(app)
    with app.app_context(), transaction() as session:
        operation = session.get_one(Task, rig.tasks["C10"]).operation_id
        session.add(Characteristic(operation_id=operation, code="GAP", name="Door gap", lower=4, upper=6,
                                   source="person", is_required=True))  # fmt: skip
        known.forget()
    operator = rig.browser("operator")
    operator.scan("BEND", "LI")
    operator.scan("BEND", rig.card("C10"))
    assert "Measure Door gap" in operator.get("/s/BEND/part/foot").text
    told = operator.act("BEND", "value", check="GAP", quantity="7").json
    assert "Door gap is 7 , allowed is 4 to 6" in told["message"].replace("  ", " ")
    operator.act("BEND", "value", check="GAP", quantity="5")
    assert operator.act("BEND", "good").json["result"] == "accepted"
