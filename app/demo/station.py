"""A simulated operator at one station: signs in, opens what is next, makes pieces, scans what is asked for."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from app.demo.chance import PAUSE, UNDO, Outcome, for_place, outcome, stretched
from app.demo.choosing import allowed, choose, left, operation
from app.demo.client import Client, Refused
from app.demo.files import Factory, Place, Worker
from app.demo.machines import DevicesError, Panel, Panels
from app.demo.stores import Stores
from devices.codes import Kind, make

START, FINISH, GOOD, SCRAP, REWORK, UNDO_LAST, STOP = (make(Kind.COMMAND, number) for number in range(1, 8))
CONFIRM = make(Kind.COMMAND, 10)
LOAD, RUN, RUN_ENDS, UNLOAD = (make(Kind.COMMAND, number) for number in range(12, 16))
CALL_MATERIAL = "C04"
WORD = {"scrap": SCRAP, "rework": REWORK}
IDLE_S, AVOID_S, SHORT_S = 0.4, 5.0, 60.0
ALONE_MIN = 25.0
IN_A_ROW = 4
_MOST_STEPS = 14
Task = dict[str, Any]


@dataclass
class Floor:
    """What all operators of the factory share: its files, its machines, the plan on the wall, who works where."""

    factory: Factory
    panels: Panels
    speed: float
    seed: int
    times: float = 1.0
    stores: Stores | None = None
    planned: dict[int, str] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    done: int = 0


class Station:
    """One station with whoever works there now."""

    def __init__(self, floor: Floor, place: Place, client: Client) -> None:
        self.floor, self.place, self.client = floor, place, client
        self.rng: random.Random = for_place(floor.seed, place.code)
        self.person: Worker | None = None
        self.task: Task | None = None
        self.next = ""
        self.avoided: dict[int, float] = {}
        self.idle = 0

    async def turn(self, is_rush: bool = False) -> bool:
        """Take up a task and make a few pieces; False when there is nothing to do here. A rush waits for nothing."""
        task = await self._chosen(is_rush)
        if task is None:
            self.idle += 1
            return False
        self.idle = 0
        try:
            return await self._work(task, is_rush)
        except Refused as refusal:
            if refusal.code == "stock.short":
                await self._call_for(refusal)
            self._avoid(task, SHORT_S if refusal.code == "code.unknown" else AVOID_S)
            return False

    async def _call_for(self, refusal: Refused) -> None:
        """Call for what is missing; the lead sees the call, the material handler brings it."""
        wanted = refusal.answer.get("values") or {}
        with suppress(Refused):
            await self._scan(CALL_MATERIAL)
        if self.floor.stores and {"item", "location"} <= wanted.keys():
            await self.floor.stores.bring(str(wanted["item"]), str(wanted["location"]))

    async def _chosen(self, is_rush: bool) -> Task | None:
        found = await self._get(f"/stations/{self.place.code}/queue")
        # What is no production stays in the queue for whoever looks at it first.
        queue = [task for task in found["rows"] if task["kind"] == "normal" or not is_rush]
        now = asyncio.get_running_loop().time()
        self.avoided = {task: until for task, until in self.avoided.items() if until > now}
        skills = {skill for worker in self.floor.factory.workers for skill in worker.skills}
        return choose(queue, self.place.code, self.floor.planned, self.avoided, skills, self.idle > 2)

    async def _work(self, task: Task, is_rush: bool) -> bool:
        pieces = await self._pieces(task)
        if pieces <= 0:
            self._avoid(task, AVOID_S / 5)
            return False
        await self._sign_in(task)
        await self._open(task)
        if not is_rush and task["started_at"] is None:
            await self._for(self.floor.factory.fixed.get((task["item"], operation(task)), 0) * self.floor.times)
        left_over = min(pieces, max(self._batch(task), IN_A_ROW))
        while left_over > 0:
            made = min(left_over, self._batch(task))
            if self._batch(task) > 1:
                await self._together(task, made, is_rush)
            else:
                if not is_rush:
                    await self._make(task, made)
                await self._report(task, made)
            left_over -= made
            self.floor.done += made
        if not is_rush and self.rng.random() < PAUSE:
            await self._pause()
        return True

    async def _pieces(self, task: Task) -> int:
        before = self.floor.factory.follows.get((task["item"], operation(task)))
        if before is None:
            return left(task)
        order = await self._get(f"/orders/{task['order']}")
        return allowed(task, order["work"], before)

    def _batch(self, task: Task) -> int:
        return self.floor.factory.batches.get((task["item"], operation(task)), 1)

    def is_unit(self, task: Task) -> bool:
        """Whether the pieces of a task have numbers of their own."""
        return task["item"] in self.floor.factory.serialised

    async def _together(self, task: Task, pieces: int, is_rush: bool) -> None:
        """Load a jig, run it, and report at its end what lay in it; when that is refused the jig is emptied."""
        try:
            for raw in (make(Kind.NUMBER, pieces), LOAD, RUN):
                await self._scan(raw)
            if not is_rush:
                await self._make(task, pieces)
            await self._scan(RUN_ENDS)
        except Refused:
            with suppress(Refused):
                await self._scan(UNLOAD)
            raise

    # making

    async def _make(self, task: Task, pieces: int) -> None:
        """Wait as long as the work takes: the machine's own count says when it is done, else the clock."""
        panel = self._panel(task)
        if panel is None:
            standard = self.floor.factory.minutes.get((task["item"], operation(task)))
            minutes = ALONE_MIN if standard is None else standard * self.floor.times
            await self._for(minutes / self.place.capacity * pieces)
            return
        while True:
            try:
                await self._run(panel)
                return
            except DevicesError:
                await asyncio.sleep(IDLE_S)

    def _panel(self, task: Task) -> Panel | None:
        """The machine that does this operation here; None when hands do it."""
        if task["kind"] != "normal":
            return None
        return self.floor.panels.at(self.floor.factory.machines.get((task["item"], operation(task), self.place.code)))

    async def _for(self, minutes: float) -> None:
        """Take as long as so many minutes of the factory last here."""
        if minutes:
            await asyncio.sleep(stretched(self.rng, minutes * 60 / self.floor.speed))

    async def _run(self, panel: Panel) -> None:
        before, behind = await panel.count(), await panel.waiting()
        # A load that was asked for before and not made yet (held, broken, a lost answer) is this one.
        if not behind and await panel.state() != 1:
            await panel.start()
        pause = min(1.0, max(0.05, panel.map.behaviour.cycle_s / self.floor.speed / 4))
        while await panel.count() == before:
            await asyncio.sleep(pause)

    async def _pause(self) -> None:
        await self._scan(STOP)
        await asyncio.sleep(600 / self.floor.speed)
        await self._scan(START)

    # scanning

    async def _sign_in(self, task: Task) -> None:
        if self.person and (task["skill"] is None or task["skill"] in self.person.skills):
            return
        worker = self._who(task["skill"])
        answer = await self._scan(worker.badge)
        if answer["code"] == "person.out":
            await self._scan(worker.badge)
        self.person = worker
        self.floor.at[self.place.code] = worker.code

    def _who(self, skill: str | None) -> Worker:
        """Somebody with the skill who is not busy elsewhere, else somebody who will look after two stations."""
        crew = self.floor.factory.crew(self.place.line, self.floor.factory.present)
        able = [worker for worker in crew if skill is None or skill in worker.skills]
        busy = {code for place, code in self.floor.at.items() if place != self.place.code}
        return next((worker for worker in able if worker.code not in busy), (able or crew)[0])

    async def _open(self, task: Task) -> None:
        if self.task and self.task["id"] == task["id"] and self.next not in ("next.task", "next.start"):
            self.task = task
            return
        await self._scan(make(Kind.TASK, task["id"]))
        self.task = task
        for item in self.floor.factory.scanned.get((task["item"], operation(task)), ()):
            if item in self.floor.factory.lots:
                await self._scan(self.floor.factory.lots[item][-1])

    async def _report(self, task: Task, quantity: int) -> None:
        """Report pieces: together, or one by one where each has a number or its own fate."""
        if quantity > 1 and self.is_unit(task):
            for _ in range(quantity):
                await self._report(task, 1)
            return
        found = outcome(self.rng, operation(task), self.is_unit(task), self.floor.factory.reasons)
        if task["kind"] != "normal" or quantity > 1:
            found = Outcome("good")
        if quantity > 1:
            await self._scan(make(Kind.NUMBER, quantity))
        try:
            await self._told(task, found)
        except Refused as refusal:
            if refusal.code != "check.failed":
                raise
            await self._told(task, await self._failed(task))
        if found.kind == "good" and self.rng.random() < UNDO:
            await self._scan(UNDO_LAST)

    async def _failed(self, task: Task) -> Outcome:
        """A check failed: back through repair where there is a way, else once more, as people do."""
        if operation(task) == "leak":
            return Outcome("rework", self.floor.factory.reasons["rework"][0])
        await self._make(task, 1)
        return Outcome("good")

    async def _told(self, task: Task, found: Outcome) -> None:
        """Scan what the station asks for until the report is written."""
        if found.kind != "good":
            await self._scan(WORD[found.kind])
            if (await self._scan(found.reason or ""))["code"].startswith("report."):
                return
        for _ in range(_MOST_STEPS):
            answer = await self._scan(await self._wanted(task))
            if answer["code"].startswith("report."):
                return
        raise Refused(409, {"code": "demo.endless", "values": {"next": self.next}})

    async def _wanted(self, task: Task) -> str:
        """What the station asks for next."""
        if self.next == "next.part":
            return self._part(task)
        if self.next in ("next.unit", "next.unit_bad"):
            units = (await self._get(f"/tasks/{task['id']}/units"))["rows"]
            if not units:
                raise Refused(409, {"code": "demo.no_unit"})
            return str(units[0]["serial"])
        if self.next == "next.task":
            return make(Kind.TASK, task["id"])
        words = {"next.start": START, "next.confirm": CONFIRM, "next.finish": FINISH}
        return words.get(self.next, GOOD)

    def _part(self, task: Task) -> str:
        """The serial number on a bought part, which nobody has ever scanned."""
        wanted = self.floor.factory.scanned.get((task["item"], operation(task)), ())
        item = next((item for item in wanted if item in self.floor.factory.serialised), "")
        return f"{item}-{self.rng.getrandbits(36):09X}"

    async def _scan(self, raw: str) -> dict[str, Any]:
        try:
            answer = await asyncio.to_thread(self.client.scan, self.place.code, raw)
        except Refused as refusal:
            self.next = str(refusal.answer.get("next_code") or self.next)
            raise
        self.next = str(answer.get("next_code") or "")
        return answer

    async def _get(self, path: str) -> Any:
        return await asyncio.to_thread(self.client.get, path)

    def _avoid(self, task: Task, seconds: float) -> None:
        self.avoided[task["id"]] = asyncio.get_running_loop().time() + seconds
        self.task = None
