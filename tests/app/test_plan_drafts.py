"""What-if: a draft is changed by drops that are checked first, taken back, and published against the store as it is."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db
from app.errors import Conflict, NotFound
from app.models import Plan, PlannedTask, PlanStep
from app.queries import plan_drafts, plan_try, plans
from app.queries.plan_drafts import Places
from app.queries.plan_try import Tried, Wish
from app.services import drafts, planning
from app.services.draft_publishing import publish_draft
from scheduling import verify
from tests.app.planning_floor import later, more, plan_now
from tests.app.test_execution import Floor
from tests.small_plant import NOW, build


@pytest.fixture
def floor(app: Flask) -> Iterator[Floor]:
    with app.app_context():
        plan_try.forget()
        yield Floor(build(), 4)


@pytest.fixture
def draft(floor: Floor) -> int:
    plan_now(floor)
    return drafts.open_draft(floor.plant.site_id, "Overtime", "cli:test", NOW)


def seen(draft: int) -> Places:
    found = plan_drafts.places(db.session, draft)
    db.session.rollback()
    return found


def attempt(floor: Floor, draft: int, key: str, station: str, at: datetime) -> Tried:
    rows = seen(draft)
    made = plan_try.snapshot(db.session, floor.plant.site_id, NOW)
    found = plan_try.tried(made, rows, [Wish(floor.task(key).id, floor.plant.stations[station], at)])
    db.session.rollback()
    if found.ok:
        at_rest = plan_drafts.in_ticks(found.places, made.epoch_at, made.problem)
        assert verify(made.problem, at_rest, None, list(found.places)) == []
    return found


def drop(floor: Floor, draft: int, key: str, station: str, at: datetime, revision: int) -> Tried:
    found = attempt(floor, draft, key, station, at)
    assert found.ok
    task = floor.task(key).id
    db.session.rollback()
    drafts.change(floor.plant.site_id, draft, revision, "move", task, found.places, {}, "cli:test", NOW)
    return found


def count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_draft_begins_as_the_published_plan_and_changes_nothing_of_it(floor: Floor, draft: int) -> None:
    site = floor.plant.site_id
    assert seen(draft) == plans.published(db.session, site)
    assert plans.current(db.session, site).id != draft
    before = plans.published(db.session, site)
    drop(floor, draft, "F40", "PACK", later(600), 1)
    assert plans.published(db.session, site) == before
    assert seen(draft)[floor.task("F40").id].start_at == later(600)


def test_a_drop_pushes_what_stands_behind_it_and_says_so(floor: Floor, draft: int) -> None:
    before = seen(draft)
    found = attempt(floor, draft, "C10", "BEND", later(120))
    assert found.ok
    assert floor.task("C20").id in found.moved
    assert floor.task("D10").id not in found.moved
    assert found.places[floor.task("C20").id].start_at > before[floor.task("C20").id].start_at
    assert seen(draft) == before  # looked at, not written


@pytest.mark.parametrize(
    ("key", "station", "minutes", "code"),
    [
        ("F40", "PACK", 5, "predecessor"),
        ("C10", "PACK", 60, "no_station"),
        ("C10", "BEND", -60, "past"),
    ],
)
def test_a_drop_that_cannot_be_says_why(
    floor: Floor, draft: int, key: str, station: str, minutes: int, code: str
) -> None:
    found = attempt(floor, draft, key, station, later(minutes))
    assert [one.code for one in found.violations] == [code]


def test_a_task_in_work_cannot_be_dragged(floor: Floor) -> None:
    floor.report("C10", 1, station_id=floor.plant.stations["BEND"])
    plan_now(floor, later(1))
    draft = drafts.open_draft(floor.plant.site_id, "x", "cli:test", NOW)
    assert attempt(floor, draft, "C10", "BEND", later(60)).violations[0].code == "running"


def test_a_drop_into_closed_time_lands_when_it_opens(floor: Floor, draft: int) -> None:
    found = attempt(floor, draft, "F40", "PACK", NOW.replace(hour=23))
    assert found.ok
    assert found.places[floor.task("F40").id].start_at.hour == 6  # the next morning's shift


def test_alternatives_are_tried_and_the_earliest_end_comes_first(floor: Floor, draft: int) -> None:
    rows = seen(draft)
    made = plan_try.snapshot(db.session, floor.plant.site_id, NOW)
    found = plan_try.alternatives(made, rows, floor.task("F10").id)
    assert {one.station for one in found} == {floor.plant.stations["ASSY1"], floor.plant.stations["ASSY2"]}
    assert [one.end_at for one in found] == sorted(one.end_at for one in found)
    assert sum(one.current for one in found) == 1


def test_a_whole_order_moves_together(floor: Floor, draft: int) -> None:
    rows = seen(draft)
    made = plan_try.snapshot(db.session, floor.plant.site_id, NOW)
    wishes = plan_try.whole_order(made, rows, floor.task("C10").id, later(60))
    found = plan_try.tried(made, rows, wishes)
    assert found.ok
    moved = {task: (found.places[task].start_at - rows[task].start_at).total_seconds() / 60 for task in rows}
    assert min(moved.values()) >= 60


def test_fifty_steps_can_be_taken_back_and_done_again(floor: Floor, draft: int) -> None:
    site, start = floor.plant.site_id, seen(draft)
    pack = floor.task("F40").id
    for revision in range(1, 53):
        drafts.lock(site, draft, revision, [pack], revision % 2 == 1, "cli:test", NOW)
    assert count(PlanStep) == 50
    for revision in range(53, 103):
        drafts.undo(site, draft, revision, NOW)
    with pytest.raises(Conflict, match=r"plan\.nothing_to_undo"):
        drafts.undo(site, draft, 103, NOW)
    assert seen(draft) == start
    drafts.undo(site, draft, 103, NOW, forth=True)
    assert seen(draft)[pack].is_locked
    drop(floor, draft, "F40", "PACK", later(700), 104)
    with pytest.raises(Conflict, match=r"plan\.nothing_to_redo"):
        drafts.undo(site, draft, 105, NOW, forth=True)


def test_two_planners_cannot_overwrite_each_other(floor: Floor, draft: int) -> None:
    site = floor.plant.site_id
    drafts.lock(site, draft, 1, [floor.task("F40").id], True, "cli:one", NOW)
    with pytest.raises(Conflict, match=r"plan\.draft_changed"):
        drafts.lock(site, draft, 1, [floor.task("F30").id], True, "cli:two", NOW)


def publish(floor: Floor, draft: int, revision: int, now: datetime = NOW, agreed: str | None = None) -> int:
    return publish_draft(floor.plant.site_id, draft, revision, agreed, "cli:test", now)


def test_a_published_draft_is_the_plan_and_its_locks_stay_when_it_is_planned_anew(floor: Floor, draft: int) -> None:
    drop(floor, draft, "F40", "PACK", later(600), 1)
    plan_id = publish(floor, draft, 2)
    here = plan_drafts.places(db.session, plan_id)[floor.task("F40").id]
    assert (here.start_at, here.is_locked) == (later(600), True)
    assert count(PlanStep) == 0
    with pytest.raises(NotFound):
        publish(floor, draft, 2)
    again = plan_now(floor, later(10))
    assert plan_drafts.places(db.session, again)[floor.task("F40").id].start_at == later(600)


def test_what_touches_the_frozen_zone_is_asked_about_once_more(floor: Floor, draft: int) -> None:
    drop(floor, draft, "C10", "BEND", later(120), 1)
    with pytest.raises(Conflict) as asked:
        publish(floor, draft, 2)
    assert (asked.value.code, asked.value.values["frozen"] > 0) == ("plan.confirm", True)
    assert plans.current(db.session, floor.plant.site_id).version == 1
    assert publish(floor, draft, 2, agreed=asked.value.values["token"])


def test_a_draft_on_a_store_that_moved_on_is_carried_over(floor: Floor, draft: int) -> None:
    drop(floor, draft, "F40", "PACK", later(600), 1)
    floor.report("D10", 8, station_id=floor.plant.stations["DOOR"])
    extra = more(floor)
    with pytest.raises(Conflict) as asked:
        publish(floor, draft, 2, later(5))
    assert asked.value.values["fresh"] == 1
    plan_id = publish(floor, draft, 2, later(5), asked.value.values["token"])
    here = plan_drafts.places(db.session, plan_id)
    assert floor.task("D10").id not in here  # done meanwhile
    assert here[floor.task("F40").id].start_at == later(600)
    tasks = set(db.session.scalars(select(PlannedTask.task_id).where(PlannedTask.plan_id == plan_id)))
    query = select(Plan.objective).where(Plan.id == plan_id)
    assert db.session.scalar(query)["tasks"] == len(tasks) == 13, extra


def test_a_publication_that_fails_leaves_draft_and_plan_whole(
    floor: Floor, draft: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(floor, draft, "F40", "PACK", later(600), 1)
    rows = seen(draft)

    def broken(*_args: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(planning.events, "record", broken)
    with pytest.raises(OSError, match="disk full"):
        publish(floor, draft, 2)
    monkeypatch.undo()
    assert seen(draft) == rows
    assert plans.current(db.session, floor.plant.site_id).version == 1


def test_a_discarded_draft_is_gone_and_another_sites_is_not_there(floor: Floor, draft: int) -> None:
    with pytest.raises(NotFound):
        drafts.discard(floor.plant.site_id + 1, draft, "cli:test", NOW)
    drafts.discard(floor.plant.site_id, draft, "cli:test", NOW)
    assert plan_drafts.drafts(db.session, floor.plant.site_id) == []


def test_there_is_no_draft_without_a_plan_and_not_more_than_a_dozen(floor: Floor) -> None:
    site = floor.plant.site_id
    with pytest.raises(NotFound):
        drafts.open_draft(site, "x", None, NOW)
    plan_now(floor)
    for number in range(drafts.MOST_DRAFTS):
        drafts.open_draft(site, str(number), None, NOW)
    with pytest.raises(Conflict, match=r"plan\.too_many_drafts"):
        drafts.open_draft(site, "more", None, NOW)


def test_stations_hear_when_another_task_comes_next(floor: Floor) -> None:
    more(floor)
    first = plan_now(floor)
    assert db.session.get_one(Plan, first).objective["next"] == {}  # nothing was next before the first plan
    draft = drafts.open_draft(floor.plant.site_id, "x", "cli:test", NOW)
    drop(floor, draft, "C10", "BEND", NOW, 1)
    with pytest.raises(Conflict) as asked:
        publish(floor, draft, 2)
    plan_id = publish(floor, draft, 2, agreed=asked.value.values["token"])
    coming = db.session.get_one(Plan, plan_id).objective["next"]
    assert coming[str(floor.plant.stations["BEND"])] == floor.task("C10").id
