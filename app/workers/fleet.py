"""The pollers of a plant, one for each link, so that a changed map restarts only its own link."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

import structlog

from app.queries.machines import KnownDevice
from devices.clock import SYSTEM, Clock
from devices.outlet import Sink
from devices.poller import Poller
from devices.sample import Batch, LimitReport, LinkHealth
from devices.tags import DeviceMap
from devices.throttle import Demand

log = structlog.get_logger("poller")
MayWrite = Callable[[], bool]


class Funnel:
    """Gathers what all pollers deliver and hands it on together, once in a period.

    Each delivery waits until it was taken, and fails when that failed, so that its poller tries again.
    """

    def __init__(self, take: Callable[[list[Batch]], Awaitable[None]], period_s: float) -> None:
        self._take, self._period_s = take, period_s
        self._waiting: list[Batch] = []
        self._taken: asyncio.Future[None] | None = None
        self._filled = asyncio.Event()

    async def sink(self, batches: Sequence[Batch]) -> None:
        """What a poller delivers to."""
        self._waiting.extend(batches)
        self._filled.set()
        if self._taken is None:
            self._taken = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._taken)

    async def run(self) -> None:
        """Hand on until cancelled; the first after a pause at once, then once in a period."""
        while True:
            await self._filled.wait()
            await self.flush()
            await asyncio.sleep(self._period_s)

    async def flush(self) -> None:
        """Hand on what waits."""
        batches, taken = self._waiting, self._taken
        self._waiting, self._taken = [], None
        self._filled.clear()
        if taken is None:
            return
        try:
            await self._take(batches)
        except Exception as error:
            taken.set_exception(error)
            taken.exception()  # each poller sees it; with none left waiting it is not an error of its own
        else:
            taken.set_result(None)


class Fleet:
    """Every device of the plant, by link; a link that is down holds up no other for longer than its patience."""

    _patience_s = 10.0

    def __init__(
        self, sink: Sink, may_write: MayWrite, periods: Mapping[str, float], clock: Clock = SYSTEM
    ) -> None:  # fmt: skip
        self._sink, self._may_write, self._periods, self._clock = sink, may_write, periods, clock
        self._pollers: dict[tuple[str, str, int], tuple[tuple[DeviceMap, ...], Poller]] = {}

    async def bring(self, known: Iterable[KnownDevice]) -> None:
        """Have exactly these devices polled: links that changed begin anew, those that went are stopped."""
        groups: dict[tuple[str, str, int], list[DeviceMap]] = {}
        for one in known:
            if one.map:
                groups.setdefault(one.map.link.line, []).append(one.map)
        wanted = {link: tuple(maps) for link, maps in groups.items()}
        gone = [link for link, (maps, _) in self._pollers.items() if wanted.get(link) != maps]
        await asyncio.gather(*(self._pollers.pop(link)[1].stop() for link in gone))
        for link in [link for link in wanted if link not in self._pollers]:
            poller = Poller(
                wanted[link], self._sink, periods=self._periods, clock=self._clock, may_write=self._may_write,
                inherits=True,
            )  # fmt: skip
            await poller.start()
            self._pollers[link] = wanted[link], poller

    async def apply(
        self, demands: Mapping[str, Demand], source: int, unanswered: Collection[str] = ()
    ) -> list[LimitReport]:
        """Make these demands the only ones, on all links at once; returns what changed and what is unanswered."""
        calls = (poller.apply(demands, source, unanswered) for _, poller in self._pollers.values())
        tried = await asyncio.gather(
            *(asyncio.wait_for(call, self._patience_s) for call in calls), return_exceptions=True
        )  # fmt: skip
        for error in (one for one in tried if isinstance(one, BaseException)):
            log.warning("limit_not_written", error=repr(error))
        return list(itertools.chain.from_iterable(one for one in tried if not isinstance(one, BaseException)))

    async def stop(self) -> None:
        """Release what is held, as long as this process may, and close every link."""
        pollers, self._pollers = self._pollers, {}
        await asyncio.gather(*(poller.stop() for _, poller in pollers.values()))

    def health(self) -> list[LinkHealth]:
        """How each link is."""
        return [state for _, poller in self._pollers.values() for state in poller.health()]

    def dropped(self) -> int:
        """Batches lost because they could not be written for too long."""
        return sum(poller.outlet.dropped for _, poller in self._pollers.values())
