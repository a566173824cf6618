"""The process in which strange pictures are decoded: limited in memory and time, ended with its parent's pipe.

It reads a budget (8 bytes, a double) and a length (4 bytes), then the picture, from its input, and answers with one
line of JSON each time.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
import time
from dataclasses import asdict
from typing import Final

from devices.vision.cascade import decode
from devices.vision.engines import capabilities
from devices.vision.picture import PictureError, grey

MEMORY: Final = 1 << 30  # bytes of address space beyond what the libraries took
SECONDS: Final = 10  # of CPU for one picture
HEAD: Final = struct.Struct(">dI")


def main() -> None:
    """Answer until the input ends."""
    sys.stdout.write(json.dumps(capabilities()) + "\n")  # loads the engines before memory is limited
    sys.stdout.flush()
    _limit_memory()
    while head := sys.stdin.buffer.read(HEAD.size):
        budget_ms, length = HEAD.unpack(head)
        used = int(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + SECONDS + 1, resource.RLIM_INFINITY))
        sys.stdout.write(json.dumps(_answer(sys.stdin.buffer.read(length), budget_ms)) + "\n")
        sys.stdout.flush()


def _limit_memory() -> None:
    with open("/proc/self/statm", encoding="ascii") as file:
        taken = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, resource.RLIM_INFINITY))


def _answer(data: bytes, budget_ms: float) -> dict[str, object]:
    try:
        result = decode(grey(data), budget_ms)
        return {"reads": [asdict(read) for read in result.reads], "ms": result.ms}
    except PictureError as error:
        return {"error": error.code, "values": error.values}
    except Exception:  # MemoryError, and what OpenCV and the engines raise in its place
        return {"error": "picture.too_costly", "values": {}}


if __name__ == "__main__":
    main()
