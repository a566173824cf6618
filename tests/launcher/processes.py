"""Real processes for tests, waited for through the kernel (pidfd, FIFO) and never by sleeping."""

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LONGEST_S = 60


class Post:
    """A FIFO in which processes tell lines; reading gives up after a minute."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._rest = b""

    def line(self) -> str:
        """The next line somebody told."""
        while b"\n" not in self._rest:
            if not select.select([self._fd], [], [], _LONGEST_S)[0]:
                raise AssertionError("nobody told anything")
            self._rest += os.read(self._fd, 4096)
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()

    def pids(self, count: int) -> dict[str, int]:
        """The next ``count`` lines "name pid", as a table."""
        return {name: int(pid) for name, pid in (self.line().split() for _ in range(count))}

    def close(self) -> None:
        """Give the FIFO back."""
        os.close(self._fd)


class Watched:
    """A process that is not our child, watched until it ends; its number cannot be mistaken for another's."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._fd = os.pidfd_open(pid)

    def ends(self) -> bool:
        """Wait for the end; False when a minute passed."""
        return bool(select.select([self._fd], [], [], _LONGEST_S)[0])

    def kill(self) -> None:
        """kill -9."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, signal.SIGKILL)

    def close(self) -> None:
        """Kill it if it still runs and give the handle back."""
        self.kill()
        os.close(self._fd)


@contextmanager
def started(*argv: str, env: dict[str, str] | None = None, **kw: object) -> Iterator[subprocess.Popen[str]]:
    """A process that is surely gone at the end of the block; ``env`` is all that it gets, else ours."""
    process = subprocess.Popen(argv, env=env, text=True, **kw)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def children_of(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    folder = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in folder.read_text().split()]
