"""Who is told when nobody acts, what a shelf hides and for how long, and what the notices say of themselves."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import Event, Setting
from app.queries.alarm_health import alarm_health
from app.services import andon, notices, users
from app.services.notices import Matter, clear_notices, open_notice
from app.services.replanning import cause_of
from tests.app.machine_rigs import Shop, shop
from tests.app.machine_rigs import notices as rows
from tests.small_plant import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def made(app: Flask) -> Iterator[Shop]:
    with app.app_context():
        yield shop(rule=False)


def call(made: Shop, kind: str = "limit", number: int = 1, at=NOW) -> int:
    with transaction() as session:
        return open_notice(session, Matter(made.plant.site_id, kind, ("limit_rule", number)), "warn", at, "t",
                           station_id=made.plant.stations["BEND"])  # fmt: skip


def level(kind: str = "limit") -> int:
    return rows(kind)[-1].escalated


def test_a_notice_nobody_sees_goes_up_at_3_10_and_30_minutes(made: Shop) -> None:
    call(made)
    seen = []
    for minutes in (2.9, 3, 9.9, 10, 29.9, 30, 90):
        andon.escalate(NOW + minutes * MINUTE)
        seen.append(level())
    assert seen == [0, 1, 1, 2, 2, 3, 3]
    assert rows("limit")[0].severity == "crit"
    told = list(db.session.scalars(select(Event).where(Event.topic == "notice.escalated").order_by(Event.id)))
    assert len(told) == 3
    assert [cause_of(event) is not None for event in told] == [False, False, True]  # the last asks for a plan


def test_seen_calls_nobody_further_but_a_limit_that_stands_still_asks_for_a_plan(made: Shop) -> None:
    user = users.create("T", "lead", "secret-secret", ["lead"], None, NOW, weak=True)
    for kind in ("limit", "help"):
        notices.acknowledge(made.plant.site_id, call(made, kind), user, "t", NOW)
    andon.escalate(NOW + 11 * MINUTE)
    assert (level(), level("help")) == (0, 0)
    andon.escalate(NOW + 31 * MINUTE)
    assert (level(), level("help")) == (3, 0)
    assert rows("limit")[0].cleared_at is None  # acknowledged is not cleared


def test_a_site_may_have_other_minutes(made: Shop) -> None:
    with transaction() as session:
        session.add(Setting(site_id=made.plant.site_id, name=andon.SETTING, value=[1, 2, 5]))
    call(made)
    andon.escalate(NOW + 2 * MINUTE)
    assert level() == 2


def test_a_shelf_silences_until_its_time_and_no_longer(made: Shop) -> None:
    number, site = call(made), made.plant.site_id
    andon.shelve(site, number, NOW + 60 * MINUTE, "the fitter is there", "t", NOW)
    andon.escalate(NOW + 59 * MINUTE)
    assert level() == 0
    andon.escalate(NOW + 62 * MINUTE)
    assert level() == 0
    andon.escalate(NOW + 63 * MINUTE)
    assert level() == 1
    andon.shelve(site, number, NOW + 70 * MINUTE, "again", "t", NOW + 64 * MINUTE)
    andon.unshelve(site, number, "t", NOW + 65 * MINUTE)
    assert rows("limit")[0].shelved_until is None
    topics = db.session.scalars(select(Event.topic).where(Event.topic.startswith("notice.")).order_by(Event.id))
    assert list(topics)[1:] == ["notice.shelved", "notice.escalated", "notice.shelved", "notice.unshelved"]


def test_a_shelf_needs_a_reason_ends_with_the_shift_and_holds_no_cleared_notice(made: Shop) -> None:
    number, site = call(made), made.plant.site_id
    longest = andon.longest(db.session, site, NOW)
    for until, note in ((NOW + MINUTE, " "), (longest + MINUTE, "x"), (NOW, "x")):
        with pytest.raises(Invalid):
            andon.shelve(site, number, until, note, "t", NOW)
    with pytest.raises(NotFound):
        andon.shelve(site, number + 99, NOW + MINUTE, "x", "t", NOW)
    with transaction() as session:
        clear_notices(session, Matter(site, "limit", ("limit_rule", 1)), NOW, "t")
    with pytest.raises(Conflict):
        andon.shelve(site, number, NOW + MINUTE, "x", "t", NOW)


def test_alarm_health_tells_rates_floods_chatter_and_what_nobody_ends(made: Shop) -> None:
    site = made.plant.site_id
    for minute in (0, 2, 4):
        at = NOW + minute * MINUTE
        call(made, "limit", 7, at)
        with transaction() as session:
            clear_notices(session, Matter(site, "limit", ("limit_rule", 7)), at + MINUTE, "t")
    call(made, "help", 2, NOW + 30 * MINUTE)
    found = alarm_health(db.session, site, NOW + timedelta(hours=25))
    assert (found.total, found.most_in_10_min, len(found.stale)) == (4, 3, 1)
    assert [(cause.kind, cause.times, cause.chatters) for cause in found.causes] == [
        ("limit", 3, True), ("help", 1, False),
    ]  # fmt: skip
    assert found.causes[0].minutes == pytest.approx(1)
    assert sum(found.by_hour) == 0  # all of them came more than a day ago
    assert sum(alarm_health(db.session, site, NOW + timedelta(hours=24.2)).by_hour) == 1
    assert alarm_health(db.session, site, NOW - MINUTE).total in (0, 4)
