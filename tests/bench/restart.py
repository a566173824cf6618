"""A restart under load: stations report on while ``serve`` is told to end and started again.

    python -m tests.bench.restart [--stations 16] [--rate 200] [--seconds 8]

A station sends what it has with the same number until it is answered, as the page's queue and the scanners do. What
counts is that every number has one report and one piece, and for how long nobody was answered.
"""

import argparse
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.floor import Floor

ROOT = Path(__file__).parents[2]
_AGAIN = (502, 503)
_LONGEST_S = 120.0


class Crowd:
    """Stations that report until they are told to stop; each number is sent until it is answered."""

    def __init__(self, port: int, floor: Floor, stations: int, pause_s: float = 0.0) -> None:
        self._port, self._floor, self._pause_s = port, floor, pause_s
        self.answered: list[tuple[float, str]] = []
        self.refused: list[int] = []
        self._told = threading.Condition()
        self._stop = threading.Event()
        self._crew = [threading.Thread(target=self._station, args=(n,), daemon=True) for n in range(stations)]
        for thread in self._crew:
            thread.start()

    def until(self, more: int) -> None:
        """Wait until so many more were answered."""
        with self._told:
            wanted = len(self.answered) + more
            assert self._told.wait_for(lambda: self.refused or len(self.answered) >= wanted, _LONGEST_S), "no answer"
            assert not self.refused, self.refused

    def stop(self) -> None:
        """Let each station finish what it sends."""
        self._stop.set()
        for thread in self._crew:
            thread.join(_LONGEST_S)

    def longest_gap_s(self) -> float:
        """The longest time in which nobody was answered."""
        moments = sorted(at for at, _number in self.answered)
        return max(after - before for before, after in itertools.pairwise(moments))

    def _station(self, number: int) -> None:
        while not self._stop.wait(self._pause_s):
            one, status = uuid.uuid4().hex, 0
            while status not in (200, 201):
                status = self._sent(number, one)
                if status >= 400 and status not in _AGAIN:
                    with self._told:
                        self.refused.append(status)
                        self._told.notify_all()
                    return
            with self._told:
                self.answered.append((time.perf_counter(), one))
                self._told.notify_all()

    def _sent(self, number: int, one: str) -> int:
        floor, line = self._floor, http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        body = {"uuid": one, "task": floor.tasks[number], "kind": "good", "quantity": "1", "person": "P"}
        headers = {"Authorization": f"Bearer {floor.token}", "Content-Type": "application/json"}
        try:
            line.request("POST", f"/api/v1/stations/{floor.stations[number]}/reports", json.dumps(body), headers)
            answer = line.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            return 0
        finally:
            line.close()


@contextmanager
def serving(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """``serve`` as it runs in a plant; gone at the end of the block."""
    environment = os.environ | {"GONGXU_HOME": str(home), "GONGXU_LOG": "json", "GONGXU_BACKUP_HOURS": "0"}
    command = [sys.executable, "-P", "-m", "flask", "--app", str(ROOT / "wsgi.py"), "serve", "--host", "127.0.0.1",
               "--port", str(port)]  # fmt: skip
    with subprocess.Popen(command, cwd="/", env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def play(home: Path, floor: Floor, stations: int, pause_s: float, work: Callable[[Crowd], None]) -> Crowd:
    """Work, an orderly end and a new start while the stations go on, and work again."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    with serving(home, port) as first:
        crowd = Crowd(port, floor, stations, pause_s)
        work(crowd)
        first.send_signal(signal.SIGTERM)
        first.wait(_LONGEST_S)
    with serving(home, port) as second:
        work(crowd)
        crowd.stop()
        second.send_signal(signal.SIGTERM)
        second.wait(_LONGEST_S)
    return crowd


def main() -> None:
    """Measure and print."""
    options = _options()

    def work(crowd: Crowd) -> None:
        crowd.until(1)
        time.sleep(options.seconds)

    with tempfile.TemporaryDirectory() as home:
        made = subprocess.run([sys.executable, "-m", "tests.bench.http", "--build"], cwd=ROOT, check=True, text=True,
                              env=os.environ | {"GONGXU_HOME": home}, stdout=subprocess.PIPE)  # fmt: skip
        floor = Floor(**json.loads(made.stdout.splitlines()[-1]))
        crowd = play(Path(home), floor, options.stations, options.stations / options.rate, work)
        kept, pieces = kept_in(Path(home) / "gongxu.db")
    sent = [number for _at, number in crowd.answered]
    print(f"{len(sent)} reports answered, lost {len(set(sent) - kept)}, doubled {pieces - len(kept)}, "
          f"refused {len(crowd.refused)}, longest without an answer {crowd.longest_gap_s():.1f} s")  # fmt: skip


def kept_in(file: Path) -> tuple[set[str], int]:
    """The numbers of the reports in a store, and how many pieces its tasks count."""
    import sqlite3

    store = sqlite3.connect(file)
    try:
        numbers = {row[0] for row in store.execute("select uuid from report where kind = 'good'")}
        pieces = store.execute("select coalesce(sum(quantity_good), 0) from task").fetchone()[0]
        return numbers, int(pieces) // 10**6
    finally:
        store.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stations", type=int, default=16)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
