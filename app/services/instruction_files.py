"""Instructions as pictures or PDF, put where the station page reads them: beside the database, a file an operation."""

import os
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from app import events
from app.db import transaction
from app.errors import Invalid, NotFound
from app.models import Item, Site
from app.queries.instructions import ENDINGS, file_of, place_of

MOST_BYTES = 12 * 2**20


def ending_of(content: bytes) -> str | None:
    """What a file is by its first bytes, whatever it is called: .png .jpg .webp .pdf; None for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if content.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return ".webp"
    return ".pdf" if content.startswith(b"%PDF-") else None


def put(
    site_id: int, item_id: int, operation: str, content: bytes, home: Path, actor: str | None, now: datetime
) -> None:  # fmt: skip
    """Keep a file as the instruction of an operation, in place of the one before; stations show it at once.

    Raises Invalid for what is no picture and no PDF, and for what is too large.
    """
    ending = ending_of(content)
    if ending is None:
        raise Invalid("instruction.kind")
    if len(content) > MOST_BYTES:
        raise Invalid("instruction.large", most=MOST_BYTES // 2**20)
    with transaction() as session:
        item, stem = _stem(session, site_id, item_id, operation, home)
        told = {"item": item, "operation": operation, "bytes": len(content)}
        events.record(session, site_id, "instruction.changed", ("item", item_id), actor, now, told)
        # Written whole beside its place and then moved: a station never reads half a picture.
        stem.parent.mkdir(parents=True, exist_ok=True)
        fresh = stem.parent / f".{uuid4().hex}"
        fresh.write_bytes(content)
        os.replace(fresh, stem.parent / (stem.name + ending))
        _drop(stem, but=ending)


def remove(site_id: int, item_id: int, operation: str, home: Path, actor: str | None, now: datetime) -> None:
    """Take the instruction of an operation away; without one nothing changes."""
    with transaction() as session:
        item, stem = _stem(session, site_id, item_id, operation, home)
        if file_of(stem) is None:
            return
        told = {"item": item, "operation": operation}
        events.record(session, site_id, "instruction.removed", ("item", item_id), actor, now, told)
        _drop(stem)


def _stem(session: object, site_id: int, item_id: int, operation: str, home: Path) -> tuple[str, Path]:
    query = select(Site.code.label("site"), Item.code.label("item")).join(Site, Site.id == Item.site_id)
    row = session.execute(query.where(Item.id == item_id, Item.site_id == site_id)).one_or_none()  # type: ignore[attr-defined]
    if row is None:
        raise NotFound("item.unknown", item=item_id)
    stem = place_of(home, row.site, row.item, operation)
    if stem is None:
        raise Invalid("instruction.code", operation=operation[:64])
    return row.item, stem


def _drop(stem: Path, but: str = "") -> None:
    for ending in ENDINGS:
        if ending != but:
            (stem.parent / (stem.name + ending)).unlink(missing_ok=True)
