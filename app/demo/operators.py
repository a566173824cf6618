"""The simulated operators: ``python -m app.demo.operators SCENE [--rush N] [--all]``.

One worker at each station that is manned in the present shift. They use what a scanner uses, so a server that stops
answering, a task that is held or a machine that is slowed really stops them.
"""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from app.demo import files, scene
from app.demo.chance import for_place
from app.demo.client import Client, Lost, Refused, pages
from app.demo.machines import DevicesError, Panels
from app.demo.opening import open_past
from app.demo.scene import Scene
from app.demo.station import IDLE_S, Floor, Station
from app.demo.stores import Stores

PLAN_S, SHIFT_S, TALLY_S, RUSH_S = 2.0, 30.0, 1.0, 30.0
TOLD = ("sent", "accepted", "refused", "again")


class Crew:
    """All stations of the factory and what goes on around them."""

    def __init__(self, found: Scene, panels: Panels, is_always: bool) -> None:
        factory = files.load(Path(found.factory))
        self.scene, self.is_always = found, is_always
        self.floor = Floor(factory, panels, found.speed, found.seed, found.times)
        self.planner = Client(found.url, found.tokens["planner"])
        rng = for_place(found.seed, "stores")
        self.floor.stores = Stores(Client(found.url, found.tokens["lead"], rng), found.speed, rng)
        self.stations = [self._station(place) for place in factory.places]
        self.plan = 0

    def _station(self, place: files.Place) -> Station:
        client = Client(self.scene.url, self.scene.tokens["operator"])
        return Station(self.floor, place, client)

    async def rush(self, pieces: int) -> None:
        """Bring so many pieces on at once, one station after the other, always in the same order.

        On a slow machine it ends after half a minute, so that nobody waits for life to begin.
        """
        idle, ends = 0, time.monotonic() + RUSH_S
        while self.floor.done < pieces and idle < len(self.stations) and time.monotonic() < ends:
            for station in self.stations:
                idle = 0 if await station.turn(is_rush=True) else idle + 1

    async def live(self) -> None:
        """Work until told to stop."""
        bodies = [self._again(station) for station in self.stations]
        watch = asyncio.create_task(self._end())
        work = [asyncio.create_task(body) for body in (*bodies, self._follow(), self._shifts(), self._tally())]
        await watch
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)

    async def _again(self, station: Station) -> None:
        while True:
            try:
                if not self._is_manned(station) or not await station.turn():
                    await asyncio.sleep(IDLE_S * (min(station.idle, 3) + station.rng.random()))
            except (Refused, Lost, DevicesError, OSError):
                await asyncio.sleep(2.0)

    def _is_manned(self, station: Station) -> bool:
        return self.is_always or self.floor.factory.present in station.place.shifts

    async def _follow(self) -> None:
        """Look at the plan on the wall."""
        while True:
            with suppress(Refused, Lost):
                await asyncio.to_thread(self._look)
            await asyncio.sleep(PLAN_S)

    def _look(self) -> None:
        plan = self.planner.get("/plan")["id"]
        if plan != self.plan:
            self.floor.planned = {row["id"]: row["station"] for row in pages(self.planner, "/plan/tasks")}
            self.plan = plan

    async def _shifts(self) -> None:
        while True:
            self.floor.factory.present = self.floor.factory.shift(datetime.now(UTC))
            await asyncio.sleep(SHIFT_S)

    async def _tally(self) -> None:
        """Tell how many scans went out and how they were answered."""
        file = self.scene.tally_file
        while True:
            counts = [station.client.counts for station in self.stations]
            told = {
                name: sum(getattr(one, name) for one in counts) for name in ("sent", "accepted", "refused", "again")
            }
            codes = sum((one.codes for one in counts), Counter())
            fresh = file.with_suffix(".new")
            fresh.write_text(json.dumps(told | {"codes": dict(codes.most_common())}))
            fresh.replace(file)
            await asyncio.sleep(TALLY_S)

    def _ended(self) -> bool:
        return self.scene.stop_file.exists()

    async def _end(self) -> None:
        while not self._ended():
            await asyncio.sleep(IDLE_S)


async def run(found: Scene, rush: int, is_always: bool, is_past: bool) -> None:
    """Play all operators until told to stop."""
    with Panels(found.maps) as panels:
        crew = Crew(found, panels, is_always)
        if is_past:
            await asyncio.to_thread(open_past, found)
        await crew.rush(rush)
        await crew.live()


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM, or until the stop file of the scene is there."""
    parser = argparse.ArgumentParser(prog="python -m app.demo.operators", description="Simulated operators.")
    parser.add_argument("scene", type=Path)
    parser.add_argument("--rush", type=int, default=0, help="pieces to bring on at once before life begins")
    parser.add_argument("--past", action="store_true", help="release orders and leave some in messy states first")
    parser.add_argument("--all", action="store_true", help="man all stations, whatever the hour")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    asyncio.run(run(scene.read(options.scene), options.rush, options.all, options.past))
    return 0


if __name__ == "__main__":
    sys.exit(main())
