"""The command line against machines it simulates itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from device_rigs import press


def cli(*arguments: str) -> subprocess.CompletedProcess:
    """Run one command to its end."""
    command = [sys.executable, "-m", "devices", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)


@contextmanager
def simulation(path, *options: str) -> Iterator[tuple[subprocess.Popen, str]]:
    """Give a running `simulate` and the host:port it says it listens on."""
    command = [sys.executable, "-m", "devices", "simulate", str(path), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        ready = process.stdout.readline().split()
        assert ready[0] == "ready"
        yield process, ready[1].partition("=")[2].partition("/")[0]
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        process.stdout.close()


def test_simulate_probe_write_and_a_clean_end(tmp_path):
    path = tmp_path / "press.yaml"
    path.write_text("version: 1\ndevices:" + press(jobs=0), encoding="utf-8")
    with simulation(path, "--speed", "10", "--seed", "1") as (process, place):
        probe = cli("probe", place, "--map", str(path))
        assert (probe.returncode, "state: 2" in probe.stdout) == (0, True)
        assert cli("probe", place).stdout.startswith("holding 0..9 0 0 2")
        write = cli("write", place, "--unit", "1", "--address", "21", "--value", "17", "--verify")
        assert (write.returncode, write.stdout.strip()) == (0, "verified read back 17")
        assert "alarm: 17" in cli("probe", place, "--map", str(path)).stdout
        refused = cli("write", place, "--unit", "1", "--address", "0", "--value", "17", "--verify")
        assert (refused.returncode, refused.stdout.strip()) == (1, "refused (exception_2)")
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
    assert cli("probe", place, "--timeout", "0.2").returncode == 1


def test_bad_usage_is_two():
    assert cli("probe", "nowhere").returncode == 2
    assert cli("write", "h:1", "--address", "1", "--value", "70000").returncode == 2
    assert cli("simulate", "/nonexistent.yaml").returncode == 2
