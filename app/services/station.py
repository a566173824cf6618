"""Scans and buttons of a station: done once, answered as often as they are sent.

A device gives each scan its number before its first try and never changes it. The same number with the same content
gets the stored answer; with another content it is refused. An accepted scan stores its answer in the commit of what
it did; a refused one, which did nothing, in a commit of its own.
"""

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from app import metrics
from app.db import canonical
from app.errors import Conflict, Refused
from app.group_commit import commit_together
from app.models import Scan as ScanRow
from app.services import station_calls as calls
from app.services import station_here
from app.services.station_here import Here, Outcome, Wish
from app.services.station_next import next_step
from app.services.station_scans import acted, scanned

Answer = tuple[int, dict[str, Any]]
_S = ScanRow.__table__
_STORED = select(_S.c.payload_hash, _S.c.status, _S.c.answer, _S.c.site_id).where(_S.c.uuid == bindparam("uuid"))
_TRIES = 3
# PostgreSQL: unique violation. What it ends by itself is done again where it is committed.
_AGAIN = ("23505",)
_KEPT = range(400, 500)


@dataclass(frozen=True)
class Scan:
    """What a scanner read. ``channel`` is how it came (wedge, camera, tap …).

    ``device_at`` is what the clock of the ``device`` showed when it was made, ``sent_at`` when it was sent.
    """

    uuid: str
    raw: str
    sequence: int | None = None
    device_at: datetime | None = None
    channel: str = "scan"
    sent_at: datetime | None = None
    device: str | None = None
    is_lead: bool = False


@dataclass(frozen=True)
class Act:
    """What a button, or a program in its place, asks for; ``values`` as app.services.station_scans reads them."""

    uuid: str
    action: str
    values: dict[str, Any] = field(default_factory=dict)
    sequence: int | None = None
    device_at: datetime | None = None
    channel: str = "button"
    sent_at: datetime | None = None
    device: str | None = None
    is_lead: bool = False


def scan(site_id: int, station_id: int, wish: Scan, actor: str, now: datetime) -> Answer:
    """Do what a scan says; gives the HTTP status and the answer in codes (words come from station_words.rendered).

    Refusals are answers, not exceptions; only what may go better next time (Unavailable, a full disk) is raised.
    """
    # PostgreSQL keeps no NUL in a text, and a scanner in trouble sends one: show it as a sign.
    raw = wish.raw.replace("\x00", "\N{SYMBOL FOR NULL}")
    return _once(site_id, station_id, wish, raw, lambda here: scanned(here, raw), actor, now)


def act(site_id: int, station_id: int, wish: Act, actor: str, now: datetime) -> Answer:
    """Do what a button says; answers as ``scan`` does."""
    raw = f"act:{wish.action}:{canonical(wish.values)}"
    return _once(site_id, station_id, wish, raw, lambda here: acted(here, wish.action, wish.values), actor, now)


def _once(
    site_id: int, station_id: int, sent: Scan | Act, raw: str, work: Callable[[Here], Outcome], actor: str,
    now: datetime,
) -> Answer:  # fmt: skip
    wish = Wish(sent.uuid, sent.channel, actor, sent.sequence, sent.device_at, sent.sent_at, sent.device, sent.is_lead)
    digest = hashlib.sha256(canonical([site_id, station_id, raw]).encode()).hexdigest()
    heard: list[Here] = []

    def accept(connection: Connection) -> Answer:
        # The station is locked before its scans are looked at: a repeated one waits and finds the answer.
        here = station_here.read(connection, site_id, station_id, wish, now)
        known = _stored(connection, site_id, sent.uuid, digest)
        if known is not None:
            return known
        heard.append(here)
        outcome = work(here)
        here.save()
        answer = _answer(here, outcome)
        station_here.store_scan(here, raw, digest, outcome.status, answer)
        return outcome.status, answer

    try:
        return _commit(accept)
    except Refused as refusal:
        if refusal.status not in _KEPT or refusal.code in ("scan.other_payload", "station.unknown"):
            raise
        return _refuse(site_id, station_id, wish, raw, digest, refusal, now, heard[-1].parsed if heard else None)


def _commit(work: Callable[[Connection], Answer]) -> Answer:
    for attempt in range(1, _TRIES + 1):
        try:
            answer: Answer = commit_together(work)
            return answer
        except DBAPIError as error:
            if attempt == _TRIES or not _may_go_again(error):
                raise
    raise AssertionError("unreachable")


def _may_go_again(error: DBAPIError) -> bool:
    """Whether nothing was written and another try helps: the same scan was committed meanwhile."""
    cause = error.orig
    return isinstance(cause, sqlite3.IntegrityError) or getattr(cause, "sqlstate", None) in _AGAIN


def _refuse(
    site_id: int, station_id: int, wish: Wish, raw: str, digest: str, refusal: Refused, now: datetime,
    parsed: str | None,
) -> Answer:  # fmt: skip
    metrics.REFUSED.labels(refusal.code).inc()

    def keep(connection: Connection) -> Answer:
        known = _stored(connection, site_id, wish.uuid, digest)
        if known is not None:
            return known
        here = station_here.read(connection, site_id, station_id, wish, now)
        here.parsed = parsed  # what it was is known, though nothing came of it
        values = {name: str(value) for name, value in refusal.values.items() if value is not None}
        answer = {"accepted": False, "kind": "refused", "code": refusal.code, "values": values, "next": next_step(here)}
        scan_id = station_here.store_scan(here, raw, digest, refusal.status, answer)
        if refusal.code == "stock.short":
            calls.short(here, refusal.code, values)
        if here.is_late or here.made.uncertain:
            calls.conflict(here, scan_id, refusal.code, values)
        return refusal.status, answer

    return _commit(keep)


def _stored(connection: Connection, site_id: int, uuid: str, digest: str) -> Answer | None:
    row = connection.execute(_STORED, {"uuid": uuid}).one_or_none()
    if row is None:
        return None
    if row.payload_hash != digest or row.site_id != site_id:
        raise Conflict("scan.other_payload")
    return row.status, row.answer


def _answer(here: Here, outcome: Outcome) -> dict[str, Any]:
    # The station's own words stand above what a report tells about itself (it has a kind, too).
    said = {"accepted": outcome.status == 200, "kind": outcome.kind, "code": outcome.code, "values": outcome.values}
    return outcome.data | said | {"next": next_step(here)}


__all__ = ["Act", "Answer", "Scan", "act", "scan"]
