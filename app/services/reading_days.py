"""Readings by the day on PostgreSQL: a partition for each day ahead, and old days dropped whole."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection

AHEAD = 2
_DAY = timedelta(days=1)


def is_partitioned(connection: Connection) -> bool:
    """Whether the readings are kept by the day; never on SQLite, nor where the table is older than that."""
    if connection.dialect.name != "postgresql":
        return False
    kind = text("SELECT relkind FROM pg_class WHERE oid = to_regclass('reading')")
    return connection.execute(kind).scalar() in ("p", b"p")


def make_days(connection: Connection, now: datetime) -> int:
    """Make the partitions of today and the next days, and one for every other time; gives how many are new.

    A value with a wrong clock goes to that last one. When it holds some of a new day, that day stays there.
    """
    connection.execute(text("CREATE TABLE IF NOT EXISTS reading_other PARTITION OF reading DEFAULT"))
    made = 0
    for ahead in range(AHEAD + 1):
        begins = datetime.combine((now + ahead * _DAY).astimezone(UTC).date(), datetime.min.time(), UTC)
        name = _name(begins)
        if connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar() is not None:
            continue
        low, high = _ms(begins), _ms(begins + _DAY)
        stray = text("SELECT 1 FROM reading_other WHERE at_ms >= :low AND at_ms < :high LIMIT 1")
        if connection.execute(stray, {"low": low, "high": high}).first() is None:
            # the name and the numbers are ours; DDL takes no parameters
            connection.execute(text(f"CREATE TABLE {name} PARTITION OF reading FOR VALUES FROM ({low}) TO ({high})"))
            made += 1
    return made


def drop_days(connection: Connection, before: datetime) -> int:
    """Drop the partitions of days that ended before a moment; gives how many."""
    names = connection.execute(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass('reading')")
    ).scalars()
    last = _name(before - _DAY)
    old = sorted(name for name in names if name.startswith("reading_d") and name <= last)
    for name in old:
        connection.execute(text(f"DROP TABLE {name}"))
    return len(old)


def _name(begins: datetime) -> str:
    return f"reading_d{begins.astimezone(UTC):%Y%m%d}"


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
