"""A fixed camera at a station: frames of a folder become scans, each presence once, whatever restarts or fails."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.config import cameras
from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.models import Lease, Line, Report, Scan, Site, Station
from app.queries.cameras import Place, camera_health, place_of
from app.services import leases, station
from app.workers import camera, children
from app.workers.camera import MEMORY, Watch, run
from devices.codes import Kind, make
from devices.vision import Grabber
from tests.app.station_floor import Stations, reports
from tests.small_plant import NOW

GOOD = make(Kind.COMMAND, 3)


class Scene:
    """What stands before the camera, frame by frame, in a folder; time goes on half a second a frame."""

    def __init__(self, floor: Stations, folder: Path) -> None:
        self.floor, self.folder = floor, folder
        self.place = Place(floor.plant.site_id, floor.plant.stations["BEND"], "BEND")
        self.at_s = 0.0
        self.now = NOW
        self.watch = self.watching()

    def watching(self) -> Watch:
        watch = Watch(self.place, Grabber(str(self.folder)), lambda: self.at_s)
        watch.grabber.step()
        return watch

    def frame(self, *texts: str) -> None:
        """Put a frame into the folder that shows symbols side by side."""
        sheet = np.full((360, 1280), 120, np.uint8)
        for place, text in enumerate(texts):
            barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix)
            symbol = np.array(barcode.to_image(scale=6, add_quiet_zones=True))
            sheet[60 : 60 + symbol.shape[0], 60 + 400 * place : 60 + 400 * place + symbol.shape[1]] = symbol
        cv2.imwrite(str(self.folder / "frame.png"), sheet)

    def show(self, *texts: str, times: int = 1) -> int:
        """Let the watch look at frames; returns how many codes arrived."""
        arrived = 0
        for _ in range(times):
            self.frame(*texts)
            self.at_s += 0.5
            self.now += timedelta(seconds=0.5)
            self.watch.grabber.step()
            arrived += self.watch.look(self.now)
        return arrived

    def health(self) -> dict[str, object]:
        return dict(camera_health(db.session, self.now, ())[self.place.lease])


@pytest.fixture
def scene(floor: Stations, tmp_path: Path) -> Scene:
    floor.at("BEND", "C10")
    made = Scene(floor, tmp_path)
    assert made.watch.take(NOW)
    return made


def test_a_card_before_the_camera_is_one_report(scene: Scene) -> None:
    assert scene.show() == 0
    assert scene.show(GOOD, times=4) == 1
    db.session.rollback()
    report = db.session.scalars(select(Report)).one()
    assert (report.kind, report.quantity, report.channel) == ("good", 1, "camera")
    row = db.session.scalars(select(Scan).order_by(Scan.id.desc())).first()
    assert row is not None
    assert (row.raw, row.device, row.accepted, row.uncertain) == (GOOD, "camera:BEND", True, False)


def test_taken_away_and_shown_again_it_counts_again(scene: Scene) -> None:
    scene.show(GOOD, times=2)
    scene.show(times=2)
    assert scene.show(GOOD) == 0
    scene.show(times=6)
    assert scene.show(GOOD) == 1
    assert reports() == 2


def test_a_second_process_waits_and_goes_on_without_counting_twice(scene: Scene) -> None:
    scene.show(GOOD, times=2)
    first, second = scene.watch, scene.watching()
    assert not second.take(scene.now)
    first.release(scene.now)
    scene.watch = second
    assert second.take(scene.now)
    assert scene.show(GOOD, times=2) == 0
    assert reports() == 1


def test_after_a_long_pause_what_stands_there_is_new(scene: Scene) -> None:
    scene.show(GOOD)
    scene.watch.release(scene.now)
    scene.watch = scene.watching()
    assert scene.watch.take(scene.now + MEMORY + timedelta(seconds=1))
    assert scene.show(GOOD) == 1


def test_a_process_that_died_after_seeing_sends_it_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies before the scan, or after the scan and before it knew: the next one sends it under the same number."""
    with monkeypatch.context() as patch:
        patch.setattr(Watch, "send", lambda watch, now: None)
        assert scene.show(GOOD) == 1
    assert reports() == 0
    for _ in range(2):
        heir = scene.watching()
        scene.now += timedelta(seconds=30)
        assert heir.take(scene.now)
        assert [one.raw for one in heir.unsent] == [GOOD]
        heir.send(scene.now)
        assert reports() == 1
    assert scene.watch.unsent


