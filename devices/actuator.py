"""Keeps one machine's throttling demand alive: writes it, renews its lease, reads what the machine makes of it."""

from __future__ import annotations

from dataclasses import replace

from devices import signal
from devices.clock import Clock
from devices.driver import Driver
from devices.effect import EffectWatch
from devices.errors import BadBlock, DevicesError
from devices.sample import LimitReport, LimitState, WriteResult
from devices.signal import Answer, Command
from devices.tags import LimitBlock

TRIES = 3
ACKNOWLEDGED = ("accepted", "effective", "ineffective")
RENEWALS = 3  # per lease, so that one lost write does not let it lapse


class LimitKeeper:
    """The server's side of the lease for one device; `demand` changes it, `write` sends, `watch` reads the answer."""

    def __init__(self, driver: Driver, clock: Clock) -> None:
        """Start with no demand; the sequence is taken over from the machine at the first write."""
        self.driver, self.clock = driver, clock
        self.mode, self.rate_permille, self.source = "run", 1000, 0
        self.sequence: int | None = None
        self.heartbeat = 0
        self.write_result: WriteResult | None = None
        self.answer: Answer | None = None
        self.asked_tick = clock.tick()
        self.effect = EffectWatch(counts=bool(driver.device.meaning("count")))
        self.standing = False  # what the machine itself says: it makes nothing now
        self._told: LimitReport | None = None

    @property
    def block(self) -> LimitBlock | None:
        """Return the limit block when the map has one and allows writing; without it people are told instead."""
        device = self.driver.device
        return device.limit if device.writes and "limit" in self.driver.caps else None

    @property
    def renew_s(self) -> float:
        """Return how often a standing demand is written again, in s."""
        return self.block.lease_s / RENEWALS if self.block else 5.0

    def settle(self, known: bool) -> None:
        """Say whether the machine is known to run freely; if not, the first demand is a change whatever it is."""
        self.mode = "run" if known or self.block is None else "unknown"

    def differs(self, mode: str, rate_permille: int) -> bool:
        """Tell whether this demand is another than the standing one."""
        return (mode, self._allowed(mode, rate_permille)) != (self.mode, self.rate_permille)

    def demand(self, mode: str, rate_permille: int, source: int) -> bool:
        """Take a new demand; returns whether it differs from the standing one. The map's rate floor is enforced."""
        changed = self.differs(mode, rate_permille)
        self.mode, self.rate_permille, self.source = mode, self._allowed(mode, rate_permille), source
        if changed and self.sequence is not None:
            self.sequence = signal.next_number(self.sequence)
        return changed

    def _allowed(self, mode: str, rate_permille: int) -> int:
        floor = self.block.min_permille if self.block else 0
        return {"run": 1000, "hold": 0}.get(mode, min(max(rate_permille, floor), 1000))

    def is_news(self, report: LimitReport) -> bool:
        """Tell whether a report says more than the one before: renewals of a lease are not news."""
        told, self._told = self._told, replace(report, at=self.clock.now(), write=None)
        return told is None or replace(told, at=self._told.at) != self._told

    async def write(self) -> LimitReport:
        """Write the standing demand and read it back, up to three times; never raises for what a device does."""
        if self.block is None:
            return self._report("notify_only", "no_write_path")
        if self.sequence is None:
            self.sequence = signal.next_number(await self._machine_sequence(self.block))
        self.heartbeat = signal.next_number(self.heartbeat)
        command = Command(self.sequence, self.mode, self.rate_permille, self.block.lease_s, self.heartbeat, self.source)
        words = signal.encode_command(command)
        self.write_result = await self.driver.write_words(self.block.address, words, tries=TRIES)
        if self.write_result.state != "verified":
            state: LimitState = "refused" if self.write_result.state == "refused" else "lost"
            return self._report(state, self.write_result.reason)
        return await self.watch()

    async def watch(self) -> LimitReport:
        """Read the answer block and tell how far the demand got: verified, accepted, (in)effective or overridden."""
        if self.block is None:
            return self._report("notify_only", "no_write_path")
        try:
            words = await self.driver.read_words(self.block.answer, signal.ANSWER_WORDS)
            self.answer = signal.decode_answer(words)
        except DevicesError as error:
            self.answer = None
            return self._report("verified" if self._is_written() else "lost", error.code)
        return self._report(self._reached(self.answer), None)

    def judged(self) -> LimitReport | None:
        """Return news of the effect that was seen since the last report, without asking the machine again."""
        if self._told is None or self._told.state not in ACKNOWLEDGED or self.mode == "run" or self.answer is None:
            return None
        report = self._report(self._reached(self.answer), None)
        return report if self.is_news(report) else None

    def _reached(self, answer: Answer) -> LimitState:
        if answer.override:
            return "overridden"
        if not self._is_written() or answer.sequence != self.sequence:
            return "verified"
        if answer.mode != self.mode or answer.rate_permille != self.rate_permille:
            return "accepted"
        tick = self.clock.tick()
        self.effect.demanded(self.mode, self.rate_permille, tick)
        return self.effect.verdict(self.standing, tick) or "accepted"

    def _is_written(self) -> bool:
        return self.write_result is not None and self.write_result.state == "verified"

    async def _machine_sequence(self, block: LimitBlock) -> int:
        """Go on from what an earlier server wrote, so that a restart is not mistaken for an old command."""
        try:
            words = await self.driver.read_words(block.address, signal.COMMAND_WORDS)
            return signal.decode_command(words).sequence
        except (DevicesError, BadBlock):
            return 0

    def _report(self, state: LimitState, reason: str | None) -> LimitReport:
        device, answer = self.driver.device, self.answer
        return LimitReport(
            device=device.device,
            machine=device.machine,
            state=state,
            demanded=self.mode,
            rate_permille=self.rate_permille,
            effective=answer.mode if answer else None,
            effective_permille=answer.rate_permille if answer else None,
            override=bool(answer and answer.override),
            sequence=self.sequence or 0,
            write=self.write_result,
            at=self.clock.now(),
            reason=reason,
        )
