"""Each write through the API happens once, however often it is sent.

The caller makes a key before its first try and keeps it for every retry. The key, a hash of what was asked and
the answer stand in one row that is written in the transaction of the change itself: either both are there or
neither. Only success is kept, so a request that was refused can be corrected and sent again with the same key.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from app.db import Document, canonical, transaction, upsert
from app.errors import Conflict
from app.events import Store
from app.models import IdempotencyKey
from app.prepared import Prepared, connection_of

_K = IdempotencyKey.__table__
_MINE = (_K.c.user_id == bindparam("whose")) & (_K.c.key == bindparam("which"))
_COLUMNS = ("user_id", "key", "payload_hash", "status", "answer", "created_at")
_RESERVE = Prepared(upsert(_K).on_conflict_do_nothing(), _COLUMNS)
_ANSWER = Prepared(update(_K).where(_MINE).values(status=bindparam("said"), answer=bindparam("body", type_=Document)))


@dataclass(frozen=True)
class Answer:
    """What a write answered: status and body (JSON text, byte for byte); ``is_replay`` when it was done before."""

    status: int
    body: str
    is_replay: bool = False


def once(
    store: Store, user_id: int, key: str, payload: Any, now: datetime, work: Callable[[], tuple[int, str]]
) -> Answer:
    """Do ``work`` and keep its answer, or give the answer that this user's key already has.

    Belongs into the transaction of the change. Raises Conflict when the key was used for another payload; what
    ``work`` raises goes through and takes the reservation with it.
    """
    digest = hashlib.sha256(canonical(payload).encode()).hexdigest()
    if not _reserved(store, user_id, key, digest, now):
        return _kept(store, user_id, key, digest)
    status, body = work()
    mine = {"whose": user_id, "which": key, "said": status, "body": {"body": body}}
    _ANSWER.run(connection_of(store), mine)
    return Answer(status, body)


def expire(before: datetime) -> int:
    """Forget the answers of writes older than that; a caller that comes back later would write anew."""
    with transaction() as session:
        return session.execute(delete(_K).where(_K.c.created_at < before)).rowcount  # type: ignore[attr-defined]


def _reserved(store: Store, user_id: int, key: str, digest: str, now: datetime) -> bool:
    """Whether the key was free. On PostgreSQL a second taker waits here until the first one ends."""
    row = {"user_id": user_id, "key": key, "payload_hash": digest, "status": 0, "answer": {}, "created_at": now}
    return bool(_RESERVE.run(connection_of(store), row))


def _kept(store: Store, user_id: int, key: str, digest: str) -> Answer:
    mine = (_K.c.user_id == user_id) & (_K.c.key == key)
    row = store.execute(select(_K.c.payload_hash, _K.c.status, _K.c.answer).where(mine)).one()
    if row.payload_hash != digest:
        raise Conflict("api.other_payload", key=key)
    return Answer(row.status, row.answer["body"], is_replay=True)
