"""An order of fridges on the floor, and short words for what people scan and press there."""

import threading
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.db import db
from app.models import Report, StationState, Task
from app.services import orders, station
from app.services.release import release
from devices.codes import Kind, make
from tests.small_plant import NOW, Plant


class Stations:
    """What people scan and press at the stations of one order of fridges."""

    def __init__(self, plant: Plant, quantity: int = 4) -> None:
        self.plant = plant
        self.now = NOW
        self.order_id = orders.create_production(
            plant.site_id, "FRIDGE", Decimal(quantity), NOW + timedelta(days=2), 3, "cli:test", NOW
        )
        release(plant.site_id, self.order_id, "cli:test", NOW)

    def task(self, key: str, loop: int = 0) -> Task:
        query = select(Task).where(
            Task.order_id == self.order_id, Task.loop_no == loop, Task.op_key.endswith("/" + key)
        )
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    def scan(self, place: str, raw: str, number: str | None = None, **more: Any) -> dict[str, Any]:
        wish = station.Scan(number or uuid.uuid4().hex, raw, **more)
        return self._seen(station.scan(self.plant.site_id, self.plant.stations[place], wish, "user:1", self.now))

    def act(self, place: str, action: str, number: str | None = None, **values: Any) -> dict[str, Any]:
        wish = station.Act(number or uuid.uuid4().hex, action, values)
        return self._seen(station.act(self.plant.site_id, self.plant.stations[place], wish, "user:1", self.now))

    def _seen(self, answer: tuple[int, dict[str, Any]]) -> dict[str, Any]:
        db.session.rollback()
        db.session.expire_all()
        return answer[1] | {"status": answer[0]}

    def card(self, key: str) -> str:
        return make(Kind.TASK, self.task(key).id)

    def at(self, place: str, key: str, who: str = "LI") -> dict[str, Any]:
        """Sign in and open a task."""
        if self.state(place) is None or self.state(place).person_id != self.plant.people[who]:
            assert self.scan(place, who)["accepted"]
        return self.scan(place, self.card(key))

    def state(self, place: str) -> StationState | None:
        return db.session.get(StationState, self.plant.stations[place], populate_existing=True)

    def made(self, place: str, key: str, quantity: int) -> None:
        """Report a quantity by signing in, opening and pressing."""
        assert self.at(place, key)["accepted"]
        answer = self.act(place, "good", quantity=quantity)
        assert answer["accepted"], answer

    def parts_made(self) -> None:
        self.made("BEND", "C10", 4)
        self.made("FOAM", "C20", 4)
        self.made("DOOR", "D10", 8)

    def born(self, compressor: str = "CP1") -> str:
        assert self.at("ASSY1", "F10")["accepted"]
        assert self.scan("ASSY1", compressor)["accepted"]
        answer = self.act("ASSY1", "good")
        assert answer["accepted"], answer
        return str(answer["serial"])


def reports() -> int:
    return db.session.scalar(select(func.count()).select_from(Report)) or 0


def together(app: Flask, work: list[Any]) -> list[dict[str, Any]]:
    """Run work in threads that all begin at once."""
    gate = threading.Barrier(len(work))
    answers: list[Any] = [None] * len(work)

    def run(place: int) -> None:
        with app.app_context():
            gate.wait()
            answers[place] = work[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    db.session.expire_all()
    return answers
