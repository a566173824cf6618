"""Reading symbols in pictures: a cascade of engines, any of which may be missing, and a sandbox for strange files.

`decode` reads a grey picture that is already in memory (a camera's frame); `Sandbox` reads the bytes of a file that
somebody sent, in a process limited in memory and time; `capabilities` says what is here and how to get the rest.
For a camera that stands still, `Grabber` keeps the newest frame of a source and `Presence` counts each code once for
each time it stands there.
"""

from devices.vision.cascade import BUDGET_MS, decode
from devices.vision.engines import capabilities
from devices.vision.grabber import Grabber
from devices.vision.picture import PictureError
from devices.vision.presence import Presence
from devices.vision.reading import Picture, Read, Result
from devices.vision.sandbox import Sandbox
from devices.vision.sources import masked

__all__ = [
    "BUDGET_MS", "Grabber", "Picture", "PictureError", "Presence", "Read", "Result", "Sandbox", "capabilities",
    "decode", "masked",
]  # fmt: skip
