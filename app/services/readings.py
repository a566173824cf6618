"""Readings: stored in batches, rolled up by 1 and 15 minutes, deleted by age in small pieces or by whole days."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import Table, delete, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateIndex, CreateTable

from app.db import now_utc, upsert
from app.models.readings import (
    QUALITIES,
    reading,
    reading_minute,
    reading_quarter,
    reading_tag,
    readings,
    readings_engine,
)
from app.services.reading_days import drop_days, is_partitioned, make_days
from devices.sample import Sample

PIECE = 2000
_MINUTE_MS = 60_000
_QUARTER_MS = 15 * _MINUTE_MS
_DAY_MS = 86_400_000


class Told(NamedTuple):
    """A sample with the device it came from and the moment the poller handed it on."""

    device_id: int
    sample: Sample
    at: datetime


def prepare(now: datetime | None = None) -> None:
    """Make the tables when they are missing, and on PostgreSQL the days to come."""
    with readings_engine().begin() as connection:
        # "If not there" is said to the database: two processes that start together may both find nothing.
        for table in readings.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
        if is_partitioned(connection):
            make_days(connection, now or now_utc())


def store(told: Iterable[Told]) -> int:
    """Write samples in one commit and give their number; a value that was stored already is left alone."""
    told = [one for one in told if not isinstance(one.sample.value, str)]
    if not told:
        return 0
    with readings_engine().begin() as connection:
        ids = _tag_ids(connection, {(one.device_id, one.sample.tag) for one in told})
        rows = [_row(ids[one.device_id, one.sample.tag], one) for one in told]
        connection.execute(upsert(reading).on_conflict_do_nothing(), rows)
        return len(rows)


def roll_up(now: datetime) -> int:
    """Sum up each tag's good values by whole minutes and quarters of an hour (low, high, mean, number); gives the rows.

    The last stretch known is done again, because a value may have come late; the one that runs is not yet done.
    """
    days = current_app.config
    with readings_engine().begin() as connection:
        good = reading.c.quality == 0, reading.c.value.is_not(None)
        minutes = _sum_up(
            connection, reading_minute, _MINUTE_MS, now, days["RAW_DAYS"], reading, reading.c.at_ms, good,
            (func.min(reading.c.value), func.max(reading.c.value), func.avg(reading.c.value), func.count()),
        )  # fmt: skip
        one = reading_minute.c
        mean = func.sum(one.mean * one.n) / func.sum(one.n)
        quarters = _sum_up(
            connection, reading_quarter, _QUARTER_MS, now, days["MINUTE_DAYS"], reading_minute, one.minute_ms, (),
            (func.min(one.low), func.max(one.high), mean, func.sum(one.n)),
        )  # fmt: skip
        return minutes + quarters


def _sum_up(
    connection: Connection, into: Table, step_ms: int, now: datetime, days: int, source: Table, time: Any,
    only: tuple[Any, ...], sums: tuple[Any, ...],
) -> int:  # fmt: skip
    upto = _ms(now) // step_ms * step_ms
    newest = connection.execute(select(func.max(into.c.minute_ms))).scalar()
    since = newest if newest is not None else upto - days * _DAY_MS
    stretch = time - time % step_ms
    # Through the tags, so that each is one walk along the key instead of a scan of all readings.
    query = (
        select(source.c.tag_id, stretch, *sums)
        .select_from(reading_tag.join(source, reading_tag.c.id == source.c.tag_id))
        .where(time >= since, time < upto, *only)
        .group_by(source.c.tag_id, stretch)
    )
    names = ("tag_id", "minute_ms", "low", "high", "mean", "n")
    rows = [dict(zip(names, row, strict=True)) for row in connection.execute(query)]
    if rows:
        statement = upsert(into)
        fresh = {name: statement.excluded[name] for name in names[2:]}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["tag_id", "minute_ms"], set_=fresh), rows
        )  # fmt: skip
    return len(rows)


def purge(now: datetime, piece: int = PIECE) -> int:
    """Delete what is too old, at most ``piece`` rows of a tag in a commit and one commit of each; gives the rows."""
    days = current_app.config
    with readings_engine().begin() as connection:
        tags = list(connection.execute(select(reading_tag.c.id)).scalars())
        if is_partitioned(connection):
            make_days(connection, now)
            drop_days(connection, now - timedelta(days=days["RAW_DAYS"]))
    gone = 0
    for table, time, name in ((reading, "at_ms", "RAW_DAYS"), (reading_minute, "minute_ms", "MINUTE_DAYS"),
                              (reading_quarter, "minute_ms", "QUARTER_DAYS")):  # fmt: skip
        before = _ms(now - timedelta(days=days[name]))
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
        connection.execute(upsert(reading_tag).on_conflict_do_nothing(), missing)
        found = _known_tags(connection, wanted)
    return found


def _known_tags(connection: Connection, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    devices: Sequence[int] = sorted({device_id for device_id, _ in wanted})
    rows = connection.execute(select(reading_tag).where(reading_tag.c.device_id.in_(devices)))
    return {(row.device_id, row.tag): row.id for row in rows}


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
