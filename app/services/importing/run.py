"""Imports a folder: reads all files, finds all that is wrong, writes everything in one transaction or nothing."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.db import db, transaction
from app.models import Site
from app.queries.known import forget
from app.services.importing import machines
from app.services.importing.description import Table
from app.services.importing.files import read_folder
from app.services.importing.plan import Plan, planned
from app.services.importing.problems import Problem
from app.services.importing.result import ImportResult, OnProgress
from app.services.importing.rows import Reading, read_tables
from app.services.importing.writing import write_all


class _NothingWritten(Exception):
    """Ends the transaction without its changes: something is wrong, or it was only a trial."""


def import_folder(
    folder: Path, actor: str | None, now: datetime, dry_run: bool = False, on_progress: OnProgress | None = None
) -> ImportResult:
    """Bring the files of a folder into the store and say what changed.

    With a problem anywhere nothing is written and every problem is in the result; ``dry_run`` does the same work and
    takes it back. Raises NotADirectoryError, and what the database refuses.
    """
    tell = on_progress or (lambda _stage, _done, _count: None)
    return _run(*_read(folder, now, tell), actor, dry_run, tell)


def import_tables(tables: Sequence[Table], actor: str | None, now: datetime, dry_run: bool = False) -> ImportResult:
    """Bring rows that are already here (typed, pasted) into the store by the same rules as files.

    A small change reads only what it names, so that it takes milliseconds in a store of any size.
    """
    zones = {site.code: ZoneInfo(site.zone) for site in db.session.scalars(select(Site))}
    reading = read_tables(tables, now, zones)
    return _run(reading, [], [table.file for table in tables], actor, dry_run, lambda _stage, _done, _count: None)


def _run(
    reading: Reading, maps: list[machines.MapEntry], files: list[str], actor: str | None, dry_run: bool,
    tell: OnProgress,
) -> ImportResult:  # fmt: skip
    result = ImportResult(files=files)
    try:
        with transaction() as session:
            plan = planned(session, reading, maps)
            _refuse(plan, result)
            write_all(session, plan, result, actor, tell)
            # What running orders do not add up to is found by bringing them in.
            _refuse(plan, result)
            if dry_run:
                raise _NothingWritten
    except _NothingWritten:
        # What was read meanwhile may be about rows that are gone again.
        forget()
        return result
    result.written = True
    forget()
    return result


def _refuse(plan: Plan, result: ImportResult) -> None:
    result.problems = sorted(plan.reading.problems, key=lambda problem: problem.place)
    if result.problems:
        raise _NothingWritten


def _read(folder: Path, now: datetime, tell: OnProgress) -> tuple[Reading, list[machines.MapEntry], list[str]]:
    """Read all files before the transaction: a large workbook must not keep the floor waiting."""
    if not folder.is_dir():
        raise NotADirectoryError(str(folder))
    tables, files, problems = read_folder(folder)
    maps, map_files, map_problems = machines.read_maps(folder)
    tell("read", len(files) + len(map_files), len(files) + len(map_files))
    zones = {site.code: ZoneInfo(site.zone) for site in db.session.scalars(select(Site))}
    reading = read_tables(tables, now, zones)
    reading.problems[:0] = [*problems, *map_problems]
    if not files and not map_files:
        reading.problems.append(Problem(folder.name, None, None, "no_files"))
    if maps and not reading.default_site:
        reading.problems.append(Problem(maps[0].file, None, None, "site_needed", {"value": ""}))
    return reading, maps, files + map_files
