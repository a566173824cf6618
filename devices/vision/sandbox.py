"""Decoding what strangers send: in a process of its own, so that a picture can take neither memory nor time from us."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

from devices.vision.cascade import BUDGET_MS
from devices.vision.child import HEAD
from devices.vision.picture import PictureError, check
from devices.vision.reading import Read, Result

SECONDS: Final = 15.0  # on the clock, for one picture
START_S: Final = 60.0  # until the engines are loaded, on a busy machine
_ROOT: Final = Path(__file__).resolve().parent.parent.parent
_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # each thread takes address space


class Sandbox:
    """One kept process that decodes pictures one after the other; started when first used, again when it died."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """Keep the longest time a picture may take, seconds on the clock."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def decode(self, data: bytes, budget_ms: float = BUDGET_MS) -> Result:
        """Read the symbols in a picture file; PictureError when it is none, too large or took too much."""
        check(data)
        with self._lock:
            answer = self._ask(HEAD.pack(budget_ms, len(data)) + data)
        if "error" in answer:
            raise PictureError(answer["error"], **answer["values"])
        return Result(tuple(Read(**read) for read in answer["reads"]), answer["ms"])

    def close(self) -> None:
        """End the process; the next picture starts another."""
        process, self._process = self._process, None
        if process is not None and process.stdin and process.stdout:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()

    def _ask(self, question: bytes) -> dict[str, Any]:
        try:
            process = self._running()
            assert process.stdin  # noqa: S101 opened as a pipe
            process.stdin.write(question)
            process.stdin.flush()
            return self._line(process, self._seconds)
        except (OSError, TimeoutError, EOFError):
            self.close()
            raise PictureError("picture.too_costly") from None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                (sys.executable, "-m", "devices.vision.child"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=os.environ | _ONE_THREAD, cwd=_ROOT,
            )  # fmt: skip
            self._line(self._process, START_S)
        return self._process

    @staticmethod
    def _line(process: subprocess.Popen[bytes], seconds: float) -> dict[str, Any]:
        assert process.stdout  # noqa: S101 opened as a pipe
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(seconds):
                    raise TimeoutError
                got = os.read(process.stdout.fileno(), 1 << 16)
                if not got:
                    raise EOFError
                line += got
        found: dict[str, Any] = json.loads(line)
        return found
