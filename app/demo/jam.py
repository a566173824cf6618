"""A jig breaks and the work before it piles up: what the plant does about it, checked at the machine itself."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from app.demo.choosing import left, operation
from app.demo.client import Client, Lost, Refused, pages
from app.demo.machines import Panel, Panels
from app.demo.scene import Scene
from app.demo.told import N_, Failed
from app.demo.watch import Watch

ALARM = 31
STOPPED = 3
WINDOW_SIMULATED_S = 18_000.0
SAMPLE_S = 0.5
STANDS_S = 3.0
SHOWN = ("verified", "accepted", "effective")
Told = tuple[str, dict[str, Any]]


class Jam:
    """One congestion from the break to the repair; the steps are called in their order."""

    def __init__(self, scene: Scene, panels: Panels, planner: Client, lead: Client, watch: Watch) -> None:
        self.scene, self.panels, self.planner, self.lead, self.watch = scene, panels, planner, lead, watch
        self.station, self.machine, self.order = "", "", ""
        self.version, self.broke_at, self.began_at = 0, 0.0, datetime.now(UTC)
        self.samples: list[int] = []
        self.limit: dict[str, Any] = {}
        self._sampling: asyncio.Task[None] | None = None

    @property
    def upstream(self) -> str:
        """The machine that is held."""
        return str(self.limit["machine"])

    @property
    def jig(self) -> Panel:
        """The panel of the jig that is broken."""
        found = self.panels.at(self.machine)
        if found is None:
            raise Failed(N_("The jig %(jig)s has no machine."), jig=self.machine)
        return found

    async def breaks(self, rush: dict[str, Any]) -> Told:
        """Break the jig that foams the rush order, through its fault register."""
        self.order = rush["code"]
        task = await self._foam()
        self.station = task["station"]
        machines = (await asyncio.to_thread(self.planner.get, "/machines", limit=200))["rows"]
        self.machine = next(row["code"] for row in machines if row["station"] == self.station)
        self.version = (await asyncio.to_thread(self.planner.get, "/plan"))["version"]
        self.began_at = datetime.now(UTC)
        await self.jig.break_down(ALARM)
        self.broke_at = time.monotonic()
        self._sampling = asyncio.create_task(self._sample())
        await self.watch.until(self._stands, 20, N_("%(jig)s was broken, but nobody saw it stop within %(seconds)s s."),
                               jig=self.machine)  # fmt: skip
        return N_("%(machine)s stops with alarm %(alarm)s; %(waiting)s pieces wait before %(station)s"), {
            "machine": self.machine, "station": self.station, "alarm": ALARM, "waiting": left(await self._foam()),
        }  # fmt: skip

    async def limits(self) -> Told:
        """The server holds the machine upstream; the machine's own registers say so, and it makes nothing more."""
        if not self.scene.throttle:
            return N_("switched off in this run"), {"limits": 0}
        self.limit = await self.watch.until(
            self._limited,
            60,
            N_("No limit was written to a machine before %(station)s within %(seconds)s s."),
            station=self.station,
        )
        panel = self.panels.at(self.upstream)
        if panel is None:
            raise Failed(N_("The jig %(jig)s has no machine."), jig=self.upstream)
        held = await panel.held()
        said = (held.command.mode, held.command.rate_permille, held.answer.mode, held.answer.sequence)
        wanted = (self.limit["mode"], self.limit["rate_permille"], self.limit["mode"], held.command.sequence)
        if said != wanted:
            raise Failed(N_("%(machine)s holds %(said)s in its registers, the server wants %(wanted)s."),
                         machine=self.upstream, said=said, wanted=wanted)  # fmt: skip
        count, waiting = await self._stands_still(panel)
        sentence = N_(
            "%(machine)s: %(mode)s at a backlog of %(backlog)s, read back; stands at %(count)s pieces, "
            "%(waiting)s asked for"
        )
        return sentence, {
            "machine": self.upstream, "mode": held.answer.mode, "backlog": self.limit["backlog"], "count": count,
            "waiting": waiting, "sequence": held.command.sequence,
        }  # fmt: skip

    async def notices(self) -> Told:
        """The team lead reads of the breakdown and of the limit."""
        wanted = {"stop", "limit"} if self.scene.throttle else {"stop"}

        async def told() -> set[str] | None:
            # Also those that are over: a limit may have been let go meanwhile, the lead was told of it.
            rows = await asyncio.to_thread(pages, self.lead, "/notices")
            kinds = {row["kind"] for row in rows if self._is_mine(row) and self._is_new(row)}
            return kinds if wanted <= kinds else None

        kinds = await self.watch.until(told, 20, N_("The team lead got no notice within %(seconds)s s."))
        return N_("open: %(kinds)s"), {"kinds": ", ".join(sorted(kinds & wanted))}

    async def replans(self) -> Told:
        """A new plan is in force, and the machine is its cause."""
        plan = await self.watch.until(self._anew, 45, N_("No new plan came within %(seconds)s s after the jig broke."))
        worth = plan["objective"]
        return N_("version %(version)s because of %(machine)s: %(moved)s tasks moved, %(late)s late orders"), {
            "version": plan["version"], "machine": self.machine, "moved": worth["moved"], "late": worth["late_orders"],
        }  # fmt: skip

    async def measures(self) -> Told:
        """How much piled up before the jig in a time that is the same in every run."""
        rest = self.broke_at + WINDOW_SIMULATED_S / self.scene.speed - time.monotonic()
        await asyncio.sleep(max(0.0, rest))
        if self._sampling:
            self._sampling.cancel()
        await self.watch.look()
        if not self.samples:
            raise Failed(N_("The work before the jig could not be counted."))
        return N_("peak %(peak)s, mean %(mean)s pieces in %(seconds)s s"), {
            "peak": max(self.samples), "mean": round(sum(self.samples) / len(self.samples), 1),
            "seconds": round(time.monotonic() - self.broke_at),
        }  # fmt: skip

    async def clears(self) -> Told:
        """The jig is mended; the work flows off and the limit goes, but not before the lower mark."""
        await self.jig.break_down(0)
        began = time.monotonic()
        if self.scene.throttle:
            found = await self.watch.until(
                self._cleared, 60, N_("The limit did not clear within %(seconds)s s after the repair.")
            )
            panel = self.panels.at(self.upstream)
            await self.watch.until(
                lambda: self._runs(panel), 20, N_("%(machine)s was not told to run again."), machine=self.upstream
            )
            return N_("limit cleared after %(after)s s at or below the lower mark; %(machine)s runs again"), {
                "after": round(time.monotonic() - began, 1), "machine": self.upstream, "limit": found["id"],
            }  # fmt: skip
        return N_("%(machine)s runs again"), {"machine": self.machine}

    async def _foam(self) -> dict[str, Any]:
        order = await asyncio.to_thread(self.planner.get, f"/orders/{self.order}")
        return next(task for task in order["work"] if operation(task) == "foam")

    async def _stands(self) -> bool | None:
        found = await asyncio.to_thread(self.planner.get, f"/machines/{self.machine}")
        return (found["state"] == "stopped" and await self.jig.state() == STOPPED) or None

    async def _sample(self) -> None:
        """Count what waits before the jig, again and again."""
        while True:
            with suppress(Refused, Lost):
                self.samples.append(left(await self._foam()))
            await asyncio.sleep(SAMPLE_S)

    async def _limited(self) -> dict[str, Any] | None:
        rows = (await asyncio.to_thread(self.planner.get, "/limits", open="true", limit=200))["rows"]
        return next((row for row in rows if row["machine"] and row["station"] == self.station
                     and row["mode"] == "hold" and row["status"] in SHOWN), None)  # fmt: skip

    async def _cleared(self) -> dict[str, Any] | None:
        rows = (await asyncio.to_thread(self.planner.get, "/limits", limit=500))["rows"]
        mine = next(row for row in rows if row["id"] == self.limit["id"])
        return mine if mine["cleared_at"] else None

    async def _runs(self, panel: Panel | None) -> bool | None:
        """The machine runs, unless another full station needs it held."""
        if panel is not None and (await panel.held()).answer.mode == "run":
            return True
        rows = (await asyncio.to_thread(self.planner.get, "/limits", open="true", limit=200))["rows"]
        return any(row["machine"] == self.upstream for row in rows) or None

    async def _stands_still(self, panel: Panel) -> tuple[int, int]:
        """A hold lets the piece in hand finish and begins no other."""

        async def at_rest() -> bool | None:
            # A hold may be let go meanwhile, when another station takes it over.
            return await panel.state() != 1 or (await panel.held()).answer.mode != "hold" or None

        await self.watch.until(
            at_rest, 15, N_("%(machine)s went on working in spite of the hold."), machine=self.upstream
        )
        before = await panel.count()
        await asyncio.sleep(STANDS_S)
        if (await panel.held()).answer.mode == "hold" and await panel.count() != before:
            raise Failed(N_("%(machine)s went on working in spite of the hold."), machine=self.upstream)
        return before, await panel.waiting()

    def _is_new(self, row: dict[str, Any]) -> bool:
        return not row["cleared_at"] or datetime.fromisoformat(row["opened_at"]) >= self.began_at

    def _is_mine(self, row: dict[str, Any]) -> bool:
        return row["station"] in (self.station, self.limit.get("upstream"))

    async def _anew(self) -> dict[str, Any] | None:
        plan: dict[str, Any] = await asyncio.to_thread(self.planner.get, "/plan")
        if plan["version"] <= self.version:
            return None
        events = await asyncio.to_thread(published, self.planner)
        causes = [event["data"] for event in events if event["data"]["version"] > self.version]
        return plan if any("machine.state" in reasons(data["cause"]) for data in causes) else None


def reasons(cause: dict[str, Any]) -> set[str]:
    """The topics a plan was made for."""
    return {str(cause.get("type")), *(str(other.get("type")) for other in cause.get("also", ()))}


def published(client: Client) -> list[dict[str, Any]]:
    """The events of published plans."""
    rows: list[dict[str, Any]] = []
    after = 0
    while True:
        part = client.get("/events", topic="plan.published", after=after, limit=500)
        rows += part["rows"]
        after = part["next"]
        if not part["more"]:
            return rows
