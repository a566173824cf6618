"""Who changed a draft does not approve it while others may; who alone may does, and the log says so."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.errors import Conflict
from app.models import Bom, Event, Routing, Site, User
from app.queries.bom_drafts import draft_rows
from app.services import bom_drafts, bom_revisions, users
from app.services.bom_drafts import Author
from app.services.importing.dates import Clock
from app.services.routings import approving, drafts
from app.services.routings.drafts import Editor
from tests.small_plant import NOW, Plant, build

CHANGES: list[Any] = [{"sheet": "routings", "key": ["F10"], "row": {"piece_min": "6"}}]


@pytest.fixture
def plant(app: Flask) -> Iterator[Plant]:
    with app.app_context():
        yield build()
        db.session.rollback()


def person(name: str, *roles: str, site: str = "T") -> int:
    return users.create(site, name, "open sesame", list(roles), None, NOW, weak=True)


def author(plant: Plant, user: int) -> Author:
    return Author(plant.site_id, user, f"user:{user}", NOW)


def bill(plant: Plant, *writers: int) -> int:
    """A draft of the cabinet's bill that each of the writers saved."""
    made = bom_drafts.open_draft(plant.items["CABINET"], author(plant, writers[0]))
    for version, user in enumerate(writers, 1):
        row = draft_rows(db.session, made)[0]
        cells = {**row.cells, "quantity": str(version)}
        db.session.rollback()
        changed = {row.key: {"position": row.position, "cells": cells}}
        bom_drafts.save(made, version, f"key-{user}", changed, [], author(plant, user))
    return made


def approve(plant: Plant, made: int, version: int, user: int) -> None:
    bom_revisions.approve(made, version, Clock(NOW, ZoneInfo("UTC")), author(plant, user))


def topics(kind: str) -> list[str]:
    found = db.session.scalars(select(Event.topic).where(Event.topic.startswith(f"{kind}.approved"))).all()
    db.session.rollback()
    return list(found)


def states(plant: Plant) -> list[str]:
    query = select(Bom.status).where(Bom.item_id == plant.items["CABINET"]).order_by(Bom.id)
    found = list(db.session.scalars(query))
    db.session.rollback()
    return found


def test_nobody_who_saved_the_bill_approves_it_but_another_does(plant: Plant) -> None:
    ann, bob, carl = (person(name, "engineer") for name in ("ann", "bob", "carl"))
    made = bill(plant, ann, bob)
    for user in (ann, bob):  # also who did not write last
        with pytest.raises(Conflict, match=r"approve\.own"):
            approve(plant, made, 3, user)
    assert states(plant) == ["approved", "draft"]
    approve(plant, made, 3, carl)
    assert states(plant) == ["retired", "approved"]
    assert topics("bom") == ["bom.approved"]


def test_who_alone_may_approve_does_and_the_log_says_so(plant: Plant) -> None:
    ann = person("ann", "engineer", "quality")  # two roles are still one user
    person("planner", "planner")
    gone = person("gone", "engineer")
    with transaction() as session:
        session.add(Site(code="B", name="Other"))
        session.get_one(User, gone).active = False
    person("bea", "engineer", site="B")
    approve(plant, bill(plant, ann), 2, ann)
    assert topics("bom") == ["bom.approved_own"]


def test_what_was_saved_in_a_draft_that_was_given_up_does_not_count(plant: Plant) -> None:
    ann, bob = person("ann", "engineer"), person("bob", "engineer")
    bom_drafts.discard(bill(plant, ann), 2, author(plant, ann))
    approve(plant, bill(plant, bob), 2, ann)  # the store may give it the number of the first
    assert topics("bom") == ["bom.approved"]


def routing(plant: Plant, user: int) -> Editor:
    by = Editor(plant.site_id, plant.items["FRIDGE"], user, f"user:{user}")
    drafts.open_draft(by, NOW)
    return by


def replaced(by: Editor) -> str:
    with transaction() as session:
        return approving.mark(session, drafts.approved(session, by.item_id))


def test_a_routing_takes_four_eyes_too(plant: Plant) -> None:
    ann, bob, carl = (routing(plant, person(name, "engineer")) for name in ("ann", "bob", "carl"))
    drafts.change(ann, "key-00001", 1, CHANGES, NOW)
    drafts.undo(bob, "key-00002", 2, NOW)
    drafts.undo(bob, "key-00003", 3, NOW, forth=True)
    for by in (ann, bob):
        with pytest.raises(Conflict, match=r"approve\.own"):
            approving.approve(by, 4, replaced(by), NOW)
    assert approving.approve(carl, 4, replaced(carl), NOW) == "B"
    assert topics("routing") == ["routing.approved"]


def test_the_only_one_who_may_approves_their_own_routing(plant: Plant) -> None:
    ann = routing(plant, person("ann", "engineer"))
    drafts.change(ann, "key-00001", 1, CHANGES, NOW)
    assert approving.approve(ann, 2, replaced(ann), NOW) == "B"
    assert topics("routing") == ["routing.approved_own"]
    found = db.session.scalars(select(Routing.status).where(Routing.item_id == ann.item_id).order_by(Routing.id))
    assert list(found) == ["retired", "approved"]
