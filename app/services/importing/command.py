"""The import as a command: words for people, one JSON object for machines."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from app.i18n import gettext, ngettext
from app.services.importing.problems import Problem
from app.services.importing.result import ImportResult, OnProgress
from app.services.importing.run import import_folder
from app.services.importing.words import place, sentence

DONE, WRONG, USAGE = 0, 1, 2


def run(
    folder: Path, now: datetime, say: Callable[[str], None], actor: str | None = None, dry_run: bool = False,
    as_json: bool = False, on_progress: OnProgress | None = None,
) -> int:  # fmt: skip
    """Import a folder and say what came of it; gives the exit code: 0 done, 1 something is wrong, 2 no such folder."""
    if not folder.is_dir():
        say(gettext("There is no folder %(folder)s. Check the path.", folder=folder))
        return USAGE
    result = import_folder(folder, actor, now, dry_run, on_progress)
    if as_json:
        say(json.dumps(as_data(result), ensure_ascii=False, default=str))
    else:
        for line in lines(result, dry_run):
            say(line)
    return WRONG if result.problems else DONE


def as_data(result: ImportResult) -> dict[str, object]:
    """The result as plain values; problems carry their code and their words."""
    counts = {name: asdict(found) for name, found in result.counts.items()}
    problems = [_problem(problem) for problem in result.problems]
    return {"written": result.written, "files": result.files, "counts": counts, "problems": problems}


def _problem(problem: Problem) -> dict[str, object]:
    where = {"file": problem.file, "row": problem.row, "column": problem.column}
    return where | {"code": problem.code, "values": dict(problem.values), "message": sentence(problem)}


def lines(result: ImportResult, dry_run: bool) -> list[str]:
    """The result as lines of text: every problem with its place, or what changed."""
    if result.problems:
        found = len(result.problems)
        return [
            *(f"{place(problem)}: {sentence(problem)}" for problem in result.problems),
            ngettext("%(num)s problem. Nothing was written.", "%(num)s problems. Nothing was written.", found),
        ]
    told = [_counted(name, *asdict(counts).values()) for name, counts in result.counts.items()]
    if dry_run:
        return [*told, gettext("A trial: nothing was written.")]
    if not result.changed:
        return [*told, gettext("Nothing to change.")]
    return [
        *told,
        gettext("%(files)s files imported, %(rows)s rows written.", files=len(result.files), rows=result.changed),
    ]


def _counted(name: str, created: int, updated: int, unchanged: int, kept: int) -> str:
    said = gettext(
        "%(name)s: %(created)s new, %(updated)s changed, %(unchanged)s as before",
        name=name, created=created, updated=updated, unchanged=unchanged,
    )  # fmt: skip
    return said + (gettext(", %(kept)s left as they are in the store", kept=kept) if kept else "")
