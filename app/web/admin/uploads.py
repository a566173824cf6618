"""Uploaded files until they are imported: in a folder of their own, checked, and gone when used or a day old."""

import re
import shutil
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from uuid import uuid4

from flask import current_app
from werkzeug.datastructures import FileStorage

from app.errors import Invalid

KINDS = (".csv", ".xlsx", ".yaml", ".yml")
_MOST_BYTES = 128 * 2**20
_MOST_FILES = 300
_KEEP_S = 24 * 3600


def keep(files: Iterable[FileStorage]) -> str:
    """Store uploaded files and give the name of their folder. Raises Invalid for what cannot be imported."""
    _sweep()
    token = uuid4().hex
    target = _root() / token
    target.mkdir(parents=True)
    try:
        stored = [_store(file, target) for file in files if file.filename]
    except Exception:
        shutil.rmtree(target, ignore_errors=True)
        raise
    if not stored:
        shutil.rmtree(target, ignore_errors=True)
        raise Invalid("value.missing", field="files")
    return token


def keep_text(name: str, text: str) -> str:
    """Store a text as a file of that name, alone in a folder, and give the name of the folder."""
    _sweep()
    token = uuid4().hex
    target = _root() / token
    target.mkdir(parents=True)
    (target / name).write_text(text, encoding="utf-8", newline="")
    return token


def folder(token: str) -> Path | None:
    """The folder of kept files; None when it is gone."""
    path = _root() / token
    return path if re.fullmatch(r"[0-9a-f]{32}", token) and path.is_dir() else None


def drop(token: str) -> None:
    """Forget kept files."""
    path = folder(token)
    if path:
        shutil.rmtree(path, ignore_errors=True)


def _root() -> Path:
    return Path(current_app.config["HOME"]) / "uploads"


def _sweep() -> None:
    old = time.time() - _KEEP_S
    for path in _root().glob("*"):
        if path.is_dir() and path.stat().st_mtime < old:
            shutil.rmtree(path, ignore_errors=True)


def _store(file: FileStorage, target: Path) -> None:
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name
    if name.lower().endswith(".zip"):
        _unpack(file, name, target)
        return
    if not _fits(name):
        raise Invalid("import.files", name=name[:80])
    file.save(_place(target, name))


def _unpack(file: FileStorage, name: str, target: Path) -> None:
    """Only the last part of each name is used, so that no entry can leave the folder; the size is bounded."""
    try:
        with zipfile.ZipFile(file.stream) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and _fits(entry.filename)]
            if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise Invalid("upload.large")
            for entry in entries:
                with (
                    archive.open(entry) as source,
                    _place(target, PurePosixPath(entry.filename).name).open("wb") as out,
                ):
                    shutil.copyfileobj(source, out)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        raise Invalid("import.files", name=name[:80]) from None


def _fits(name: str) -> bool:
    last = PurePosixPath(name).name
    return last.lower().endswith(KINDS) and not last.startswith((".", "~$"))


def _place(target: Path, name: str) -> Path:
    """Register maps belong into devices/, everything else on top."""
    if name.lower().endswith((".yaml", ".yml")):
        target = target / "devices"
        target.mkdir(exist_ok=True)
    return target / name
