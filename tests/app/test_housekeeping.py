"""What is done now and then: a backup when it is due, by one worker, and kept answers forgotten by a setting."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db, transaction
from app.models import IdempotencyKey
from app.queries.health import readiness
from app.services import backups, leases
from app.services.idempotency import once
from app.workers import housekeeping
from tests.small_plant import NOW, build


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Path:
    app.config["BACKUP_FOLDER"] = tmp_path / "backups"
    return tmp_path / "backups"


def backup_part() -> dict[str, object]:
    db.session.rollback()
    return readiness()["parts"]["backup"]


def test_a_backup_is_made_when_it_is_due_and_tells_its_age(app: Flask, folder: Path) -> None:
    with app.app_context():
        build()
        assert backup_part()["ok"] is False
        first = housekeeping.turn("a", NOW)
        assert first is not None
        assert housekeeping.turn("a", NOW + timedelta(hours=23)) is None
        assert housekeeping.turn("b", NOW + timedelta(hours=24)) is not None
        assert len(backups.listed(folder)) == 2
        told = backup_part()
        assert str(told["folder"]).startswith(str(folder))


def test_where_none_are_wanted_none_are_made(app: Flask, folder: Path) -> None:
    with app.app_context():
        build()
        for name, value in (("BACKUP_HOURS", 0.0), ("DEMO", True)):
            before = app.config[name]
            app.config[name] = value
            assert housekeeping.turn("a", NOW) is None
            assert "backup" not in readiness()["parts"]
            app.config[name] = before
            db.session.rollback()


def test_of_two_workers_one_keeps_house(app: Flask, folder: Path) -> None:
    with app.app_context():
        build()
        assert leases.take(housekeeping.LEASE, "other", NOW, 60) is not None
        assert housekeeping.turn("a", NOW) is None
        assert housekeeping.turn("a", NOW + timedelta(minutes=2)) is not None


def test_a_backup_that_fails_is_told_and_tried_again(app: Flask, folder: Path) -> None:
    with app.app_context():
        build()
        folder.parent.joinpath("backups").write_text("in the way")
        assert housekeeping.turn("a", NOW) is None
        folder.unlink()
        assert housekeeping.turn("a", NOW) is not None


def test_kept_answers_are_forgotten_by_the_setting(app: Flask, folder: Path) -> None:
    with app.app_context():
        plant = build()
        from app.services import users

        user = users.create("T", "robot", "long enough", ["admin"], None, NOW, weak=True)

        def answered(key: str, at: datetime) -> None:
            with transaction() as session:
                once(session, user, key, {}, at, lambda: (200, "{}"))

        answered("old", NOW - timedelta(days=31))
        answered("fresh", NOW - timedelta(days=29))
        app.config["KEY_DAYS"] = 0.0
        housekeeping.turn("a", NOW)
        assert db.session.scalar(select(func.count()).select_from(IdempotencyKey)) == 2
        app.config["KEY_DAYS"] = 30.0
        db.session.rollback()
        housekeeping.turn("a", NOW)
        assert list(db.session.scalars(select(IdempotencyKey.key))) == ["fresh"]
        db.session.rollback()
        assert plant.site_id
