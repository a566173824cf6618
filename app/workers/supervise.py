"""Keeps processes alive: starts them, starts them again with growing patience, ends them all together.

It knows nothing of Gongxu and needs the standard library alone, so the demo uses it as ``serve`` does:

    stop = Stop()
    stop.on_signals()
    supervise([Child("poller", (sys.executable, "-m", "flask", "poll"))], stop)

Each child is bound to this process (``leash``) and leads a process group of its own: Ctrl-C reaches the
supervisor alone, which tells the children in their turn, and what a child leaves behind is ended with it.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

_LEASH = Path(__file__).with_name("leash.py")
_LOOK_S = 0.2
_GRACE_S = 10.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
# A child that ran this long is well again: the next end is answered at once.
_WELL_S = 60.0
log = structlog.get_logger("supervisor")


@dataclass(frozen=True)
class Child:
    """A process to keep: its command, what it adds to the environment, whether it is started again when it ends."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    restart: bool = True
    folder: Path | None = None


class Waits(Protocol):
    """What tells the supervisor to stop: a ``Stop``, or a threading.Event that another thread sets."""

    def is_set(self) -> bool:
        """Whether it is time to stop."""
        ...

    def wait(self, timeout: float) -> bool:
        """Sleep up to ``timeout`` seconds; True as soon as it is time to stop."""
        ...


class Stop:
    """An event that a signal handler may set: it writes to a pipe, where threading.Event could deadlock."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()

    def set(self, *_signal: object) -> None:
        """Tell everybody who waits; it stays told."""
        os.write(self._write, b".")

    def is_set(self) -> bool:
        """Whether it was told."""
        return self.wait(0)

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep up to ``timeout`` seconds, or as long as it takes; True as soon as it was told."""
        return bool(select.select([self._read], [], [], timeout)[0])

    def on_signals(self) -> None:
        """Be set by SIGTERM, SIGINT (Ctrl-C) and SIGHUP (a closed terminal); main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.set)


class Kept:
    """One child through its lives."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self._process: subprocess.Popen[bytes] | None = None
        self._wait_s = _FIRST_WAIT_S
        self._began = 0.0
        self._due = 0.0
        self.done = False

    def look(self) -> None:
        """Start the child when it is due, notice when it ended."""
        if self._process is None:
            if not self.done and time.monotonic() >= self._due:
                self._start()
        elif self.ended():
            self._bury()

    def ended(self) -> bool:
        """Whether the process is no longer running (it may still have to be buried)."""
        if self._process is None:
            return True
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def tell(self) -> None:
        """Ask the process to end."""
        if not self.ended() and self._process:
            # Not Popen.terminate(): that would bury an ended process, and its number might be another's by now.
            os.kill(self._process.pid, signal.SIGTERM)

    def end(self) -> None:
        """Kill what is left of the process and its group, and give its number back."""
        if self._process:
            # Its own number is not given to anybody else before wait(), so the group is certainly its own.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _start(self) -> None:
        command = (sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), *self.child.argv)
        self._process = subprocess.Popen(  # noqa: S603 commands of our own
            command, env=os.environ | dict(self.child.env), cwd=self.child.folder, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        self._began = time.monotonic()
        log.info("started", child=self.child.name, pid=self._process.pid)

    def _bury(self) -> None:
        lived_s = time.monotonic() - self._began
        process = self._process
        self.end()
        code = process.returncode if process else None
        if not self.child.restart:
            self.done = True
            log.info("ended", child=self.child.name, code=code)
            return
        if lived_s > _WELL_S:
            self._wait_s = _FIRST_WAIT_S
        log.warning("ended, will start again", child=self.child.name, code=code, in_s=self._wait_s)
        self._due = time.monotonic() + self._wait_s
        self._wait_s = min(_LONGEST_WAIT_S, self._wait_s * 2)


def supervise(children: Sequence[Child], stop: Waits, grace_s: float = _GRACE_S) -> None:
    """Run the children until ``stop`` is set, or until all ended that are not started again; then end the rest.

    They get SIGTERM, and SIGKILL ``grace_s`` seconds later. Call it from a thread that lives as long as they should.
    """
    kept = [Kept(child) for child in children]
    try:
        while not all(one.done for one in kept):
            for one in kept:
                one.look()
            if stop.wait(_LOOK_S):
                break
    finally:
        end_all(kept, grace_s)


def end_all(kept: Sequence[Kept], grace_s: float) -> None:
    """Ask all to end, wait, kill who does not."""
    for one in kept:
        one.tell()
    until = time.monotonic() + grace_s
    while not all(one.ended() for one in kept) and time.monotonic() < until:
        time.sleep(_LOOK_S / 4)
    for one in kept:
        if not one.ended():
            log.warning("killed, it did not end in time", child=one.child.name, after_s=grace_s)
        one.end()
