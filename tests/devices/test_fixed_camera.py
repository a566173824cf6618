"""A camera that stands still: one count a presence, the newest frame alone, a source that vanishes and returns."""

import functools
import operator
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.vision import Grabber, Presence, engines, masked
from devices.vision.presence import FRAMES, SECONDS
from devices.vision.reading import Picture
from devices.vision.sources import SourceLost, open_source

STEP_S = 0.4


def counted(frames: list[set[str]], step_s: float = STEP_S) -> list[list[str]]:
    """What arrives with each frame, one every ``step_s``."""
    presence = Presence()
    return [presence.look(sorted(shown), place * step_s) for place, shown in enumerate(frames)]


def test_a_code_that_stays_counts_once() -> None:
    assert counted([{"A"}] * 50) == [["A"], *[[]] * 49]


def test_a_hand_before_the_lens_is_not_a_second_piece() -> None:
    assert functools.reduce(operator.iadd, counted([{"A"}, *[set()] * (FRAMES - 1), {"A"}]), []) == ["A"]


def test_a_code_that_was_gone_counts_again() -> None:
    assert functools.reduce(operator.iadd, counted([{"A"}, *[set()] * FRAMES, {"A"}]), []) == ["A", "A"]


def test_many_frames_in_a_short_time_are_not_gone() -> None:
    assert functools.reduce(operator.iadd, counted([{"A"}, *[set()] * 30, {"A"}], SECONDS / 100), []) == ["A"]


def test_a_long_time_without_frames_is_not_gone() -> None:
    presence = Presence()
    assert presence.look(["A"], 0) == ["A"]
    assert presence.look(["A"], 3600) == []
    assert presence.look([], 7200) == []
    assert presence.look(["A"], 7300) == []


def test_the_next_piece_counts_while_the_last_is_there() -> None:
    assert counted([{"A"}, {"A", "B"}, {"B"}, {"A", "B"}]) == [["A"], ["B"], [], []]


def test_one_frame_with_a_code_twice_counts_it_once() -> None:
    assert Presence().look(["A", "A"], 0) == ["A"]


def test_what_stood_there_before_a_restart_is_known() -> None:
    presence = Presence(known=("A",), at=0)
    assert presence.look(["A", "B"], 0) == ["B"]
    assert presence.present == ("A", "B")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sets(st.sampled_from("AB")), st.floats(0.01, 2)), max_size=60))
def test_never_two_counts_in_one_presence(frames: list[tuple[set[str], float]]) -> None:
    """Between two counts of a code lie enough frames without it, and enough seconds since it was last seen."""
    presence, at = Presence(), 0.0
    last: dict[str, float] = {}
    missed = dict.fromkeys("AB", 0)
    for shown, pause_s in frames:
        at += pause_s
        arrived = presence.look(sorted(shown), at)
        for text in shown:
            was_gone = text not in last or (missed[text] >= FRAMES and at - last[text] >= SECONDS)
            assert was_gone if text in arrived else text in last
            last[text], missed[text] = at, 0
        for text in set("AB") - shown:
            missed[text] += 1
        assert set(arrived) <= shown


class Frames:
    """A camera that gives what it is told; an exception is one that goes away."""

    def __init__(self, *frames: Picture | Exception | None) -> None:
        self.frames: Iterator[Picture | Exception | None] = iter(frames)
        self.is_closed = False

    def read(self) -> Picture | None:
        frame = next(self.frames)
        if isinstance(frame, Exception):
            raise frame
        return frame

    def close(self) -> None:
        self.is_closed = True


def sheet(tone: int) -> Picture:
    return np.full((40, 60), tone, np.uint8)


def test_only_the_newest_frame_is_kept() -> None:
    grabber = Grabber("x", lambda name: Frames(sheet(1), None, sheet(2)))
    assert [grabber.step() for _ in range(4)] == [0, 0, 0, 0]
    frame = grabber.take()
    assert frame is not None
    assert frame[0, 0] == 2
    assert grabber.take() is None
    assert (grabber.state.is_open, grabber.state.frames, grabber.state.losses) == (True, 2, 0)


