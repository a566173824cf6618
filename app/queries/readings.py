"""A tag's course for charts: raw values for some hours, minutes for days, quarters of an hour for anything longer."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import inspect, select

from app.models.readings import reading, reading_minute, reading_quarter, reading_tag, readings_engine

RAW_SPAN = timedelta(hours=6)
MINUTE_SPAN = timedelta(days=3)
MOST = 5000


def series(device_id: int, tag: str, since: datetime, until: datetime) -> dict[str, list[Any]]:
    """Columns ``at`` (s since the epoch) and ``value`` between two moments; None is a gap, never zero.

    More than six hours are told by the minute, more than three days by the quarter of an hour, with the columns
    ``low`` and ``high``.
    """
    engine = readings_engine()
    if not inspect(engine).has_table(reading.name):
        return {"at": [], "value": []}
    begins, ends = round(since.timestamp() * 1000), round(until.timestamp() * 1000)
    with engine.connect() as connection:
        mine = reading_tag.c.device_id == device_id, reading_tag.c.tag == tag
        tag_id = connection.execute(select(reading_tag.c.id).where(*mine)).scalar()
        if until - since > RAW_SPAN:
            table = reading_minute if until - since <= MINUTE_SPAN else reading_quarter
            time = table.c.minute_ms
            columns = (time, table.c.mean, table.c.low, table.c.high)
        else:
            table, time = reading, reading.c.at_ms
            columns = (time, table.c.value)
        query = select(*columns).where(table.c.tag_id == tag_id, time >= begins, time < ends)
        rows = list(reversed(connection.execute(query.order_by(time.desc()).limit(MOST)).all()))
    names = ("at", "value", "low", "high")[: len(columns)]
    found: dict[str, list[Any]] = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    found["at"] = [ms / 1000 for ms in found["at"]]
    return found
