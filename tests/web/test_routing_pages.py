"""The routing pages: a list, the graph with its tables, small posts that keep a draft, approval, instructions."""

import io
import json
import re
from html import unescape
from typing import Any

import pytest
from flask import Flask

from tests.small_plant import Plant
from tests.web.desk import Desk, plant_with_users

# How a page looks does not depend on the engine behind it.
pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
PDF = b"%PDF-1.7 a page"


@pytest.fixture
def plant(app: Flask) -> Plant:
    with app.app_context():
        return plant_with_users()


@pytest.fixture
def desk(app: Flask, plant: Plant) -> Desk:
    made = Desk(app)
    made.sign_in("admin")
    return made


def send(desk: Desk, path: str, status: int = 200, **data: Any) -> dict[str, Any]:
    answer = desk.client.post(path, json=data, headers={"X-CSRFToken": desk.token(), "Accept": "application/json"})
    assert answer.status_code == status, answer.text
    return answer.get_json()


def drawing(page: str) -> dict[str, Any]:
    found = re.search(r'data-drawing="([^"]*)"', page)
    assert found is not None
    return json.loads(unescape(found[1]))


def test_a_routing_is_listed_drawn_changed_and_approved(app: Flask, desk: Desk, plant: Plant) -> None:
    assert "FRIDGE" in desk.get("/engineering/routings")
    assert "FRIDGE" not in desk.get("/engineering/routings?only=draft")
    assert "FRIDGE,Fridge,A,4" in desk.get("/engineering/routings.csv")
    home = f"/engineering/routings/{plant.items['FRIDGE']}"
    shown = drawing(desk.get(home + "?quantity=10"))
    assert [node["key"] for node in shown["nodes"]] == ["F10", "F20", "F30", "F40"]
    assert (shown["edit"], all(node["critical"] for node in shown["nodes"])) == (False, True)
    assert ["F30", "F20", "rework"] in [arrow["key"] for arrow in shown["arrows"]]
    desk.post(home + "/draft")
    assert drawing(desk.get(home))["edit"]
    step = {"sheet": "routings", "key": ["F35"], "row": {"name": "Clean <b>", "piece_min": "2"}}
    assert send(desk, home + "/change", uuid="u-000001", version=1, changes=[step]) == {"version": 2}
    assert send(desk, home + "/change", uuid="u-000001", version=1, changes=[step]) == {"version": 2}
    part = desk.get(home + "/work?op=F35")
    assert "2 things forbid to approve this" in part
    assert "Clean &lt;b&gt;" in part
    assert "Clean <b>" not in part
    told = send(desk, home + "/change", 409, uuid="u-000002", version=1, changes=[])
    assert "admin changed this draft meanwhile" in told["detail"]
    back = {"sheet": "operation_links", "key": ["F40", "F10", "normal"], "row": {}}
    told = send(desk, home + "/change", 409, uuid="u-000003", version=2, changes=[back])
    assert "F10 → F20 → F30 → F40 → F10" in told["detail"]
    quality = Desk(app)
    quality.sign_in("quality")
    refused = quality.post(home + "/approve", {"version": "2", "replaces": mark(desk.get(home))}, 409)
    assert "2 things forbid this" in refused.text
    links = [{"sheet": "operation_links", "key": ["F30", "F35", "normal"], "row": {}},
             {"sheet": "operation_links", "key": ["F35", "F40", "normal"], "row": {"lag_min": "30"}},
             {"sheet": "operation_stations", "key": ["F35", "TEST"], "row": {}}]  # fmt: skip
    assert send(desk, home + "/change", uuid="u-000004", version=2, changes=links) == {"version": 3}
    assert send(desk, home + "/undo", uuid="u-000005", version=3, forth=False) == {"version": 4}
    assert send(desk, home + "/undo", uuid="u-000006", version=4, forth=True) == {"version": 5}
    page = desk.get(home + "/differences")
    assert "F35 → F40" in page
    own = desk.post(home + "/approve", {"version": "5", "replaces": mark(desk.get(home))}, 409)
    assert "You changed this draft" in own.text
    quality.post(home + "/approve", {"version": "5", "replaces": mark(desk.get(home))})
    page = desk.get(home)
    assert "B · approved" in page
    assert "A · retired" in page
    assert "FRIDGE,F35,13,Clean <b>" in desk.get(home + "/routings.csv")
    assert "F35" not in desk.get(home + "/routings.csv?revision=A")
    desk.get(home + "?revision=Z", 404)
    desk.get(home + "/orders.csv", 404)


def mark(page: str) -> str:
    found = re.search(r'name="replaces" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_what_cannot_be_read_is_refused_and_a_draft_is_given_up(app: Flask, desk: Desk, plant: Plant) -> None:
    home = f"/engineering/routings/{plant.items['DOOR']}"
    desk.post(home + "/draft")
    for wrong in (
        {},
        {"uuid": 1},
        {"uuid": "u-000001", "version": "1"},
        {"uuid": "u-000001", "version": 1},
        {"uuid": "x", "version": 1, "changes": []},
        {"uuid": "u-000009", "version": 1, "changes": [7]},
    ):
        send(desk, home + "/change", 422, **wrong)
    reader = Desk(app)
    reader.sign_in("planner")
    assert drawing(reader.get(home))["edit"] is False
    reader.post(home + "/discard", status=403)
    desk.post(home + "/discard")
    assert "1 row" in desk.get("/engineering/routings?q=door")
    send(desk, home + "/change", 409, uuid="u-000002", version=1, changes=[])


def test_an_item_without_a_routing_says_so_and_gets_one(app: Flask, desk: Desk, plant: Plant) -> None:
    home = f"/engineering/routings/{plant.items['COMP']}"
    assert "has no routing yet" in desk.get(home)
    desk.post(home + "/draft")
    assert "There is no operation yet" in desk.get(home)
    step = [{"sheet": "routings", "key": ["P10"], "row": {"name": "Wind", "name_zh": "绕线", "piece_min": "3"}},
            {"sheet": "operation_stations", "key": ["P10", "TEST"], "row": {}}]  # fmt: skip
    send(desk, home + "/change", uuid="u-000001", version=1, changes=step)
    quality = Desk(app)
    quality.sign_in("quality")
    quality.post(home + "/approve", {"version": "2", "replaces": "none"})
    desk.speak("zh_Hans")
    page = desk.get(home + "?quantity=40")
    assert "绕线" in page
    assert "2 小时" in page


def test_an_instruction_is_put_shown_and_taken_away(desk: Desk, plant: Plant) -> None:
    home = f"/engineering/routings/{plant.items['FRIDGE']}"
    file = {"op": "F10", "file": (io.BytesIO(PDF), "anything.exe")}
    desk.post(home + "/instruction", file, content_type="multipart/form-data")
    assert "Open the PDF" in desk.get(home + "?op=F10")
    with desk.client.get(home + "/instruction?op=F10") as answer:
        assert answer.data == PDF
    file = {"op": "F10", "file": (io.BytesIO(b"MZ"), "picture.png")}
    answer = desk.post(home + "/instruction", file, 422, content_type="multipart/form-data")
    assert "neither a picture nor a PDF" in answer.text
    desk.post(home + "/instruction", {"op": "F10", "remove": "1"})
    desk.get(home + "/instruction?op=F10", 404)
