"""The faults real devices have, switched on in simulated ones: on the wire and in the values."""

from __future__ import annotations

import asyncio
import random
from typing import Final

MODES: Final = ("none", "late", "short", "wrong", "silent", "reset", "stuck", "jump")
JUMP = 1000


class Chaos:
    """One mode of misbehaviour, striking a seeded share of the exchanges; `late_s` is how late a late reply is."""

    def __init__(self, mode: str = "none", share: float = 0.15, seed: int = 0, late_s: float = 1.0) -> None:
        """Set the mode; `mode` and `share` may be changed while the plant runs."""
        self.mode, self.share, self.late_s = mode, share, late_s
        self.rng = random.Random(seed)

    @property
    def is_stuck(self) -> bool:
        """Tell whether values stand still while the device goes on answering."""
        return self.mode == "stuck"

    def strikes(self, mode: str) -> bool:
        """Tell whether this exchange is struck by that mode."""
        return self.mode == mode and self.rng.random() < self.share

    def jumped(self, count: int) -> int:
        """Return a counter as it stands after a possible jump forwards, or back to nothing."""
        if not self.strikes("jump"):
            return count
        return self.rng.choice((0, count + JUMP))

    async def delay(self) -> None:
        """Hold a reply back when it is to be late."""
        if self.strikes("late"):
            await asyncio.sleep(self.late_s)

    def mangled(self, sending: bool, data: bytes) -> bytes:
        """Return the bytes of a reply as they go out: cut short, under a wrong function code, or not at all."""
        if not sending or len(data) < 10:
            return data
        if self.strikes("silent"):
            return b""
        if self.strikes("wrong"):
            return data[:7] + bytes([data[7] ^ 0x07]) + data[8:]
        if self.strikes("short") and data[7] in (3, 4):
            return data[:4] + b"\0\x05" + data[6:8] + b"\x02" + data[9:11]
        return data
