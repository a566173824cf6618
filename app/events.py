"""The event log: written with the change it tells, sealed afterwards into a gap-free order with a hash chain.

``record`` belongs into the transaction of the change. A single relay seals what was committed, so that on
PostgreSQL, where a lower id may commit later, no reader that follows positions ever skips an event.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import String, func, insert, select, type_coerce, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.db import canonical
from app.models import Event, EventCursor, EventSeal
from app.prepared import Prepared, connection_of

Store = Connection | Session
_EVENT = Event.__table__
_SEAL = EventSeal.__table__
_INSERT = Prepared(
    insert(_EVENT),
    ("site_id", "topic", "subject_type", "subject_id", "actor", "occurred_at", "recorded_at", "data"),
)


class Sealed(NamedTuple):
    """An event in its order."""

    position: int
    id: int
    site_id: int
    topic: str
    subject_type: str
    subject_id: int
    actor: str | None
    occurred_at: datetime
    data: str


@dataclass(frozen=True)
class Broken:
    """Where the chain no longer holds: the first position, and what is wrong with it."""

    position: int
    event_id: int
    why: str


def record(
    store: Store,
    site_id: int,
    topic: str,
    subject: tuple[str, int],
    actor: str | None,
    now: datetime,
    data: dict[str, Any] | None = None,
    occurred_at: datetime | None = None,
) -> None:
    """Tell what happens, inside the transaction that makes it happen. ``data`` holds ids, never names of people."""
    _INSERT.run(
        connection_of(store),
        {
            "site_id": site_id, "topic": topic, "subject_type": subject[0], "subject_id": subject[1], "actor": actor,
            "occurred_at": occurred_at or now, "recorded_at": now, "data": canonical(data or {}),
        },
    )  # fmt: skip


def chain(previous: str, event: Any) -> str:
    """The hash of an event bound to the one before it: SHA-256 over the stored bytes of every column."""
    parts = (
        previous, event.id, event.site_id, event.topic, event.subject_type, event.subject_id, event.actor or "",
        event.occurred_at.isoformat(), event.recorded_at.isoformat(), event.data,
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def last_position(store: Store) -> int:
    """The newest sealed position; 0 when there is none."""
    return store.execute(select(func.coalesce(func.max(_SEAL.c.position), 0))).scalar_one()


def unsealed(store: Store, floor: int, limit: int = 1000) -> list[Any]:
    """Committed events without a seal, oldest first, looking only at ids above ``floor``."""
    query = (
        select(_EVENT)
        .outerjoin(_SEAL, _SEAL.c.event_id == _EVENT.c.id)
        .where(_EVENT.c.id > floor, _SEAL.c.position.is_(None))
        .order_by(_EVENT.c.id)
        .limit(limit)
    )
    return list(store.execute(query))


def seal(store: Store, events: list[Any]) -> list[Sealed]:
    """Give events their positions; one relay at a time, inside a transaction."""
    position = last_position(store)
    heads = {site: _head(store, site) for site in {event.site_id for event in events}}
    rows, sealed = [], []
    for event in events:
        position += 1
        heads[event.site_id] = chain(heads[event.site_id], event)
        rows.append(
            {"position": position, "event_id": event.id, "site_id": event.site_id, "hash": heads[event.site_id]}
        )
        sealed.append(_sealed(position, event))
    if rows:
        store.execute(insert(_SEAL), rows)
    return sealed


def after(store: Store, position: int, limit: int = 500, topics: tuple[str, ...] = ()) -> list[Sealed]:
    """Sealed events beyond a position, in order; only of some topics when they are given."""
    query = select(_SEAL.c.position, _EVENT).join(_EVENT, _EVENT.c.id == _SEAL.c.event_id)
    query = query.where(_SEAL.c.position > position).order_by(_SEAL.c.position).limit(limit)
    if topics:
        query = query.where(_EVENT.c.topic.in_(topics))
    return [_sealed(row.position, row) for row in store.execute(query)]


def cursor(store: Store, consumer: str) -> int | None:
    """How far a consumer has come; None when it never read."""
    return store.execute(select(EventCursor.position).where(EventCursor.consumer == consumer)).scalar()


def move_cursor(store: Store, consumer: str, position: int) -> None:
    """Remember how far a consumer has come, inside the transaction of what it did."""
    table = EventCursor.__table__
    moved = store.execute(update(table).where(table.c.consumer == consumer).values(position=position))
    if not moved.rowcount:  # type: ignore[union-attr]
        store.execute(insert(table).values(consumer=consumer, position=position))


def broken_links(store: Store) -> Iterator[Broken]:
    """Recompute the chain of every site; gives the first altered or missing event of each."""
    heads: dict[int, str] = {}
    lost: set[int] = set()
    moment = _moment_of_text if connection_of(store).dialect.name == "sqlite" else datetime.isoformat
    expected = 0
    for position, event_id, site, digest, id_, *parts in store.execute(_sealed_events(store)):
        expected += 1
        if position != expected:
            yield Broken(expected, event_id, "seal missing")
            expected = position
        if site in lost:
            continue
        if id_ is None or _linked(heads.get(site, ""), id_, parts, moment) != digest:
            lost.add(site)
            yield Broken(position, event_id, "event missing" if id_ is None else "event altered")
        heads[site] = digest


def _sealed_events(store: Store) -> Any:
    """Seals in their order with the columns that ``chain`` binds, times as the engine keeps them."""
    times = [_EVENT.c.occurred_at, _EVENT.c.recorded_at]
    if connection_of(store).dialect.name == "sqlite":
        # A million times read as text: making moments of them and text again would take longer than all the rest.
        times = [type_coerce(column, String) for column in times]
    query = select(
        _SEAL.c.position, _SEAL.c.event_id, _SEAL.c.site_id, _SEAL.c.hash, _EVENT.c.id, _EVENT.c.site_id,
        _EVENT.c.topic, _EVENT.c.subject_type, _EVENT.c.subject_id, _EVENT.c.actor, *times, _EVENT.c.data,
    )  # fmt: skip
    query = query.outerjoin(_EVENT, _EVENT.c.id == _SEAL.c.event_id).order_by(_SEAL.c.position)
    return query.execution_options(yield_per=5000)


def _moment_of_text(text: str) -> str:
    """What ``isoformat`` would write for a moment as SQLite keeps it: UTC, always with microseconds."""
    return f"{text[:10]}T{text[11:].removesuffix('.000000')}+00:00"


def _linked(previous: str, id_: int, parts: list[Any], moment: Callable[[Any], str]) -> str:
    """As ``chain``, over columns instead of a row."""
    site, topic, kind, subject, actor, occurred, recorded, data = parts
    text = (f"{previous}\x1f{id_}\x1f{site}\x1f{topic}\x1f{kind}\x1f{subject}\x1f{actor or ''}\x1f"
            f"{moment(occurred)}\x1f{moment(recorded)}\x1f{data}")  # fmt: skip
    return hashlib.sha256(text.encode()).hexdigest()


def _head(store: Store, site_id: int) -> str:
    newest = select(_SEAL.c.hash).where(_SEAL.c.site_id == site_id).order_by(_SEAL.c.position.desc()).limit(1)
    return store.execute(newest).scalar() or ""


def _sealed(position: int, row: Any) -> Sealed:
    return Sealed(
        position, row.id, row.site_id, row.topic, row.subject_type, row.subject_id, row.actor, row.occurred_at, row.data
    )
