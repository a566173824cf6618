"""What each machine makes of a limit: a rule may slow several, and each of them answers for itself.

requested → written → verified (read back equal) → accepted (the machine names the sequence) → effective (fewer pieces
come), or refused, ineffective, overridden at the machine, lost; notify_only has no way to be written. A machine that
was let go is released. The limit itself shows the worst of its machines.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.events import Store
from app.models import LimitSignal, LimitTarget
from devices.sample import LimitReport

TROUBLE = ("lost", "refused", "ineffective", "overridden")
WORST = (*TROUBLE, "requested", "written", "verified", "accepted", "effective", "notify_only")
_REACHED = ("verified", "accepted", "effective", "ineffective", "overridden")
_S, _G = LimitSignal.__table__, LimitTarget.__table__
Told = tuple[Any, str, dict[str, Any]]


def aim(
    store: Store, site_id: int, signal_id: int, machines: Collection[int], reachable: Collection[int], now: datetime
) -> None:
    """Begin a limit, or begin it anew, at its machines; those that cannot be written are told through people."""
    store.execute(delete(_G).where(_G.c.signal_id == signal_id))
    rows = [
        {"signal_id": signal_id, "machine_id": machine, "site_id": site_id, "written": {}, "read_back": {},
         "status": "requested" if machine in reachable else "notify_only", "verified_at": None, "updated_at": now}
        for machine in machines
    ]  # fmt: skip
    if rows:
        store.execute(insert(_G), rows)


def waiting(store: Store) -> set[int]:
    """Machines that have not answered an open limit."""
    query = (
        select(_G.c.machine_id).join(_S, _S.c.id == _G.c.signal_id)
        .where(_S.c.cleared_at.is_(None), _G.c.status == "requested")
    )  # fmt: skip
    return set(store.execute(query).scalars())


def keep(store: Store, machine: int, report: LimitReport, now: datetime) -> Iterator[Told]:
    """Keep a machine's answer at every limit that slows it; gives (signal, topic, data) of each that is news."""
    if report.demanded == "run":
        yield from _released(store, machine, report, now)
        return
    query = (
        select(_S, _G.c.status.label("was"), _G.c.written.label("target_written"),
               _G.c.read_back.label("target_read_back"), _G.c.verified_at.label("target_verified_at"))
        .join(_G, _G.c.signal_id == _S.c.id)
        .where(_G.c.machine_id == machine, _S.c.cleared_at.is_(None))
        .order_by(_S.c.id)
    )  # fmt: skip
    for signal in store.execute(query).all():
        if (told := _kept(store, signal, machine, report, now)) is not None:
            yield told


def _kept(store: Store, signal: Any, machine: int, report: LimitReport, now: datetime) -> Told | None:
    said = _said(machine, report)
    if (signal.was, signal.target_written, signal.target_read_back) == (
        report.state, said["written"], said["read_back"],
    ):  # fmt: skip
        return None
    first = report.state in _REACHED and signal.target_verified_at is None
    values = said | {"status": report.state, "updated_at": now} | ({"verified_at": report.at} if first else {})
    store.execute(update(_G).where(_G.c.signal_id == signal.id, _G.c.machine_id == machine).values(values))
    _sum_up(store, signal, said, report.at)
    data = {"machine": machine, "mode": report.demanded, "rate_permille": report.rate_permille,
            "backlog": signal.backlog, "written": said["written"]["registers"],
            "read_back": said["read_back"]["registers"], "reason": report.reason, "state": report.state}  # fmt: skip
    return signal, "limit.verified" if first else f"limit.{report.state}", data


def _sum_up(store: Store, signal: Any, said: dict[str, Any], at: datetime) -> None:
    """The limit as its worst machine has it; verified when each machine that can be written is."""
    rows = store.execute(select(_G.c.status, _G.c.verified_at).where(_G.c.signal_id == signal.id)).all()
    status = min((row.status for row in rows), key=lambda word: WORST.index(word) if word in WORST else 0)
    values: dict[str, Any] = {"status": status, **said}
    if signal.verified_at is None and all(row.verified_at or row.status == "notify_only" for row in rows):
        values["verified_at"] = at
    store.execute(update(_S).where(_S.c.id == signal.id).values(values))


def _released(store: Store, machine: int, report: LimitReport, now: datetime) -> Iterator[Told]:
    """The machine was told to run: the limits that are over end here for it, and only once."""
    query = (
        select(_S).join(_G, _G.c.signal_id == _S.c.id)
        .where(_G.c.machine_id == machine, _S.c.cleared_at.is_not(None),
               _G.c.status.not_in(("released", "notify_only")))
        .order_by(_S.c.id)
    )  # fmt: skip
    if report.state not in _REACHED:  # it did not arrive: the lease lets the machine go, and the write is repeated
        return
    for signal in store.execute(query).all():
        mine = (_G.c.signal_id == signal.id) & (_G.c.machine_id == machine)
        store.execute(update(_G).where(mine).values(status="released", updated_at=now))
        yield signal, "limit.released", {"machine": machine, "mode": "run", "state": report.state}


def _said(machine: int, report: LimitReport) -> dict[str, Any]:
    write = report.write
    return {
        "written": {"machine": machine, "mode": report.demanded, "rate_permille": report.rate_permille,
                    "sequence": report.sequence, "registers": list(write.requested) if write else []},
        "read_back": {"registers": list(write.read_back or ()) if write else [], "mode": report.effective,
                      "rate_permille": report.effective_permille, "override": report.override,
                      "reason": report.reason},
    }  # fmt: skip
