"""The whole story once, headless and in a hurry: each step is told with its figures, and the first that does not
hold ends it.
"""

import asyncio
import json
import random
import subprocess
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.demo import files
from app.demo.choosing import operation
from app.demo.client import Client, Lost, Refused, pages
from app.demo.jam import Jam
from app.demo.machines import DevicesError, Panels
from app.demo.opening import wait_ready
from app.demo.scene import Scene
from app.demo.told import N_, Course, Failed, Step
from app.demo.watch import Watch

Tell = Callable[[Step], None]
RUSH_ITEM, RUSH_PIECES, MORE_ORDERS = "BCD-210", 32, 4


class Story:
    """The steps in their order; each gives its title, sentence and figures."""

    def __init__(self, scene: Scene, imported: dict[str, Any], verify: list[str], panels: Panels) -> None:
        self.scene, self.imported, self.verify, self.panels = scene, imported, verify, panels
        self.planner, self.lead = (Client(scene.url, scene.tokens[role]) for role in ("planner", "lead"))
        self.watch = Watch(Client(scene.url, scene.tokens["planner"]))
        self.rng = random.Random(scene.seed)
        self.factory = files.load(scene.maps[0].parent.parent)
        self.rush: dict[str, Any] = {}
        self.orders: list[str] = []
        self.unit = ""

    async def steps(self) -> list[tuple[str, str, Callable[[], Awaitable[tuple[str, dict[str, Any]]]]]]:
        """Key, title and body of each step."""
        jam = Jam(self.scene, self.panels, self.planner, self.lead, self.watch)
        return [
            ("imported", N_("Files imported"), self.came_in),
            ("started", N_("Processes started"), self.started),
            ("released", N_("Orders released"), self.released),
            ("planned", N_("Plan made"), self.planned),
            ("worked", N_("Work reported"), self.worked),
            ("jammed", N_("Foaming jig broken"), lambda: jam.breaks(self.rush)),
            ("limited", N_("Limit on the upstream machine"), jam.limits),
            ("noticed", N_("Notice to the team lead"), jam.notices),
            ("replanned", N_("Planned anew"), jam.replans),
            ("congested", N_("Work before the jig"), jam.measures),
            ("cleared", N_("Jig repaired"), jam.clears),
            ("finished", N_("Unit finished"), self.finished),
            ("traced", N_("Unit traced"), self.traced),
            ("verified", N_("Books verified"), self.verified),
        ]  # fmt: skip

    async def came_in(self) -> tuple[str, dict[str, Any]]:
        """The importer wrote all files before anything was started."""
        if not self.imported.get("written"):
            raise Failed(N_("The files were not written: %(problems)s problems."), problems=self.imported["problems"])
        figures = {name: self.imported[name] for name in ("files", "rows", "items", "stations", "machines", "orders")}
        return N_("%(files)s files, %(rows)s rows: %(items)s items, %(stations)s stations, %(orders)s orders"), figures

    async def started(self) -> tuple[str, dict[str, Any]]:
        """Web, poller, worker and machines answer."""
        await asyncio.to_thread(wait_ready, self.scene)
        await self.watch.until(
            lambda: self._true(self.panels.ready()), 30, N_("The machines did not answer for %(seconds)s s.")
        )
        await self.watch.until(self._parts, 30, N_("Poller and worker were not ready after %(seconds)s s."))
        return N_("%(machines)s machines answer over Modbus TCP"), {"machines": len(self.panels)}

    async def _true(self, asked: Awaitable[bool]) -> bool | None:
        return await asked or None

    async def _parts(self) -> bool | None:
        parts = (await asyncio.to_thread(self.planner.plain, "/readyz"))["parts"]
        return all(parts.get(name, {}).get("ok") for name in ("relay", "poller", "worker")) or None

    async def released(self) -> tuple[str, dict[str, Any]]:
        """A rush order comes by API, and some of those that were imported; all are exploded into tasks."""
        due = (datetime.now(UTC) + timedelta(hours=8)).isoformat(timespec="seconds").replace("+00:00", "Z")
        body = {"kind": "production", "item": RUSH_ITEM, "quantity": str(RUSH_PIECES), "priority": 1, "due_at": due,
                "external": {"system": "ERP", "number": f"RUSH-{self.scene.seed}"}}  # fmt: skip
        self.rush = await asyncio.to_thread(self.planner.post, "/orders", body)
        drafts = await asyncio.to_thread(pages, self.planner, "/orders", status="draft")
        others = sorted(one["code"] for one in drafts if one["code"] != self.rush["code"])[:12]
        self.orders = [self.rush["code"], *self.rng.sample(others, MORE_ORDERS)]
        found = [await asyncio.to_thread(self.planner.post, f"/orders/{code}/release") for code in self.orders]
        tasks = [task for order in found for task in order["work"]]
        levels = max(level(task["operation"]) for task in tasks)
        pieces = sum(int(Decimal(order["quantity"])) for order in found)
        if levels < 3 or any(not order["work"] for order in found):
            raise Failed(N_("An order was not exploded into tasks."))
        figures = {"orders": len(found), "pieces": pieces, "levels": levels, "tasks": len(tasks)}
        return N_("%(orders)s orders of %(pieces)s pieces, %(levels)s levels exploded, %(tasks)s tasks"), figures

    async def planned(self) -> tuple[str, dict[str, Any]]:
        """A plan over all orders that independent code has checked is in force."""
        await asyncio.to_thread(self.planner.post, "/plans")
        plan = await self.watch.until(
            self._whole_plan, 60, N_("No plan of all orders was published within %(seconds)s s.")
        )
        worth = plan["objective"]
        figures = {"version": plan["version"], "tasks": worth["tasks"], "late": worth["late_orders"], "ms": worth["ms"]}
        return N_("version %(version)s, %(tasks)s tasks in %(ms)s ms, %(late)s late orders, verified"), figures

    async def _whole_plan(self) -> dict[str, Any] | None:
        plan: dict[str, Any] = await asyncio.to_thread(self.planner.get, "/plan")
        run = await asyncio.to_thread(self.planner.get, f"/plans/runs/{plan['run']}")
        rows = await asyncio.to_thread(pages, self.planner, "/plan/tasks")
        return plan if run["status"] == "done" and set(self.orders) <= {row["order"] for row in rows} else None

    async def worked(self) -> tuple[str, dict[str, Any]]:
        """Operators and machines work; the rush order is being foamed."""
        await self.watch.until(self._foaming, 75, N_("No jig began to foam the rush order within %(seconds)s s."))
        return N_("%(reports)s reports, %(scrap)s scrapped, %(scans)s scans accepted"), await self._counts()

    async def _foaming(self) -> bool | None:
        order = await asyncio.to_thread(self.planner.get, f"/orders/{self.rush['code']}")
        return any(operation(task) == "foam" and Decimal(task["good"]) > 0 for task in order["work"]) or None

    async def _counts(self) -> dict[str, Any]:
        good = await asyncio.to_thread(followed, self.planner, "/feed/completions")
        scrap = await asyncio.to_thread(followed, self.planner, "/feed/scrap")
        file = self.scene.tally_file
        tally = json.loads(file.read_text()) if file.exists() else {}
        return {
            "reports": len(good) + len(scrap), "scans": tally.get("accepted", 0),
            "scrap": sum(int(Decimal(row["quantity"])) for row in scrap),
            "units": len({row["unit"] for row in good if row["unit"]}),
        }  # fmt: skip

    async def finished(self) -> tuple[str, dict[str, Any]]:
        """A refrigerator was packed."""
        row = await self.watch.until(self._packed, 75, N_("No unit was finished within %(seconds)s s."))
        self.unit = row["unit"]
        return N_("%(unit)s packed at %(station)s; %(reports)s reports, %(units)s units on the way"), {
            "unit": self.unit, "station": row["station"], "order": row["order"], **await self._counts(),
        }  # fmt: skip

    async def _packed(self) -> dict[str, Any] | None:
        rows = await asyncio.to_thread(followed, self.planner, "/feed/completions")
        return next((row for row in reversed(rows) if row["is_final"] and row["unit"]), None)

    async def traced(self) -> tuple[str, dict[str, Any]]:
        """What went into the unit, where and by whom it was made, and what was measured."""
        found = await asyncio.to_thread(self.planner.get, "/trace", q=self.unit)
        stations = {row["code"]: row["line"] for row in await asyncio.to_thread(pages, self.planner, "/stations")}
        steps = [step for step in found["steps"] if step["kind"] == "good" and not (step["undone"] or step["shared"])]
        figures = {
            "unit": self.unit, "steps": len(steps), "values": len(found["values"]),
            "lines": ", ".join(sorted({stations[step["station"]] for step in steps if step["station"]})),
            "machines": len({step["machine"] for step in steps if step["machine"]}),
            "people": len({step["person"] for step in steps if step["person"]}),
            "lots": len({one["code"] for one in found["contains"] if one["kind"] == "lot"}),
            "parts": len({one["code"] for one in found["contains"] if one["kind"] == "unit"}),
        }  # fmt: skip
        if found["thing"]["code"] != self.unit or not all(figures.values()):
            raise Failed(N_("The trace of %(unit)s has gaps: %(figures)s"), unit=self.unit, figures=figures)
        return N_("%(steps)s operations on %(lines)s: %(machines)s machines, %(people)s people, %(lots)s lots, "
                  "%(parts)s serial parts, %(values)s values"), figures  # fmt: skip

    async def verified(self) -> tuple[str, dict[str, Any]]:
        """The operators go home, then all counters are recomputed from the rows."""
        self.scene.stop_file.touch()
        await asyncio.sleep(1.0)
        done = await asyncio.to_thread(subprocess.run, self.verify, capture_output=True, text=True, timeout=120)
        try:
            found = json.loads(done.stdout)
        except ValueError:
            raise Failed(N_("The books could not be verified: %(why)s"), why=done.stderr[-300:]) from None
        if not found["clean"]:
            raise Failed(N_("The books do not agree: %(why)s"), why=str(found["differences"])[:300])
        return N_("counters, flow, stock and the chain of events agree with the rows"), {"differences": 0}


