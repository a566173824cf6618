"""Where frames come from: a network camera or a USB camera through OpenCV, or a folder into which frames are put."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from devices.errors import DevicesError
from devices.vision import engines
from devices.vision.picture import PictureError, grey
from devices.vision.reading import Picture

OPEN_MS, READ_MS = 5000, 5000
LOOK_S: Final = 0.05  # how often a folder is looked into
OLD_S: Final = 300.0  # a picture from before that shows nothing of now
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
_NUMBERED: Final = re.compile(r"(?:/dev/video)?(\d{1,3})")


class SourceLost(DevicesError):
    """A camera that does not answer, or a folder that is not there: `camera.lost`; worth another try."""

    code = "camera.lost"


class Source(Protocol):
    """Something open that gives frames."""

    def read(self) -> Picture | None:
        """The next frame in grey (height × width), None when there is none yet; SourceLost when it went away."""
        ...

    def close(self) -> None:
        """Let go of it; it is not read again."""
        ...


def open_source(name: str) -> Source:
    """Open an address (``rtsp://…``), ``/dev/videoN`` or a folder; SourceLost when it is not there."""
    if "://" in name or _NUMBERED.fullmatch(name):
        return _Video(name)
    return _Folder(Path(name))


def masked(name: str) -> str:
    """The name of a source without the user and password that an address may hold."""
    if "://" not in name:
        return name
    parts = urlsplit(name)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


class _Video:
    def __init__(self, name: str) -> None:
        cv2 = engines.load("opencv")
        if cv2 is None:
            raise SourceLost("camera.no_opencv", missing=engines.capabilities()["opencv"])
        self._cv2: Any = cv2
        number = _NUMBERED.fullmatch(name)
        self._camera = self._numbered(int(number[1])) if number else self._streamed(name)
        if not self._camera.isOpened():
            self._camera.release()
            raise SourceLost("camera.lost", source=masked(name))
        self._name = name

    def _numbered(self, number: int) -> Any:
        camera = self._cv2.VideoCapture(number)
        camera.set(self._cv2.CAP_PROP_BUFFERSIZE, 1)  # the driver would else keep four old frames
        return camera

    def _streamed(self, name: str) -> Any:
        waits = [self._cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, self._cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
        return self._cv2.VideoCapture(name, self._cv2.CAP_FFMPEG, waits)

    def read(self) -> Picture | None:
        is_there, frame = self._camera.read()
        if not is_there or frame is None:
            raise SourceLost("camera.lost", source=masked(self._name))
        picture: Picture = frame if frame.ndim == 2 else self._cv2.cvtColor(frame, self._cv2.COLOR_BGR2GRAY)
        return picture

    def close(self) -> None:
        self._camera.release()


class _Folder:
    """The newest picture of a folder, once, unless it is old; what is half written is read when it is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._done: tuple[int, str] | None = None
        self._newest()

    def read(self) -> Picture | None:
        newest = self._newest()
        if newest is None or newest == self._done or newest[0] < (time.time() - OLD_S) * 1e9:
            time.sleep(LOOK_S)
            return None
        try:
            frame = grey((self._folder / newest[1]).read_bytes())
        except (OSError, PictureError):
            time.sleep(LOOK_S)
            return None
        self._done = newest
        return frame

    def _newest(self) -> tuple[int, str] | None:
        try:
            found = [path for path in self._folder.iterdir() if path.suffix.lower() in _PICTURES]
        except OSError as error:
            raise SourceLost("camera.lost", source=str(self._folder)) from error
        return max(((_written(path), path.name) for path in found), default=None)

    def close(self) -> None:
        """Nothing is held."""


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0  # taken away between two looks
