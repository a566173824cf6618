"""A copy of the factory's files for one demonstration: ports that are free, and times as fast as it runs.

Cycle times of machines stay what they are, they run faster by themselves. What the server measures or plans on its
own clock (standard times, the rest of a part before its next operation, how long a limit waits) has to be shortened.
"""

import csv
import shutil
import socket
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import yaml

from app.demo.files import Row, rows

LEAST_REST_MIN = 5
STANDARD = ("piece_min", "fixed_min")


def copy(
    source: Path, target: Path, speed: float, throttle: bool = True, times: float = 1.0, alone: bool = True
) -> None:
    """Write the copy; an older one is replaced. Without ``throttle`` the limit rules are switched off in it.

    Standard times are divided by ``times``, so that a plan made from them is one the faster floor can keep. Who is not
    ``alone`` gets ports of his own: two that begin in the same second would both find the usual ones free.
    """
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    _rewrite(target, "operation_links", lambda row: row | {"lag_min": str(_rest(int(row["lag_min"] or 0), speed))})
    _rewrite(target, "limit_rules", lambda row: _rule(row, speed) | {"enabled": "yes" if throttle else "no"})
    _rewrite(target, "routings", lambda row: row | {name: _shorter(row[name], times) for name in STANDARD})
    _one_map(target, alone and ports_free(target))


def _shorter(minutes: str, times: float) -> str:
    return minutes if times == 1 or not minutes else f"{float(minutes) / times:.4f}"


def _rest(lag_min: int, speed: float) -> int:
    """The rest of a part in the demonstration's minutes; one that hardly lasts would only halt its first seconds."""
    shortened = int(lag_min / speed)
    return shortened if shortened >= LEAST_REST_MIN else 0


def _rule(row: Row, speed: float) -> Row:
    # The poller looks once a second, so nothing can be shorter than that.
    return row | {name: str(max(1, round(int(row[name]) / speed))) for name in ("on_delay_s", "dwell_s")}


def _rewrite(folder: Path, name: str, change: object) -> None:
    changed = [change(row) for row in rows(folder, name)]  # type: ignore[operator]
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(changed[0]))
        writer.writeheader()
        writer.writerows(changed)


def _one_map(folder: Path, usual: bool) -> None:
    """Put all register maps into one file, with their usual ports or with any that are free."""
    devices = _devices(folder)
    if not usual:
        for device, port in zip(devices, free_ports(len(devices)), strict=True):
            device["link"]["port"] = port
    for path in (folder / "devices").glob("*.yaml"):
        path.unlink()
    text = yaml.safe_dump({"version": 1, "devices": devices}, allow_unicode=True, sort_keys=False)
    (folder / "devices" / "machines.yaml").write_text(text, encoding="utf-8")


def _devices(folder: Path) -> list[dict[str, Any]]:
    files = sorted((folder / "devices").glob("*.yaml"))
    return [one for path in files for one in yaml.safe_load(path.read_text(encoding="utf-8"))["devices"]]


def ports_free(folder: Path) -> bool:
    """Whether every machine of the folder's register maps could listen where its map says."""
    return all(_is_free(device["link"]["host"], device["link"]["port"]) for device in _devices(folder))


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Ports that nobody listens on, all different."""
    with ExitStack() as held:
        doors = [held.enter_context(closing(socket.socket())) for _ in range(count)]
        for door in doors:
            door.bind((host, 0))
        return [door.getsockname()[1] for door in doors]


def _is_free(host: str, port: int) -> bool:
    with closing(socket.socket()) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError:
            return False
    return True
