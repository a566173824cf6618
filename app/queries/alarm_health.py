"""How well the notices serve people (ISA-18.2, EEMUA 191): how many come, which flutter, which nobody ends."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.events import Store
from app.models import Notice

DAYS = 7
MANY_IN_10_MIN = 10  # a flood: nobody reads more
CHATTER = 3  # the same cause so often within
CHATTER_MIN = 10
STALE = timedelta(hours=24)
GOOD_PER_HOUR = 6.0


@dataclass
class Cause:
    """One cause of notices: how often it came, the most within ten minutes, how long it stands on average in min."""

    kind: str
    subject: tuple[str | None, int | None]
    station_id: int | None
    times: int = 0
    burst: int = 0
    minutes: float = 0.0

    @property
    def chatters(self) -> bool:
        """Whether it came and went faster than anybody could act."""
        return self.burst >= CHATTER


@dataclass(frozen=True)
class AlarmHealth:
    """The notices of some days: rates, floods, the causes that come most, and those that stand too long."""

    days: int
    total: int
    per_hour: float
    most_in_10_min: int
    seen_min: float | None
    shelved: int
    causes: list[Cause]
    stale: list[Notice]
    by_hour: list[int] = field(default_factory=list)

    @property
    def chattering(self) -> list[Cause]:
        """Causes that flutter."""
        return [cause for cause in self.causes if cause.chatters]


def alarm_health(store: Store, site_id: int, now: datetime, days: int = DAYS) -> AlarmHealth:
    """The notices of a site over the last days; each line's copy of one cause counts once."""
    since = now - timedelta(days=days)
    query = select(Notice).where(Notice.site_id == site_id, Notice.opened_at > since).order_by(Notice.opened_at)
    rows = list({(one.kind, one.subject_type, one.subject_id, one.opened_at): one
                 for one in store.execute(query).scalars()}.values())  # fmt: skip
    open_now = select(Notice).where(
        Notice.site_id == site_id, Notice.cleared_at.is_(None), Notice.opened_at < now - STALE
    )  # fmt: skip
    seen = [(one.acknowledged_at - one.opened_at).total_seconds() / 60 for one in rows if one.acknowledged_at]
    times = [one.opened_at for one in rows]
    return AlarmHealth(
        days, len(rows), len(rows) / (days * 24), _burst(times), sum(seen) / len(seen) if seen else None,
        sum(one.shelved_until is not None and one.shelved_until > now for one in rows), _causes(rows, now),
        list(store.execute(open_now.order_by(Notice.opened_at)).scalars()), _hours(times, now),
    )  # fmt: skip


def _causes(rows: list[Notice], now: datetime, most: int = 20) -> list[Cause]:
    groups: dict[Any, list[Notice]] = defaultdict(list)
    for one in rows:
        groups[one.kind, one.subject_type, one.subject_id].append(one)
    found = []
    for (kind, subject_type, subject_id), notices in groups.items():
        stood = [((one.cleared_at or now) - one.opened_at).total_seconds() / 60 for one in notices]
        found.append(Cause(kind, (subject_type, subject_id), notices[-1].station_id, len(notices),
                           _burst([one.opened_at for one in notices]), sum(stood) / len(stood)))  # fmt: skip
    return sorted(found, key=lambda cause: (-cause.times, cause.kind))[:most]


def _burst(times: list[datetime]) -> int:
    """The most notices within any ten minutes."""
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] > timedelta(minutes=CHATTER_MIN):
            first += 1
        most = max(most, last - first + 1)
    return most


def _hours(times: list[datetime], now: datetime) -> list[int]:
    """How many came in each of the last 24 hours, oldest first."""
    ago = Counter(int((now - at).total_seconds() // 3600) for at in times)
    return [ago.get(hour, 0) for hour in range(23, -1, -1)]
