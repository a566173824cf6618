"""The backups there are, and which of them are kept as they grow old."""

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from app.errors import Refused
from app.services.backups.manifest import Manifest, read


class Found(NamedTuple):
    """A whole backup."""

    folder: Path
    manifest: Manifest


def listed(folder: Path) -> list[Found]:
    """All whole backups of a folder, the newest first; what cannot be read is left out."""
    found = []
    for path in folder.glob("gongxu-*Z"):
        try:
            found.append(Found(path, read(path)))
        except Refused:
            continue
    return sorted(found, key=lambda one: one.manifest.at, reverse=True)


def thin(folder: Path, now: datetime) -> list[Path]:
    """Remove what ``kept`` does not keep; gives what was removed."""
    found = listed(folder)
    wanted = kept((one.manifest.at for one in found), now)
    gone = [one.folder for one in found if one.manifest.at not in wanted]
    for path in gone:
        shutil.rmtree(path)
    return gone


def kept(times: Iterable[datetime], now: datetime) -> set[datetime]:
    """Of moments, those whose backup stays: all of two days, then one a day, a week and a month, for a year."""
    newest_first = sorted(times, reverse=True)
    wanted = set(newest_first[:1])
    taken: set[tuple[str, object]] = set()
    for at in newest_first:
        age = now - at
        if age <= timedelta(days=2):
            wanted.add(at)
        for within, slot in ((14, ("day", at.date())), (56, ("week", at.isocalendar()[:2])),
                             (366, ("month", (at.year, at.month)))):  # fmt: skip
            if age <= timedelta(days=within) and slot not in taken:
                taken.add(slot)
                wanted.add(at)
    return wanted
