"""Backups: made while the plant works, proved before they are used, refused when damaged or in the way."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from app.db import db, now_utc, transaction
from app.errors import Conflict, NotFound
from app.events import seal, unsealed
from app.models import Report
from app.queries.differences import differences
from app.services import backups, leases
from app.services.backups.listing import kept
from tests.app.station_floor import Stations
from tests.conftest import build as build_app
from tests.conftest import dispose
from tests.small_plant import NOW, build

LATER = NOW + timedelta(days=30)


@pytest.fixture
def floor(app: Flask) -> Iterator[Stations]:
    """A plant with work done and sealed; the clock of every lease has run out."""
    app.config["BACKUP_FOLDER"] = Path(app.config["HOME"]) / "none"
    with app.app_context():
        floor = Stations(build())
        floor.made("BEND", "C10", 2)
        with transaction() as session:
            seal(session, unsealed(session, 0))
        db.session.rollback()
        yield floor


def sealed_counts(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text())


def test_a_backup_is_proved_and_tells_what_is_in_it(floor: Stations, tmp_path: Path) -> None:
    made = backups.make(tmp_path / "kept", NOW)
    found = backups.prove(made)
    assert found.counts["report"] == 1
    assert found.position == found.counts["event_seal"] > 0
    assert sorted(found.heads) == [str(floor.plant.site_id)]
    assert [one.folder for one in backups.listed(tmp_path / "kept")] == [made]
    assert made.stat().st_mode & 0o077 == 0
    with pytest.raises(Conflict, match=r"backup\.exists"):
        backups.make(tmp_path / "kept", NOW)


def test_one_changed_byte_or_a_lost_file_is_noticed(floor: Stations, tmp_path: Path) -> None:
    made = backups.make(tmp_path, NOW)
    store = next(path for path in made.iterdir() if path.name.startswith("store"))
    whole = store.read_bytes()
    store.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    with pytest.raises(Conflict) as caught:
        backups.prove(made)
    assert (caught.value.code, caught.value.values["what"]) == ("restore.damaged", store.name)
    store.unlink()
    with pytest.raises(Conflict, match=r"restore\.damaged"):
        backups.prove(made)
    with pytest.raises(NotFound, match=r"restore\.none"):
        backups.prove(tmp_path)


def test_a_copy_that_agrees_with_its_sums_but_not_with_its_manifest_is_damaged(floor: Stations, tmp_path: Path) -> None:
    made = backups.make(tmp_path, NOW)
    told = sealed_counts(made)
    for change in ({"counts": told["counts"] | {"report": 7}}, {"heads": {"1": "0" * 64}}, {"position": 1}):
        (made / "manifest.json").write_text(json.dumps(told | change))
        with pytest.raises(Conflict, match=r"restore\.damaged"):
            backups.prove(made)
    (made / "manifest.json").write_text(json.dumps(told | {"migration": "2999_01_01_01"}))
    with pytest.raises(Conflict, match=r"version\.newer"):
        backups.prove(made)


def test_a_restored_plant_takes_up_the_queues_of_its_scanners(
    app: Flask, floor: Stations, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """What was reported after the backup is still in a scanner's queue; what was before it has its answer."""
    queue = [("before", 1), ("after", 1)]
    floor.at("BEND", "C10")
    first = floor.act("BEND", "good", number=queue[0][0])
    made = backups.make(tmp_path / "kept", NOW)
    floor.act("BEND", "good", number=queue[1][0])
    db.session.rollback()
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    if url.startswith("sqlite"):
        backups.restore(made, LATER)
        assert list(tmp_path.glob("gongxu.db.before-*"))
        _queues(app, floor, queue, first)
        return
    with pytest.raises(Conflict, match=r"restore\.not_empty"):
        backups.restore(made, LATER)
    with _fresh_database(url) as fresh:
        other = build_app(fresh, HOME=tmp_path)
        with other.app_context():
            backups.restore(made, LATER)
            _queues(other, floor, queue, first)
        dispose(other)


def _queues(app: Flask, floor: Stations, queue: list[tuple[str, int]], first: dict[str, Any]) -> None:
    for name, _ in queue:
        answer = floor.act("BEND", "good", number=name)
        assert answer["accepted"], answer
    assert floor.act("BEND", "good", number="before") == first
    assert floor.task("C10").quantity_good == 4
    assert list(differences(db.session)) == []
    db.session.rollback()


def _fresh_database(url: str) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def made() -> Iterator[str]:
        name = f"gongxu_restored_{uuid.uuid4().hex[:8]}"
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
            yield engine.url.set(database=name).render_as_string(hide_password=False)
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()

    return made()


def test_a_running_plant_is_not_restored_over(app: Flask, floor: Stations, tmp_path: Path) -> None:
    from app.services.serving import only_one

    made = backups.make(tmp_path / "kept", NOW)
    with only_one(), pytest.raises(Conflict, match=r"restore\.running"):
        backups.restore(made, LATER)
    fence = leases.take("worker", "another machine", now_utc(), 60)
    with pytest.raises(Conflict, match=r"restore\.running"):
        backups.restore(made, now_utc())
    leases.release("worker", "another machine", fence or 0, now_utc())
    assert db.session.query(Report).count() == 1
    db.session.rollback()


def test_of_old_backups_days_weeks_and_months_stay() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    hourly = [now - timedelta(hours=hours) for hours in range(24 * 400)]
    found = kept(hourly, now)
    assert {now - timedelta(hours=hours) for hours in range(48)} <= found
    assert len([at for at in found if timedelta(days=2) < now - at <= timedelta(days=14)]) == 12
    assert len(found) < 90
    assert min(found) > now - timedelta(days=367)
    assert kept([now - timedelta(days=900)], now) == {now - timedelta(days=900)}


FULL = """
set -e
mount -t tmpfs -o size=40k tmpfs "$1"
"$2" -P -m flask --app wsgi.py backup --folder "$1" || echo "ended $?"
ls -A "$1"
"""


def test_a_full_disk_refuses_the_backup_and_leaves_nothing(app: Flask, floor: Stations, tmp_path: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("does not apply: this user may not make a small disk")
    environment = os.environ | {"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"].replace("+psycopg", "")}
    small = tmp_path / "small"
    small.mkdir()
    done = subprocess.run(["unshare", "-rm", "sh", "-c", FULL, "sh", str(small), sys.executable], text=True,
                          cwd=Path(__file__).parents[2], env=environment, capture_output=True, check=True)  # fmt: skip
    assert done.stdout == "ended 1\n"
    assert "is full. Nothing was kept" in done.stderr
