"""Trace by API: what a unit went through, what is in it and where it went; unknown and foreign codes are not there."""

import pytest
from flask import Flask

from tests.web.api_rig import Rig, entry, task_of


@pytest.fixture
def rig(app: Flask) -> Rig:
    return Rig(app)


def bent(rig: Rig) -> dict[str, object]:
    """An order whose first task has one good piece and one scrapped."""
    order = rig.released()
    task = task_of(order, "C10")
    caller = rig.caller("admin")
    assert caller.post("/stations/BEND/reports", entry(task, "1")).status_code in (200, 201)
    scrap = entry(task, "1", kind="scrap", reason="DENT")
    assert caller.post("/stations/BEND/reports", scrap).status_code in (200, 201)
    return order


def test_an_order_tells_its_steps(rig: Rig) -> None:
    order = bent(rig)
    told = rig.caller("quality").get("/trace", q=order["code"]).json
    assert (told["thing"]["kind"], told["thing"]["code"]) == ("order", order["code"])
    steps = [(step["kind"], step["quantity"], step["person"], step["reason"]) for step in told["steps"]]
    assert ("good", "1", "LI", None) in steps
    assert ("scrap", "1", "LI", "DENT") in steps
    assert not any(step["undone"] for step in told["steps"])


def test_progress_counts_scrap_wherever_it_fell(rig: Rig) -> None:
    order = bent(rig)
    done = rig.caller().get(f"/orders/{order['code']}").json["progress"]
    assert (done["good"], done["scrap"], done["quantity"]) == ("0", "1", "2")


@pytest.mark.parametrize("code", ["NOTHING", "FSERIAL", "FORDER"])
def test_what_is_not_of_this_plant_is_not_there(rig: Rig, code: str) -> None:
    answer = rig.caller("quality").get("/trace", q=code)
    assert answer.status_code == 404
    assert answer.content_type.startswith("application/problem+json")


def test_a_trace_needs_a_text_and_the_right(rig: Rig) -> None:
    assert rig.caller("quality").get("/trace").status_code == 422
    assert rig.caller("wall").get("/trace", q="X").status_code == 403
