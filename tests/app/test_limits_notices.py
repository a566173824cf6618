"""Notices and leases: one open notice for a cause, one holder of a job."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.models import Event, Lease, Notice
from app.services import leases, notices, users
from app.services.notices import Matter
from tests.small_plant import NOW, Plant, build


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield build()


def help_at(plant: Plant, severity: str = "warn", **more: object) -> int:
    station = plant.stations["FOAM"]
    with transaction() as session:
        return notices.open_notice(
            session, Matter(plant.site_id, "help", ("station", station)), severity, NOW, "cli:test",
            station_id=station, **more,
        )  # fmt: skip


def notice(notice_id: int) -> Notice:
    return db.session.get_one(Notice, notice_id, populate_existing=True)


def topics() -> list[str]:
    return list(db.session.scalars(select(Event.topic).where(Event.topic.startswith("notice.")).order_by(Event.id)))


def test_a_cause_told_twice_is_one_notice(plant: Plant) -> None:
    first = help_at(plant, data={"reason": "tool"})
    assert help_at(plant, note="hurry") == first
    row = notice(first)
    assert (row.line_id is not None, row.data, row.note) == (True, {"reason": "tool"}, "hurry")
    assert topics() == ["notice.opened"]


def test_another_station_has_its_own_notice(plant: Plant) -> None:
    first = help_at(plant)
    with transaction() as session:
        matter = Matter(plant.site_id, "help", ("station", plant.stations["BEND"]))
        other = notices.open_notice(session, matter, "warn", NOW, None, station_id=plant.stations["BEND"])
    assert other != first


def test_acknowledged_is_not_cleared_and_worse_is_unread_again(plant: Plant) -> None:
    notice_id = help_at(plant)
    lead = users.create("T", "lead", "a-long-secret", ["lead"], None, NOW)
    notices.acknowledge(plant.site_id, notice_id, lead, "user:1", NOW)
    notices.acknowledge(plant.site_id, notice_id, lead, "user:1", NOW + timedelta(minutes=1))
    assert (notice(notice_id).acknowledged_at, notice(notice_id).cleared_at) == (NOW, None)
    help_at(plant, "crit")
    assert (notice(notice_id).acknowledged_at, notice(notice_id).severity) == (None, "crit")
    help_at(plant, "warn")
    assert notice(notice_id).severity == "crit"


def test_cleared_is_over_and_the_next_is_a_new_one(plant: Plant) -> None:
    notice_id = help_at(plant)
    notices.clear(plant.site_id, notice_id, "user:1", NOW)
    assert notice(notice_id).cleared_by == "user:1"
    with pytest.raises(Conflict, match=r"notice\.cleared"):
        notices.acknowledge(plant.site_id, notice_id, 1, "user:1", NOW)
    assert help_at(plant) != notice_id


def test_what_a_backlog_opened_is_not_cleared_by_hand(plant: Plant) -> None:
    with transaction() as session:
        notice_id = notices.open_notice(session, Matter(plant.site_id, "limit", ("limit_rule", 7)), "warn", NOW, None)
    with pytest.raises(Conflict, match="by_itself"):
        notices.clear(plant.site_id, notice_id, "user:1", NOW)
    with transaction() as session:
        assert notices.clear_notices(session, Matter(plant.site_id, "limit", ("limit_rule", 7)), NOW, None) == 1
    assert notice(notice_id).cleared_at == NOW


def test_a_foreign_notice_does_not_exist(plant: Plant) -> None:
    with pytest.raises(NotFound):
        notices.acknowledge(plant.site_id + 1, help_at(plant), 1, "user:1", NOW)


def test_a_lease_has_one_holder_until_it_runs_out(plant: Plant) -> None:
    assert leases.take("poller", "one", NOW, 10, {"pid": 1}) == 1
    assert leases.take("poller", "two", NOW + timedelta(seconds=9), 10) is None
    assert leases.take("poller", "one", NOW + timedelta(seconds=9), 10) == 1
    assert leases.take("poller", "two", NOW + timedelta(seconds=19), 10) == 2
    assert not leases.renew("poller", "one", 1, NOW + timedelta(seconds=20), 10)
    assert leases.renew("poller", "two", 2, NOW + timedelta(seconds=20), 10, {"pid": 2})
    assert db.session.get_one(Lease, "poller", populate_existing=True).info == {"pid": 2}


def test_an_outdated_holder_writes_nothing(plant: Plant) -> None:
    fence = leases.take("poller", "one", NOW, 10)
    assert fence == 1
    with transaction() as session:
        leases.confirm(session, "poller", "one", fence)
    leases.take("poller", "two", NOW + timedelta(seconds=11), 10)
    with pytest.raises(leases.LeaseLost), transaction() as session:
        leases.confirm(session, "poller", "one", fence)


def test_a_released_lease_is_free_at_once(plant: Plant) -> None:
    fence = leases.take("poller", "one", NOW, 10)
    leases.release("poller", "other", 1, NOW)
    assert leases.take("poller", "two", NOW, 10) is None
    leases.release("poller", "one", fence or 0, NOW)
    assert not leases.renew("poller", "one", fence or 0, NOW, 10)
    assert leases.take("poller", "two", NOW, 10) == 2