def test_a_camera_that_goes_away_is_opened_again_more_and_more_patiently() -> None:
    first, second = Frames(sheet(1), SourceLost("camera.lost")), Frames(sheet(2), RuntimeError("broken"))
    doors = iter([first, SourceLost("camera.lost"), SourceLost("camera.lost"), second])

    def opens(name: str) -> Frames:
        door = next(doors)
        if isinstance(door, Exception):
            raise door
        return door

    grabber = Grabber("x", opens)
    assert [grabber.step() for _ in range(3)] == [0, 0, 0.5]
    assert first.is_closed
    assert (grabber.state.is_open, grabber.state.losses, grabber.state.problem) == (False, 1, "camera.lost")
    assert [grabber.step() for _ in range(4)] == [1, 2, 0, 0]
    assert (grabber.state.is_open, grabber.state.problem) == (True, None)
    assert grabber.step() == 0.5  # it was well in between; whatever a driver throws, it is opened again
    assert (grabber.state.losses, grabber.state.problem) == (2, "RuntimeError")


def test_patience_ends_at_half_a_minute() -> None:
    grabber = Grabber("/nowhere/at/all")
    assert [grabber.step() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_folder_gives_its_newest_picture_once(tmp_path: Path) -> None:
    source = open_source(str(tmp_path))
    assert source.read() is None
    for place, tone in enumerate((10, 20)):
        cv2.imwrite(str(tmp_path / f"{place}.png"), sheet(tone))
    (tmp_path / "notes.txt").write_text("no picture")
    frame = source.read()
    assert frame is not None
    assert frame[0, 0] == 20
    assert source.read() is None
    (tmp_path / "2.png").write_bytes((tmp_path / "1.png").read_bytes()[:40])
    assert source.read() is None  # half written
    cv2.imwrite(str(tmp_path / "2.png"), sheet(30))
    frame = source.read()
    assert frame is not None
    assert frame[0, 0] == 30


def test_a_picture_of_yesterday_shows_nothing_of_now(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), sheet(1))
    os.utime(tmp_path / "a.png", (1e9, 1e9))
    source = open_source(str(tmp_path))
    assert source.read() is None
    cv2.imwrite(str(tmp_path / "a.png"), sheet(2))
    assert source.read() is not None


def test_a_folder_that_vanishes_and_returns_is_read_again_by_the_thread(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), sheet(1))
    grabber = Grabber(str(folder), first_wait_s=0.01)
    grabber.start()
    try:
        assert grabber.take(20) is not None
        shutil.rmtree(folder)
        other = tmp_path / "other"
        other.mkdir()
        cv2.imwrite(str(other / "b.png"), sheet(2))
        other.rename(folder)
        frame = grabber.take(20)
        assert frame is not None
        assert frame[0, 0] == 2
    finally:
        grabber.stop()


def test_a_film_is_read_as_a_network_camera_is(tmp_path: Path) -> None:
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"MJPG"), 5, (64, 48))
    for _ in range(2):
        writer.write(np.full((48, 64, 3), 90, np.uint8))
    writer.release()
    source = open_source(f"file://{film}")
    frames = [source.read(), source.read()]
    assert [frame.shape for frame in frames if frame is not None] == [(48, 64)] * 2
    with pytest.raises(SourceLost):
        source.read()
    source.close()


def test_a_camera_that_is_not_there_says_so() -> None:
    with pytest.raises(SourceLost) as lost:
        open_source("file:///nowhere/film.avi")
    assert lost.value.code == "camera.lost"


def test_without_opencv_cameras_say_so_and_folders_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engines._loaded, "opencv", None)
    with pytest.raises(SourceLost) as lost:
        open_source("/dev/video7")
    assert lost.value.code == "camera.no_opencv"
    assert open_source(str(tmp_path)).read() is None


def test_passwords_of_cameras_are_never_shown() -> None:
    assert masked("rtsp://admin:secret@10.0.0.9:554/live?x=1") == "rtsp://10.0.0.9:554/live?x=1"
    assert masked("/dev/video0") == "/dev/video0"
