"""A machine that exists only as a model: pieces, cycle, breakdowns, process values, and obedience to the limit.

It has no clock and no task of its own: `advance(now)` brings it to any later moment, event by event, so that a
simulated shift costs a few microseconds a piece and two runs with one seed are the same run.
"""

from __future__ import annotations

import random

from devices import signal
from devices.signal import Answer, Command
from devices.tags import Behaviour

OFF, RUNNING, IDLE, STOPPED = range(4)
EPSILON = 1e-9
ALARMS = (11, 12, 21, 31)  # what a machine of its own accord reports: drive, guard, clamp, sensor


class VirtualMachine:
    """One machine; `now` is in real seconds, its work runs `speed` times faster, its lease does not."""

    def __init__(self, behaviour: Behaviour, speed: float = 1.0, seed: int = 0, now: float = 0.0) -> None:
        """Start idle with the jobs of the behaviour, at real time `now`."""
        self.behaviour, self.speed, self.rng = behaviour, speed, random.Random(seed)
        self.now = now
        self.todo = behaviour.jobs
        self.count = 0
        self.cycle_s = behaviour.cycle_s
        self.alarm = 0
        self.forced = 0
        self.powered = True
        self.override = False
        self.command: Command | None = None
        self.values = {name: noise.mean for name, noise in behaviour.values.items()}
        self._work_s: float | None = None
        self._since_repair = 0
        self._failure_s = self._drawn(behaviour.mtbf_s)
        self._repair_s = 0.0
        self._lease_ends = now

    @property
    def state(self) -> int:
        """Return 0 off, 1 running, 2 idle, 3 stopped."""
        if not self.powered:
            return OFF
        if self.alarm or self.forced:
            return STOPPED
        return IDLE if self._work_s is None else RUNNING

    @property
    def mode(self) -> str:
        """Return what the machine obeys now: run, limit or hold; local override and a lapsed lease mean run."""
        return self.command.mode if self.command and not self.override else "run"

    @property
    def answer(self) -> Answer:
        """Return the answer block as the machine would give it now."""
        sequence = self.command.sequence if self.command else 0
        return Answer(sequence, self.mode, self._permille(), self.override, int(self.now) & signal.MASK)

    def add_job(self, pieces: int) -> None:
        """Press the start button: so many pieces more to do."""
        self.todo += max(pieces, 0)

    def force_fault(self, code: int) -> None:
        """Break the machine with an alarm code until 0 mends it, and whatever else was broken."""
        self.forced = code
        if code == 0:
            self._repair()

    def obey(self, command: Command) -> None:
        """Take a limit command and start its lease, at the present moment."""
        self.command = command
        self._lease_ends = self.now + command.lease_s

    def advance(self, now: float) -> None:
        """Bring the machine to real time `now` (seconds); going back in time does nothing."""
        while self.now < now:
            self._take()
            step = min(now - self.now, *self._next_events())
            self._pass(step)
        self._take()

    def _next_events(self) -> list[float]:
        """Return the real seconds to each event ahead; the machine's own are scaled by its speed."""
        events = [float("inf")]
        if self.command and self.command.mode != "run":
            events.append(self._lease_ends - self.now)
        if self.alarm:
            events.append(self._repair_s / self.speed)
        elif self._rate() > 0 and self._work_s is not None:
            events.append(self._work_s / self._rate())
            events.append(self._failure_s / self.speed)
        return [max(event, 0.0) for event in events]

    def _pass(self, step: float) -> None:
        rate = self._rate()
        self.now += step
        if self.alarm:
            self._repair_s -= step * self.speed
            if self._repair_s <= EPSILON:
                self._repair()
        elif rate > 0 and self._work_s is not None:
            self._work_s -= step * rate
            self._failure_s -= step * self.speed
            self._finish_or_fail()
        if self.command and self.command.mode != "run" and self.now >= self._lease_ends - EPSILON:
            self.command = Command(self.command.sequence, "run", 1000, 0, self.command.heartbeat)

    def _finish_or_fail(self) -> None:
        if self._work_s is not None and self._work_s <= EPSILON:
            self._work_s = None
            self.count += 1
            self._since_repair += 1
            self.values = {name: self._drawn_value(name) for name in self.behaviour.values}
        if self._failure_s <= EPSILON:
            self.alarm = self.rng.choice(ALARMS)
            self._repair_s = self._drawn(self.behaviour.mttr_s)

    def _take(self) -> None:
        """Begin the next piece; a hold lets the piece in hand finish and begins no other."""
        if self._work_s is None and self.todo > 0 and self.mode != "hold" and self.state == IDLE:
            self.todo -= 1
            factor = max(0.2, self.rng.gauss(1.0, self.behaviour.spread)) if self.behaviour.spread else 1.0
            self._work_s = self.cycle_s = self.behaviour.cycle_s * factor

    def _rate(self) -> float:
        if self.state != RUNNING:
            return 0.0
        # the piece in hand is finished at full speed under a hold, slowly under a limit
        return self.speed * (self._permille() / 1000 if self.mode == "limit" else 1.0)

    def _permille(self) -> int:
        if self.mode == "run" or self.command is None:
            return 1000
        return 0 if self.mode == "hold" else self.command.rate_permille

    def _repair(self) -> None:
        self.alarm, self.forced, self._repair_s, self._since_repair = 0, 0, 0.0, 0
        self._failure_s = self._drawn(self.behaviour.mtbf_s)

    def _drawn(self, mean_s: float) -> float:
        return self.rng.expovariate(1 / mean_s) if mean_s > 0 else float("inf")

    def _drawn_value(self, name: str) -> float:
        noise = self.behaviour.values[name]
        return self.rng.gauss(noise.mean + noise.drift * self._since_repair, noise.sigma)
