"""The daily file drop: what happened since the last one, a CSV file for each kind of result, each row exactly once.

A file is named for the positions of the sealed events it covers. It is written aside, then linked into ``sent``, then
moved to where the other system fetches it, then the cursor moves; after a crash the link and the file that may still
lie aside say how far it came, whatever was fetched and deleted meanwhile.
"""

import csv
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app import events
from app.db import db, transaction
from app.models import Setting, Site
from app.queries import results

ASIDE, SENT = ".writing", "sent"
DROPPED = "results.dropped"


def drop(site_id: int, folder: Path, now: datetime) -> list[Path]:
    """Write what is new and give the files; nothing when another process is at it or nothing happened."""
    code = db.session.scalar(select(Site.code).where(Site.id == site_id))
    db.session.rollback()
    for part in (folder, folder / ASIDE, folder / SENT):
        part.mkdir(parents=True, exist_ok=True)
    with _alone(folder) as free:
        kinds = results.KINDS if free else ()
        return [path for kind in kinds for path in _drop(site_id, f"{code}-{kind}", kind, folder, now)]


def drop_due(folder: Path, at: time, now: datetime) -> list[Path]:
    """Drop for every site whose day reached ``at`` in its own zone and had no drop yet."""
    sites = db.session.execute(select(Site.id, Site.zone).order_by(Site.id)).all()
    db.session.rollback()
    made = []
    for site_id, zone in sites:
        local = now.astimezone(ZoneInfo(zone))
        if local.time() >= at and _last(site_id) != local.date().isoformat():
            made += drop(site_id, folder, now)
            with transaction() as session:
                session.merge(Setting(site_id=site_id, name=DROPPED, value=local.date().isoformat()))
    return made


def _last(site_id: int) -> Any:
    found = db.session.scalar(select(Setting.value).where(Setting.site_id == site_id, Setting.name == DROPPED))
    db.session.rollback()
    return found


def _drop(site_id: int, stem: str, kind: str, folder: Path, now: datetime) -> Iterator[Path]:
    consumer = f"drop:{site_id}:{kind}"
    after = _cursor(consumer)
    begun = next(iter(sorted((folder / SENT).glob(f"{stem}-{after + 1:012d}-*.csv"))), None)
    if begun is not None:
        aside = folder / ASIDE / begun.name
        if aside.exists():
            yield _out(aside, folder)
        after = int(begun.stem.rpartition("-")[2])
        _move(site_id, consumer, after, begun.name, now)
    for left in (folder / ASIDE).glob(f"{stem}-*"):
        left.unlink()
    rows, position = results.since(db.session(), site_id, kind, after)
    db.session.rollback()
    if rows:
        aside = _write(folder / ASIDE / f"{stem}-{after + 1:012d}-{position:012d}.csv", kind, rows)
        os.link(aside, folder / SENT / aside.name)
        _flush(folder / SENT)
        yield _out(aside, folder)
    if position > after:
        _move(site_id, consumer, position, None if not rows else aside.name, now)


def _cursor(consumer: str) -> int:
    found = events.cursor(db.session(), consumer) or 0
    db.session.rollback()
    return found


def _move(site_id: int, consumer: str, position: int, name: str | None, now: datetime) -> None:
    with transaction() as session:
        events.move_cursor(session, consumer, position)
        if name:
            events.record(session, site_id, "results.dropped", ("site", site_id), "cli", now, {"file": name})


def _write(path: Path, kind: str, rows: Iterable[Iterable[Any]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(results.COLUMNS[kind])
        writer.writerows([results.text(value) for value in row] for row in rows)
        file.flush()
        os.fsync(file.fileno())
    return path


def _out(aside: Path, folder: Path) -> Path:
    target = folder / aside.name
    aside.replace(target)
    _flush(folder)
    return target


def _flush(folder: Path) -> None:
    """A new name is only kept over a power cut when its folder is flushed, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether this process has the folder for itself."""
    with (folder / ASIDE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


__all__ = ["drop", "drop_due"]
