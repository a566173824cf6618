"""Quantity, due date and split by page: shown first, refused in words, done once."""

from datetime import timedelta
from decimal import Decimal

from flask import Flask

from app.db import now_utc
from app.services import orders
from app.services.release import release
from tests.web.desk import Desk, plant_with_users


def test_what_would_change_is_shown_before_it_is_done(app: Flask) -> None:
    with app.app_context():
        plant, now = plant_with_users(), now_utc()
        order = orders.create_production(plant.site_id, "FRIDGE", Decimal(4), now + timedelta(days=3), 3, None, now)
        release(plant.site_id, order, "t", now)
    desk = Desk(app)
    desk.sign_in("planner")
    path = f"/orders/{order}/sizes"
    assert path in desk.get(f"/orders/{order}")
    page = desk.get(f"{path}?deed=split&quantity=1")
    assert "Split it off" in page
    assert "follows" in page
    form = {"deed": "split", "quantity": "1", "version": "2", "due_at": ""}
    assert desk.post(path, form).headers["Location"] == f"/orders/{order + 1}"
    desk.post(path, form, status=409)
    desk.post(path, form | {"quantity": "x"}, status=422)
    lead = Desk(app)
    lead.sign_in("lead")
    lead.get(path, status=403)
