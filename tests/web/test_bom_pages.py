"""The pages of bills of material: drafts for engineers only, saves as JSON, every view, both kinds of file."""

from typing import Any

import pytest
from flask import Flask

from tests.small_plant import Plant
from tests.web.desk import Desk, plant_with_users


@pytest.fixture
def plant(app: Flask) -> Plant:
    with app.app_context():
        return plant_with_users()


@pytest.fixture
def desk(app: Flask, plant: Plant) -> Desk:
    found = Desk(app)
    found.sign_in("engineer")
    return found


def sent(desk: Desk, path: str, data: dict[str, Any], status: int = 200) -> Any:
    answer = desk.client.post(path, json=data, headers={"X-CSRFToken": desk.token(), "Accept": "application/json"})
    assert answer.status_code == status, answer.text
    return answer.get_json()


def test_a_draft_is_written_pasted_compared_and_approved(app: Flask, plant: Plant, desk: Desk) -> None:
    base = f"/engineering/boms/{plant.items['CABINET']}"
    assert "Begin a draft" in desk.get(base)
    desk.post(base + "/draft")
    found = desk.client.get(base + "/rows.json").get_json()
    assert [row["cells"]["component"] for row in found["rows"]] == ["SHEET", "FOAM"]
    draft = "/engineering/boms/drafts/4"
    row = found["rows"][1]
    row["cells"]["quantity"] = "lots"
    told = sent(desk, draft + "/rows", {"key": "a", "version": 1, "changed": {row["key"]: row}})
    assert [fault["column"] for fault in told["wrong"]] == ["quantity"]
    refused = sent(desk, draft + "/rows", {"key": "b", "version": 1, "changed": {}}, 409)
    assert "engineer changed this draft" in refused["detail"]
    row["cells"]["quantity"] = "5"
    told = sent(desk, draft + "/rows", {"key": "c", "version": 2, "changed": {row["key"]: row}})
    assert told["wrong"] == []
    wrong = sent(desk, draft + "/paste", {"key": "p", "version": 3, "text": "Component\tQuantity\nNONE\t1"}, 422)
    assert [(fault["row"], fault["column"]) for fault in wrong["wrong"]] == [(2, "Component")]
    assert sent(desk, draft + "/paste", {"key": "q", "version": 3, "text": "COMP\t1"}) == {"added": 1}
    page = desk.get(base + "/changes")
    assert "4.2" in page
    assert "COMP" in page
    refused = desk.post(draft + "/approve", {"version": "4"}, 409)
    assert "You changed this draft" in refused.text
    quality = Desk(app)
    quality.sign_in("quality")
    quality.post(draft + "/approve", {"version": "4"})
    assert "lines.csv" in desk.get(base)
    assert "COMP,Compressor,1" in desk.client.get(base + "/lines.csv").text


def test_whoever_may_look_may_not_write(app: Flask, plant: Plant) -> None:
    lead = Desk(app)
    lead.sign_in("lead")
    base = f"/engineering/boms/{plant.items['DOOR']}"
    assert "Begin a draft" not in lead.get(base)
    lead.post(base + "/draft", status=403)
    quality = Desk(app)
    quality.sign_in("quality")
    quality.post(base + "/draft", status=403)
    quality.post("/engineering/boms/revisions/3/retire")
    assert "out of use" in quality.get(base)


def test_where_used_replaces_and_needs_tell_what_is_missing(plant: Plant, desk: Desk) -> None:
    base = f"/engineering/boms/{plant.items['SHEET']}"
    page = desk.get(base + "/used?with=FOAM")
    assert "CABINET" in page
    assert "FRIDGE" in page
    desk.post(base + "/replace", {"with": "FOAM", "place": [str(plant.items["DOOR"])]})
    assert "DOOR" in desk.get("/engineering/boms?only=draft")
    needs = f"/engineering/boms/{plant.items['FRIDGE']}/needs?quantity=100"
    assert "916.6" in desk.get(needs)  # 100 × (12.5 + 2 × 3.333) = 1916.6 kg, 1000 lie there
    assert "1916.6" in desk.client.get(needs + "&format=csv").text
    assert "above zero" in desk.get(needs[:-3] + "none")