def test_what_the_store_cannot_take_now_is_kept_and_sent_later(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise OperationalError("insert", {}, OSError("disk full"))

        patch.setattr(station, "scan", full)
        assert scene.show(GOOD, times=2) == 1
        assert len(scene.watch.unsent) == 1
    scene.watch.send(scene.now)
    assert (reports(), len(scene.watch.unsent)) == (1, 0)


def test_who_lost_the_lease_tells_nothing(scene: Scene) -> None:
    scene.now += timedelta(seconds=60)
    assert leases.take(scene.place.lease, "another", scene.now, 10) is not None
    scene.show(GOOD)
    assert (scene.watch.fence, reports()) == (None, 0)


def test_a_refused_code_is_counted_as_such(scene: Scene) -> None:
    scene.show("SUPPLIER-4711")
    assert (scene.watch.counted, scene.watch.refused) == (0, 1)


def test_health_tells_of_each_camera(scene: Scene) -> None:
    scene.show(GOOD)
    scene.watch.beat(scene.now)
    assert {name: scene.health()[name] for name in ("ok", "state", "counted", "unsent", "station")} == {
        "ok": True, "state": "watching", "counted": 1, "unsent": 0, "station": "BEND"}  # fmt: skip
    for file in scene.folder.iterdir():
        file.unlink()
    scene.folder.rmdir()
    scene.watch.grabber.step()
    scene.watch.beat(scene.now)
    assert (scene.health()["state"], scene.health()["problem"]) == ("away", "camera.lost")
    scene.folder.mkdir()
    scene.watch.grabber.step()
    scene.watch.beat(scene.now)
    assert scene.health()["ok"]
    scene.now += timedelta(minutes=1)
    assert (scene.health()["ok"], scene.health()["state"]) == (False, "not_running")
    found = camera_health(db.session, scene.now, ["FOAM", "NOWHERE"])
    assert found["camera:NOWHERE"]["problem"] == "station.unknown"
    assert {one["station"] for one in found.values()} == {"BEND", "FOAM", "NOWHERE"}
    scene.watch.release(scene.now)
    assert camera_health(db.session, scene.now, ()) == {}


class Until:
    """Tells a worker to stop as soon as something holds."""

    def __init__(self, holds: Callable[[], bool]) -> None:
        self.holds, self.until = holds, time.monotonic() + 30
        self._event = threading.Event()

    def is_set(self) -> bool:
        assert time.monotonic() < self.until
        return self.holds()

    def wait(self, timeout: float) -> bool:
        return self._event.wait(min(timeout, 0.02))


def test_the_process_watches_with_its_threads(scene: Scene, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole loop: folder, grabber thread, lease, scan; told to stop, it gives the lease back."""
    scene.watch.release(NOW)
    monkeypatch.setattr(camera, "now_utc", lambda: NOW)
    scene.frame(GOOD)

    def reported() -> bool:
        db.session.rollback()
        return reports() == 1

    run(app, scene.place, Grabber(str(scene.folder)), Until(reported))
    lease = db.session.get(Lease, scene.place.lease, populate_existing=True)
    assert lease is not None
    assert (lease.holder, lease.info["unsent"]) == ("", [])
    assert lease.info["present"] == [GOOD]


def test_cameras_are_named_in_the_settings() -> None:
    assert cameras("") == {}
    assert cameras("PACK=rtsp://u:p@cam/1?a=b 'BEND=/srv/my frames' GX/DOOR=/dev/video0") == {
        "PACK": "rtsp://u:p@cam/1?a=b", "BEND": "/srv/my frames", "GX/DOOR": "/dev/video0"}  # fmt: skip
    with pytest.raises(ValueError, match="STATION=SOURCE"):
        cameras("PACK")


def test_serve_keeps_a_process_a_camera_and_shows_no_password() -> None:
    found = children.cameras({"PACK": "rtsp://u:secret@cam/1"})
    assert [one.argv[-3:] for one in found] == [("camera", "--station", "PACK")]
    assert "secret" not in str(found)


def test_a_station_is_found_by_its_code_and_its_site(floor: Stations) -> None:
    assert place_of(db.session, "BEND").code == "BEND"
    with transaction() as session:
        other = Site(code="OTHER", name="Other")
        session.add(other)
        session.flush()
        line = Line(site_id=other.id, code="L", name="L")
        session.add(line)
        session.flush()
        session.add(Station(site_id=other.id, line_id=line.id, code="BEND", name="Bend"))
        other_id = other.id
    with pytest.raises(Conflict):
        place_of(db.session, "BEND")
    assert place_of(db.session, "OTHER/BEND").site_id == other_id
    with pytest.raises(NotFound):
        place_of(db.session, "OTHER/NOWHERE")


def said(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["camera", *arguments])


def test_the_command_refuses_in_words(floor: Stations, app: Flask) -> None:
    none = said(app, "--station", "BEND")
    assert none.exit_code == 1
    assert "GONGXU_CAMERAS" in none.stderr
    unknown = said(app, "--station", "NOWHERE", "--source", "/tmp")
    assert unknown.exit_code == 1
    assert "NOWHERE" in unknown.stderr
