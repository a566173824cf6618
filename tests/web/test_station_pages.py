"""The pages of stations: who may, what they show, what they answer."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask

from app.db import db, now_utc, transaction
from app.models import ExternalRef, LimitRule, LimitSignal, Person
from devices.codes import Kind, make
from tests.web.station_rig import Rig


@pytest.fixture
def rig(app: Flask) -> Rig:
    return Rig(app)


@pytest.mark.parametrize("role", ["operator", "lead", "admin"])
def test_who_works_at_stations_sees_them(rig: Rig, role: str) -> None:
    browser = rig.browser(role)
    assert "Bend" in browser.get("/s").text
    page = browser.get("/s/BEND").text
    assert 'data-station="BEND"' in page
    assert "Scan your badge" in page


@pytest.mark.parametrize("role", ["planner", "quality", "service", "wall"])
def test_who_does_not_is_refused(rig: Rig, role: str) -> None:
    browser = rig.browser(role)
    assert [browser.get(path).status_code for path in ("/s", "/s/BEND", "/s/BEND/part/work")] == [403] * 3
    assert browser.scan("BEND", "LI").status_code == 403


def test_nobody_is_sent_to_sign_in(rig: Rig) -> None:
    assert rig.app.test_client().get("/s/BEND").status_code == 302


def test_a_scan_without_its_token_is_refused_and_stays_in_the_queue(rig: Rig) -> None:
    answer = rig.browser("operator").post("/s/BEND/scan", {"uuid": uuid.uuid4().hex, "raw": "LI"}, token="wrong")
    assert answer.status_code == 400
    assert "result" not in answer.json


def test_a_station_of_another_plant_does_not_exist(rig: Rig) -> None:
    operator = rig.browser("operator")
    assert operator.get("/s/FAR").status_code == 404
    answer = operator.scan("FAR", "LI")
    assert (answer.status_code, answer.json["result"], answer.json["code"]) == (404, "refused", "station.unknown")
    assert rig.browser("stranger").get("/s/BEND").status_code == 404


def test_the_page_follows_the_work(rig: Rig) -> None:
    operator = rig.browser("operator")
    assert operator.scan("BEND", "LI").json["result"] == "accepted"
    assert "Start WO-00001" in operator.get("/s/BEND/part/foot").text
    answer = operator.scan("BEND", rig.card("C10")).json
    assert (answer["message"], answer["next"]) == ("WO-00001 · Bend is open: 0 of 4.", "Report what is done")
    assert operator.act("BEND", "good", quantity=2).json["message"] == "2 good. 2 of 4."
    work = operator.get("/s/BEND/part/work").text
    assert "2<small> / 4</small>" in work
    assert "<html" not in work
    assert "Report 1 good" in operator.get("/s/BEND/part/foot").text
    assert "2 good. 2 of 4." in operator.get("/s/BEND/part/side").text


def test_a_refusal_is_in_words_with_the_next_step(rig: Rig) -> None:
    operator = rig.browser("operator")
    operator.scan("FOAM", "LI")
    answer = operator.scan("FOAM", rig.card("C20"))
    assert (answer.status_code, answer.json["result"]) == (409, "refused")
    assert answer.json["message"] == "Nothing is available yet: Bend has to report first."
    assert "Nothing is available yet" in operator.get("/s/FOAM/part/side").text
    assert "waits for Bend" in operator.get("/s/FOAM/part/side").text


def test_chinese_pages_and_answers_are_chinese(rig: Rig) -> None:
    operator = rig.browser("operator")
    operator.scan("BEND", "LI")
    operator.client.set_cookie("language", "zh_Hans")
    assert "接下来" in operator.get("/s/BEND").text
    assert operator.scan("BEND", rig.card("C10")).json["next"] == "请报工已完成的数量"


@pytest.mark.parametrize(
    "body",
    [{}, {"uuid": "x"}, {"uuid": "long-enough-1", "raw": "LI", "action": "good"}, {"uuid": "long-enough-2"},
     {"uuid": "long-enough-3", "raw": "x" * 5000}, {"uuid": "long-enough-4", "action": "dance"},
     {"uuid": "long-enough-5", "raw": "LI", "device_at": "yesterday"}],
)  # fmt: skip
def test_what_makes_no_sense_is_answered_and_not_sent_again(rig: Rig, body: dict[str, str]) -> None:
    answer = rig.browser("operator").post("/s/BEND/scan", body)
    assert answer.status_code == 422
    assert answer.json["result"] == "refused"
    assert answer.json["message"]


def test_a_lost_reply_is_given_again(rig: Rig) -> None:
    operator = rig.browser("operator")
    operator.scan("BEND", "LI")
    operator.scan("BEND", rig.card("C10"))
    first = operator.scan("BEND", make(Kind.COMMAND, 3), number="the-reply-was-lost")
    again = operator.scan("BEND", make(Kind.COMMAND, 3), number="the-reply-was-lost")
    assert first.json == again.json
    other = operator.scan("BEND", make(Kind.COMMAND, 6), number="the-reply-was-lost")
    assert (other.status_code, other.json["code"]) == (409, "scan.other_payload")
    assert "1 good. 1 of 4." in first.json["message"]


def test_a_limit_says_why_and_work_in_hand_goes_on(rig: Rig) -> None:
    operator = rig.browser("operator")
    operator.scan("BEND", "LI")
    operator.scan("BEND", rig.card("C10"))
    with rig.app.app_context(), transaction() as session:
        rule = LimitRule(site_id=rig.plant.site_id, code="R", station_id=rig.plant.stations["FOAM"],
                         upstream_station_id=rig.plant.stations["BEND"], high=10, low=4)  # fmt: skip
        session.add(rule)
        session.flush()
        session.add(LimitSignal(site_id=rig.plant.site_id, rule_id=rule.id, mode="hold", backlog=14,
                                requested_at=now_utc() - timedelta(minutes=3)))  # fmt: skip
    page = operator.get("/s/BEND").text
    assert "Foam has 14 waiting (limit 10)" in page
    assert operator.act("BEND", "good").json["result"] == "accepted"
    operator.act("BEND", "pause")
    refused = operator.act("BEND", "start").json
    assert (refused["result"], refused["code"]) == ("refused", "limit.hold")
    assert operator.act("BEND", "override").json["code"] == "limit.lead_only"
    assert rig.browser("lead").act("BEND", "override").json["code"] == "limit.overridden"
    assert operator.act("BEND", "start").json["result"] == "accepted"


def test_printed_codes_open_their_page(rig: Rig) -> None:
    lead = rig.browser("lead")
    assert lead.get(f"/c/{rig.card('C10')}").location == f"/orders/{rig.order_id}"
    assert lead.get(f"/c/{make(Kind.ORDER, rig.order_id)}").location == f"/orders/{rig.order_id}"
    assert lead.get(f"/c/{make(Kind.STATION, rig.plant.stations['BEND'])}").location == "/s/BEND"
    assert lead.get(f"/c/{make(Kind.LOT, rig.plant.lots['S1'])}").location == "/trace?q=S1"


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("T0000010WE", 422, "damaged"),
        (make(Kind.TASK, 999_999), 404, "not known here"),
        ("%C2%A7", 422, "not one of our"),
    ],
)
def test_codes_that_open_nothing_say_why(rig: Rig, code: str, status: int, words: str) -> None:
    answer = rig.browser("lead").get(f"/c/{code}")
    assert answer.status_code == status
    assert words in answer.text


def test_a_badge_opens_no_page(rig: Rig) -> None:
    with rig.app.app_context(), transaction() as session:
        session.add(Person(site_id=rig.plant.site_id, code="B", name="B", badge=make(Kind.BADGE, 77)))
    answer = rig.browser("lead").get(f"/c/{make(Kind.BADGE, 77)}")
    assert answer.status_code == 404
    assert "This is a badge" in answer.text


def test_a_code_of_another_plant_is_unknown(rig: Rig) -> None:
    assert rig.browser("stranger").get(f"/c/{rig.card('C10')}").status_code == 404


def test_find_jumps_when_there_is_exactly_one(rig: Rig) -> None:
    with rig.app.app_context(), transaction() as session:
        session.add(ExternalRef(site_id=rig.plant.site_id, system="erp", type="order", ref="4500099999",
                                target_id=rig.order_id))  # fmt: skip
    lead = rig.browser("lead")
    assert lead.get("/find?q=WO-00001").location == f"/orders/{rig.order_id}"
    assert lead.get("/find?q=45000").location == f"/orders/{rig.order_id}"
    assert lead.get("/find?q=CP1").location == "/trace?q=CP1"
    assert lead.get(f"/find?q={rig.card('C10')}").location == f"/orders/{rig.order_id}"
    many = lead.get("/find?q=CP")
    assert many.status_code == 200
    assert "CP8" in many.text
    assert "Nothing here" in lead.get("/find?q=nowhere").text
    assert lead.get("/find").status_code == 200


def test_find_shows_only_what_one_may_see(rig: Rig) -> None:
    assert "WANG" in rig.browser("lead").get("/find?q=WAN").text.split("<main")[1]
    assert "hit-person" not in rig.browser("operator").get("/find?q=WAN").text
    assert "hit-" not in rig.browser("wall").get("/find?q=CP").text
    assert "hit-" not in rig.browser("stranger").get("/find?q=CP").text


def test_unknown_parts_and_the_stop_page(rig: Rig) -> None:
    operator = rig.browser("operator")
    assert operator.get("/s/BEND/part/cellar").status_code == 404
    assert "Why does the station stand?" in operator.get("/s/BEND/stop").text


def test_a_list_of_people_stands_in_for_a_forgotten_badge(rig: Rig) -> None:
    operator = rig.browser("operator")
    operator.scan("BEND", "LI")
    operator.scan("BEND", rig.card("C10"))
    operator.act("BEND", "good")
    operator.act("BEND", "sign_out")
    assert "No badge at hand?" in operator.get("/s/BEND/part/work").text
    assert operator.act("BEND", "sign_in", person=rig.plant.people["LI"]).json["message"] == "LI is signed in."
    with rig.app.app_context():
        db.session.rollback()
