"""What a backup says about itself: engine, moment, revision, rows of each table, head of the chain, sums of files."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, inspect, select, table, text
from sqlalchemy.engine import Connection

from app.errors import Conflict, Invalid, NotFound
from app.models import EventSeal

NAME = "manifest.json"
FORMAT = 1
_S = EventSeal.__table__
_PIECE = 2**20


@dataclass(frozen=True)
class Manifest:
    """The manifest as it stands in the folder; ``counts`` by table, ``heads`` the newest hash of each site's chain."""

    made_at: str
    engine: str
    migration: str
    counts: dict[str, int]
    position: int
    heads: dict[str, str]
    files: dict[str, dict[str, Any]]
    format: int = FORMAT

    @property
    def at(self) -> datetime:
        """The moment that the copy shows."""
        return datetime.fromisoformat(self.made_at)

    def write(self, folder: Path) -> None:
        """Put it into a folder, as people can read it, too."""
        (folder / NAME).write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n")


def read(folder: Path) -> Manifest:
    """The manifest of a backup; NotFound when there is none, Conflict when it cannot be read."""
    try:
        found = json.loads((folder / NAME).read_text())
        manifest = Manifest(**found)
        _ = manifest.at
    except OSError:
        raise NotFound("restore.none", folder=str(folder)) from None
    except (ValueError, TypeError):
        raise Conflict("restore.damaged", what=NAME) from None
    if manifest.format > FORMAT:
        raise Invalid("version.newer", revision=f"{NAME} {manifest.format}")
    return manifest


def facts(connection: Connection) -> dict[str, Any]:
    """What both the maker and the prover of a copy count: revision, rows, position and heads."""
    names = sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})
    counts = {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}
    newest = select(func.max(_S.c.position)).group_by(_S.c.site_id)
    rows = connection.execute(select(_S.c.site_id, _S.c.position, _S.c.hash).where(_S.c.position.in_(newest))).all()
    return {
        "migration": connection.scalar(text("SELECT version_num FROM alembic_version")),
        "counts": counts,
        "position": max((row.position for row in rows), default=0),
        "heads": {str(row.site_id): row.hash for row in rows},
    }


def summed(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return {"bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def check_files(folder: Path, manifest: Manifest) -> None:
    """Refuse a backup whose files are not the ones that were written."""
    for name, wanted in manifest.files.items():
        path = folder / name
        if Path(name).name != name or not path.is_file() or summed(path) != wanted:
            raise Conflict("restore.damaged", what=name)
