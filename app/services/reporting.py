"""A report or its undoing as another program sends it: once for each UUID, in the shared commit.

The UUID is made by the caller before its first try. Sent again with the same content it gets the same answer;
with other content, or when somebody else used it, it is refused.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, union_all
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from app.db import end_read
from app.errors import Conflict
from app.group_commit import commit_together
from app.models import Report, Scan
from app.prepared import Prepared
from app.services.execution import Entry, report
from app.services.idempotency import Answer, once
from app.services.undoing import Undo, undo

Words = Callable[[dict[str, Any]], str]
_USED = Prepared(
    union_all(
        *(select(table.c.id).where(table.c.uuid == bindparam("uuid")) for table in (Report.__table__, Scan.__table__))
    )
)


def report_once(user_id: int, entry: Entry, payload: Any, now: datetime, words: Words) -> Answer:
    """Write a report; ``words`` makes the answer's text. Raises what ``execution.report`` raises."""
    return _once(user_id, entry.uuid, payload, now, lambda connection: words(report(connection, entry, now)))


def undo_once(user_id: int, wish: Undo, payload: Any, now: datetime, words: Words) -> Answer:
    """Reverse a report; ``words`` makes the answer's text. Raises what ``undoing.undo`` raises."""
    return _once(user_id, wish.uuid, payload, now, lambda connection: words(undo(connection, wish, now)))


def _once(user_id: int, uuid: str, payload: Any, now: datetime, work: Callable[[Connection], str]) -> Answer:
    def fresh(connection: Connection) -> tuple[int, str]:
        if _USED.one(connection, {"uuid": uuid}) is not None:
            raise Conflict("scan.other_payload", uuid=uuid)
        return 201, work(connection)

    # What was read to understand the request ends here: a request must not hold two connections.
    end_read()
    try:
        return commit_together(
            lambda connection: once(connection, user_id, uuid, payload, now, lambda: fresh(connection))
        )
    except IntegrityError as error:
        # Somebody else wrote a report with this UUID in the very same moment.
        if "uuid" not in str(error.orig):
            raise
        raise Conflict("scan.other_payload", uuid=uuid) from None
