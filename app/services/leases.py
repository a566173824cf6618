"""Leases: jobs that only one process may do, such as polling machines or sealing events.

A holder that falls silent loses the lease when it runs out. The fence grows with each change of holder, so that a
process that slept too long finds its number outdated (`confirm`) before it writes anything.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, or_, select, update

from app.db import transaction, upsert
from app.errors import Unavailable
from app.events import Store
from app.models import Lease

_L = Lease.__table__


class LeaseLost(Unavailable):
    """Somebody else does this job now."""

    def __init__(self, name: str) -> None:
        super().__init__("worker.busy", lease=name)


def take(name: str, holder: str, now: datetime, seconds: float, info: dict[str, Any] | None = None) -> int | None:
    """Take a lease for some seconds; returns the fence, or None while another holder's has not run out."""
    until = now + timedelta(seconds=seconds)
    fence = case((_L.c.holder == holder, _L.c.fence), else_=_L.c.fence + 1)
    mine = (_L.c.name == name) & or_(_L.c.holder == holder, _L.c.until <= now)
    changed = {"holder": holder, "fence": fence, "until": until} | ({} if info is None else {"info": info})
    with transaction() as session:
        row = {"name": name, "holder": holder, "fence": 1, "until": until, "info": info or {}}
        fresh = upsert(_L).values(row).on_conflict_do_nothing().returning(_L.c.fence)
        made = session.execute(fresh).scalar()
        if made is not None:
            return int(made)
        taken = session.execute(update(_L).where(mine).values(changed).returning(_L.c.fence)).scalar()
        return None if taken is None else int(taken)


def renew(
    name: str, holder: str, fence: int, now: datetime, seconds: float, info: dict[str, Any] | None = None
) -> bool:
    """Hold on for some seconds more and tell how it goes; False when the lease is somebody else's by now."""
    changed = {"until": now + timedelta(seconds=seconds)} | ({} if info is None else {"info": info})
    with transaction() as session:
        return bool(session.execute(update(_L).where(*_mine(name, holder, fence)).values(changed)).rowcount)  # type: ignore[attr-defined]


def release(name: str, holder: str, fence: int, now: datetime) -> None:
    """Give a lease back, so that the next may begin at once; nothing happens when it is no longer ours.

    It is nobody's then, so that a renewal that was under way comes too late.
    """
    with transaction() as session:
        session.execute(update(_L).where(*_mine(name, holder, fence)).values(until=now, holder=""))


def confirm(store: Store, name: str, holder: str, fence: int) -> None:
    """Raise LeaseLost unless the lease is still ours; the row stays so until this transaction ends."""
    held = select(_L.c.fence).where(*_mine(name, holder, fence)).with_for_update(read=True)
    if store.execute(held).first() is None:
        raise LeaseLost(name)


def _mine(name: str, holder: str, fence: int) -> tuple[Any, ...]:
    return _L.c.name == name, _L.c.holder == holder, _L.c.fence == fence