def level(op_key: str) -> int:
    """How deep below the product an operation is: its node is a path of positions in the bill."""
    return op_key.rsplit("/", 1)[0].count(".") + 1


def followed(client: Client, path: str) -> list[dict[str, Any]]:
    """A whole feed."""
    rows: list[dict[str, Any]] = []
    after = 0
    while True:
        part = client.get(path, after=after, limit=500)
        rows += part["rows"]
        after = part["next"]
        if not part["more"]:
            return rows


async def _play(scene: Scene, imported: dict[str, Any], verify: list[str], course: Course, tell: Tell) -> None:
    with Panels(scene.maps) as panels:
        for key, title, body in await Story(scene, imported, verify, panels).steps():
            began = time.monotonic()
            sentence, figures = await body()
            # The import was done before anything was there to be played with.
            seconds = imported["seconds"] if key == "imported" else round(time.monotonic() - began, 1)
            course.steps.append(Step(key, title, sentence, figures, seconds))
            tell(course.steps[-1])


def play(scene: Scene, imported: dict[str, Any], verify: list[str], tell: Tell) -> Course:
    """Play the story; ``course.failed`` says what did not hold. ``verify`` is the command that checks the books."""
    course = Course(scene.seed, scene.speed, scene.throttle)
    try:
        asyncio.run(_play(scene, imported, verify, course, tell))
    except Failed as failed:
        course.failed = failed
    except (Refused, Lost, DevicesError, OSError, subprocess.TimeoutExpired) as error:
        course.failed = Failed(N_("Something did not answer as it should: %(why)s"), why=repr(error))
    return course
