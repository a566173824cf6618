"""The first day: from an empty store to a released order by pages alone, as docs/first-day.md tells it."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from app.db import db, now_utc
from app.models import StockBalance, Task, WorkOrder
from app.services import sites, users
from tests.web.desk import SECRET, Desk

ROWS = {
    "lines": {"code": "L1", "name": "Line 1"},
    "locations": {"code": "WH", "name": "Store", "kind": "store"},
    "shifts": {"code": "D", "name": "Day", "weekdays": "1-7", "start": "06:00", "end": "22:00", "breaks": ""},
    "stations": {"code": "A1", "name": "Assembly", "line": "L1", "position": "1", "capacity": "1", "location": "WH",
                 "retired": "no"},
    "machines": {"code": "M1", "name": "Screwdriver", "station": "A1", "retired": "no"},
    "people": {"code": "P1", "name": "Ann", "badge": "B1", "lead": "no", "retired": "no"},
    "reasons": {"code": "R1", "kind": "scrap", "name": "Bent", "retired": "no"},
}  # fmt: skip
PASTED = {
    "items": "code\tname\tsupply\nBOX\tBox\tmake_to_order\nPANEL\tPanel\tbuy\n",
    "bom": "item\tcomponent\tquantity\nBOX\tPANEL\t6\n",
    "routings": "item\toperation\tname\tpiece_min\tstations\nBOX\t10\tFold\t2\tA1\nBOX\t20\tPack\t1\tA1\n",
}


def test_from_an_empty_store_to_a_released_order_by_pages(app: Flask) -> None:
    with app.app_context():
        sites.ensure("NEW", now_utc())
        users.create("NEW", "first", SECRET, ["admin"], None, now_utc(), weak=True)
    desk = Desk(app)
    desk.sign_in("first")
    assert "11 things are missing." in desk.get("/admin")
    for name, values in ROWS.items():
        desk.post(f"/admin/data/{name}/new", values)
    paste_products(desk)
    desk.post("/stock/book/receive", {"item": "PANEL", "location": "WH", "quantity": "60", "key": "k"})
    assert "1 thing is missing." in desk.get("/admin")
    order_id = ordered(app, desk)
    desk.post(f"/orders/{order_id}/release")
    with app.app_context():
        assert db.session.get_one(WorkOrder, order_id).status == "released"
        assert sorted(db.session.scalars(select(Task.name))) == ["Fold", "Pack"]
        assert db.session.scalars(select(StockBalance.quantity)).one() == 60
    assert "Everything an order needs is there." in desk.get("/admin")


def paste_products(desk: Desk) -> None:
    """What is made, from what, how and where."""
    for name, text in PASTED.items():
        desk.post(f"/admin/data/{name}/paste", {"rows": text}, status=200)
        desk.post("/admin/import/write")


def ordered(app: Flask, desk: Desk) -> int:
    due = (now_utc() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    desk.post("/orders/new", {"item": "BOX", "quantity": "10", "due_at": due, "priority": "3"})
    with app.app_context():
        return db.session.scalars(select(WorkOrder.id)).one()
