"""What the devices room refuses, each with a code and named values; no sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class DevicesError(Exception):
    """Base of every refusal of this room: a `code` and the `values` that belong to it."""

    code = "devices"

    def __init__(self, code: str | None = None, **values: Any) -> None:
        """Keep the code and its values; the text is a plain line for the command line only."""
        self.code = code or type(self).code
        self.values = values
        super().__init__(" ".join([self.code, *(f"{k}={v}" for k, v in values.items())]))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a tag map: the place, a code and the offending value."""

    where: str
    code: str
    value: str = ""

    def __str__(self) -> str:
        """Return one line for the command line."""
        return f"{self.where}: {self.code}" + (f" ({self.value})" if self.value else "")


class MapError(DevicesError):
    """A tag map does not hold; `problems` names every place at once."""

    code = "map_invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep all problems, so that an engineer mends the file in one go."""
        super().__init__(count=len(problems))
        self.problems = problems


class BadValue(DevicesError):
    """Registers that hold no usable value: not_finite, undecodable, short."""

    code = "bad_value"


class OutOfRange(DevicesError):
    """A value that does not fit the register, its scale or the allowed range."""

    code = "out_of_range"


class NotWritable(DevicesError):
    """A write that the map does not allow."""

    code = "not_writable"


class LinkError(DevicesError):
    """An exchange that failed: refused, timeout, closed, malformed, foreign, backing_off."""

    code = "link"


class Refused(DevicesError):
    """The device answered properly and said no; `values["exception"]` is the Modbus exception code."""

    code = "device_refused"


class BadBlock(DevicesError):
    """A limit block whose version, mode or checksum does not hold."""

    code = "limit_block"


class UnknownDevice(DevicesError):
    """A device or tag that no loaded map names."""

    code = "unknown_device"


class RuleError(DevicesError):
    """A throttle rule that contradicts itself."""

    code = "throttle_rule"


class PlantError(DevicesError):
    """A simulated plant that cannot listen where its map says."""

    code = "plant"
