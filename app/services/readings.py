"""Readings: stored in batches, rolled up by the minute, deleted by age in small pieces."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as insert_postgres
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import Connection

from app.models.readings import QUALITIES, reading, reading_minute, reading_tag, readings, readings_engine
from devices.sample import Sample

RAW_DAYS = 7
MINUTE_DAYS = 90
PIECE = 2000
_MINUTE_MS = 60_000


class Told(NamedTuple):
    """A sample with the device it came from and the moment the poller handed it on."""

    device_id: int
    sample: Sample
    at: datetime


def prepare() -> None:
    """Make the tables when they are missing."""
    readings.create_all(readings_engine())


def store(told: Iterable[Told]) -> int:
    """Write samples in one commit and give their number; a value that was stored already is left alone."""
    told = [one for one in told if not isinstance(one.sample.value, str)]
    if not told:
        return 0
    with readings_engine().begin() as connection:
        ids = _tag_ids(connection, {(one.device_id, one.sample.tag) for one in told})
        rows = [_row(ids[one.device_id, one.sample.tag], one) for one in told]
        connection.execute(_insert(connection, reading).on_conflict_do_nothing(), rows)
        return len(rows)


def roll_up(now: datetime) -> int:
    """Sum up each tag's good values by whole minutes (low, high, mean of what was stored, number); gives the rows.

    The last minute known is done again, because a value may have come late; the minute that runs is not yet done.
    """
    upto = _ms(now) // _MINUTE_MS * _MINUTE_MS
    with readings_engine().begin() as connection:
        newest = connection.execute(select(func.max(reading_minute.c.minute_ms))).scalar()
        since = newest if newest is not None else upto - RAW_DAYS * 86_400_000
        # Through the tags, so that each is one walk along the key instead of a scan of all readings.
        minute = reading.c.at_ms - reading.c.at_ms % _MINUTE_MS
        query = (
            select(reading.c.tag_id, minute, func.min(reading.c.value), func.max(reading.c.value),
                   func.avg(reading.c.value), func.count())
            .select_from(reading_tag.join(reading, reading.c.tag_id == reading_tag.c.id))
            .where(reading.c.at_ms >= since, reading.c.at_ms < upto)
            .where(reading.c.quality == 0, reading.c.value.is_not(None))
            .group_by(reading.c.tag_id, minute)
        )  # fmt: skip
        names = ("tag_id", "minute_ms", "low", "high", "mean", "n")
        rows = [dict(zip(names, row, strict=True)) for row in connection.execute(query)]
        if rows:
            into = _insert(connection, reading_minute)
            fresh = {name: into.excluded[name] for name in names[2:]}
            connection.execute(into.on_conflict_do_update(index_elements=["tag_id", "minute_ms"], set_=fresh), rows)
        return len(rows)


def purge(now: datetime, piece: int = PIECE) -> int:
    """Delete what is too old, at most ``piece`` rows of a tag in a commit and one commit of each; gives the rows."""
    with readings_engine().connect() as connection:
        tags = list(connection.execute(select(reading_tag.c.id)).scalars())
    gone = 0
    for table, time, days in ((reading, "at_ms", RAW_DAYS), (reading_minute, "minute_ms", MINUTE_DAYS)):
        before = _ms(now - timedelta(days=days))
        gone += sum(_purge_tag(table, time, tag_id, before, piece) for tag_id in tags)
    return gone


def _purge_tag(table: Any, time: str, tag_id: int, before: int, piece: int) -> int:
    mine = table.c.tag_id == tag_id
    with readings_engine().connect() as connection:
        edge = select(table.c[time]).where(mine, table.c[time] < before).order_by(table.c[time])
        if connection.execute(edge.limit(1)).first() is None:
            return 0
        last = connection.execute(edge.offset(piece).limit(1)).scalar()
        done = connection.execute(delete(table).where(mine, table.c[time] < (before if last is None else last)))
        connection.commit()
        return done.rowcount


def _row(tag_id: int, one: Told) -> dict[str, Any]:
    sample = one.sample
    usable = sample.quality != "bad" and sample.value is not None and sample.received_at is not None
    at = sample.received_at if usable and sample.received_at else one.at
    value = float(sample.value) if usable and sample.value is not None else None
    return {"tag_id": tag_id, "at_ms": _ms(at), "value": value, "quality": QUALITIES.index(sample.quality)}


def _tag_ids(connection: Connection, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    found = _known_tags(connection, wanted)
    missing = [{"device_id": device_id, "tag": tag} for device_id, tag in sorted(wanted - set(found))]
    if missing:
        connection.execute(_insert(connection, reading_tag).on_conflict_do_nothing(), missing)
        found = _known_tags(connection, wanted)
    return found


def _known_tags(connection: Connection, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    devices: Sequence[int] = sorted({device_id for device_id, _ in wanted})
    rows = connection.execute(select(reading_tag).where(reading_tag.c.device_id.in_(devices)))
    return {(row.device_id, row.tag): row.id for row in rows}


def _insert(connection: Connection, table: Any) -> Any:
    return (insert_sqlite if connection.dialect.name == "sqlite" else insert_postgres)(table)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
