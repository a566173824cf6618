"""How the demonstration begins: orders on the floor in states as messy as a real Monday's, made through the API."""

import time
from datetime import UTC, datetime, timedelta

from app.demo.client import Client, Lost, Refused, pages
from app.demo.scene import Scene

RELEASED = 9
HELD = "SO-26006"
_WAIT_S = 60.0


def open_past(found: Scene) -> None:
    """Release the most urgent orders, hold one, and bring a service, a maintenance and a rework order.

    A demonstration that was kept has all this already.
    """
    wait_ready(found)
    planner = Client(found.url, found.tokens["planner"])
    if pages(planner, "/orders", status="released") or pages(planner, "/orders", status="running"):
        return
    drafts = sorted(pages(planner, "/orders", status="draft"), key=lambda order: order["due_at"])
    for order in drafts[:RELEASED]:
        planner.post(f"/orders/{order['code']}/release")
    _others(Client(found.url, found.tokens["admin"]), found.times)
    for order in pages(planner, "/orders", system="ERP", number=HELD):
        planner.post(
            f"/orders/{order['code']}/hold",
            {"reason": "H02", "note": "Customer wants the export plug. / 客户要求改用出口插头。"},
        )
    planner.post("/plans")


def _others(admin: Client, times: float) -> None:
    """One order of each other kind, in the queues beside production."""
    wanted: tuple[dict[str, object], ...] = (
        {"kind": "service", "title": "Door seal leaks / 门封漏冷", "minutes": _minutes(25, times), "station": "FA-3",
         "priority": 2, "customer_ref": "Suyuan Stores 苏源商场", "due_at": _in(hours=6)},
        {"kind": "maintenance", "machine": "M-VC2", "title": "Change the pump's oil / 真空泵换油",
         "minutes": _minutes(30, times),         "due_at": _in(hours=20)},
        {"kind": "rework", "item": "BCD-320", "quantity": "2", "minutes": _minutes(15, times), "station": "PK-2",
         "due_at": _in(hours=10)},
    )  # fmt: skip
    for order in wanted:
        code = admin.post("/orders", dict(order))["code"]
        admin.post(f"/orders/{code}/release")


def _minutes(minutes: int, times: float) -> str:
    return f"{minutes / times:.2f}"


def _in(**later: float) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat(timespec="seconds").replace("+00:00", "Z")


def wait_ready(found: Scene) -> None:
    """Wait until the server answers; raises Lost when it does not within a minute."""
    until = time.monotonic() + _WAIT_S
    client = Client(found.url, found.tokens["planner"])
    while True:
        try:
            client.get("/stations", limit=1)
            return
        except (Lost, Refused):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
