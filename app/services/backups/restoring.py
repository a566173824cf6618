"""Prove a backup and put it in the place of the store: never over a running plant, never over what is not empty."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError

from app.db import database_file, db, is_sqlite
from app.errors import Conflict
from app.events import broken_links
from app.models import Lease
from app.queries.differences import differences
from app.services import schema
from app.services.backups.copying import full_disk_in_words, load_postgres
from app.services.backups.making import DUMP, READINGS, STORE
from app.services.backups.manifest import Manifest, check_files, facts, read
from app.services.serving import only_one


def prove(folder: Path) -> Manifest:
    """Open a backup beside the plant and check all of it; Conflict ``restore.damaged`` names what does not agree."""
    manifest = read(folder)
    check_files(folder, manifest)
    schema.check_known(manifest.migration)
    with full_disk_in_words(folder), _opened(folder, manifest) as url:
        _check(url, manifest)
    return manifest


def restore(folder: Path, now: datetime) -> Manifest:
    """Prove a backup, then make it the store; what was there is kept beside it (SQLite)."""
    engine = db.engine.url.get_backend_name()
    with only_one("restore.running"):
        _check_asleep(now)
        manifest = prove(folder)
        if manifest.engine != engine:
            raise Conflict("restore.engine", made=manifest.engine, wanted=engine)
        db.engine.dispose()
        with full_disk_in_words(folder):
            if engine == "postgresql":
                _check_empty()
                load_postgres(db.engine.url, folder / DUMP)
            else:
                _replace(folder, now)
    return manifest


def _check_asleep(now: datetime) -> None:
    """A lease that has not run out: somebody works on this store, here or on another machine."""
    try:
        with db.engine.connect() as connection:
            held = connection.scalar(select(Lease.name).where(Lease.until > now).limit(1))
    except DBAPIError:
        # No store yet, or one that can no longer be read: nobody works on it.
        return
    if held is not None:
        raise Conflict("restore.running", file=held)


def _check_empty() -> None:
    with db.engine.connect() as connection:
        if inspect(connection).get_table_names():
            raise Conflict("restore.not_empty", database=str(db.engine.url.database))


@contextmanager
def _opened(folder: Path, manifest: Manifest) -> Iterator[str | URL]:
    """The copy as a database: the file itself, or a database made for this and dropped afterwards."""
    if manifest.engine != "postgresql":
        yield f"sqlite:///file:{(folder / STORE).resolve()}?mode=ro&immutable=1&uri=true"
        return
    if db.engine.dialect.name != "postgresql":
        raise Conflict("restore.engine", made=manifest.engine, wanted=db.engine.dialect.name)
    name = f"gongxu_proof_{secrets.token_hex(4)}"
    own = db.engine.url.set(database=name)
    with ExitStack() as after:
        _alone(f'CREATE DATABASE "{name}"')
        after.callback(_alone, f'DROP DATABASE "{name}" WITH (FORCE)')
        load_postgres(own, folder / DUMP)
        yield own


def _alone(statement: str) -> None:
    """A statement that no transaction may surround; it needs the right to make databases."""
    engine = create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    except DBAPIError as error:
        raise Conflict("backup.failed", why=str(error.orig).strip()[:300]) from error
    finally:
        engine.dispose()


def _check(url: str | URL, manifest: Manifest) -> None:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if is_sqlite(connection) and connection.scalar(text("PRAGMA quick_check(1)")) != "ok":
                raise Conflict("restore.damaged", what=STORE)
            _compare(facts(connection), manifest)
            for wrong in _wrong(connection, manifest):
                raise Conflict("restore.damaged", what=wrong)
    except DBAPIError as error:
        raise Conflict("restore.damaged", what=str(error.orig)[:200]) from error
    finally:
        engine.dispose()


def _wrong(connection: Connection, manifest: Manifest) -> Iterator[str]:
    """What does not agree in itself; of an older schema only the chain of events, whose tables never change."""
    if manifest.migration == schema.head():
        yield from (f"{one.what} {one.id}: {one.field} {one.stored}, {one.counted}" for one in differences(connection))
    else:
        yield from (f"event {one.event_id}: {one.why}" for one in broken_links(connection))


def _compare(found: dict[str, Any], manifest: Manifest) -> None:
    for name in ("migration", "position", "heads", "counts"):
        wanted = getattr(manifest, name)
        if found[name] != wanted:
            wrong = sorted(set(found[name].items()) ^ set(wanted.items())) if isinstance(wanted, dict) else found[name]
            raise Conflict("restore.damaged", what=f"{name} {wrong}"[:300])


def _replace(folder: Path, now: datetime) -> None:
    """Put the files in place; the old ones keep a name with the moment, so that a mistake can be taken back."""
    store, readings = database_file(str(db.engine.url)), database_file(str(current_app.config["READINGS_URL"]))
    for name, place in ((STORE, store), (READINGS, readings)):
        if place is None or not (folder / name).exists():
            continue
        fresh = place.with_name(place.name + ".restoring")
        shutil.copyfile(folder / name, fresh)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        for tail in ("", "-wal", "-shm"):
            old = place.with_name(place.name + tail)
            if old.exists():
                old.rename(place.with_name(f"{place.name}.before-{now:%Y%m%dT%H%M%S}{tail}"))
        fresh.rename(place)
