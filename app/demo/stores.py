"""The material handler: brings a new lot to a place that called for it, through the API as a store does."""

import asyncio
import random
from contextlib import suppress

from app.demo.client import Client, Lost, Refused

WALK_S, AGAIN_S = 120.0, 300.0
LOT = {"POLYOL": "480", "ISO": "480", "CYCLO": "72", "R600A": "9000"}
USUAL = "400"


class Stores:
    """Brings material once for each call, however many stations call for it."""

    def __init__(self, client: Client, speed: float, rng: random.Random) -> None:
        self.client, self.speed, self.rng = client, speed, rng
        self._called: dict[tuple[str, str], float] = {}

    async def bring(self, item: str, location: str) -> None:
        """Fetch a lot of an item and receive it at its place; whoever calls again meanwhile waits for the same one."""
        now = asyncio.get_running_loop().time()
        if now < self._called.get((item, location), 0):
            return
        self._called[item, location] = now + AGAIN_S / self.speed
        await asyncio.sleep(WALK_S / self.speed)
        body = {"item": item, "quantity": LOT.get(item, USUAL), "location": location,
                "supplier_lot": f"HY{self.rng.randrange(10**5):05d}"}  # fmt: skip
        with suppress(Refused, Lost):
            await asyncio.to_thread(self.client.post, "/stock/receipts", body)
