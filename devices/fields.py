"""Reading loose mappings field by field while collecting every problem instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from devices.errors import Problem


class Fields:
    """One mapping of a file: each getter checks one key; `close` reports the keys nobody asked for."""

    def __init__(self, raw: Any, where: str, problems: list[Problem]) -> None:
        """Wrap `raw`; anything but a mapping is one problem and reads as empty."""
        self.where, self.problems = where, problems
        self.raw: Mapping[Any, Any] = raw if isinstance(raw, Mapping) else {}
        self.asked: set[str] = set()
        if not isinstance(raw, Mapping):
            self.wrong("not_a_mapping", raw)

    def wrong(self, code: str, value: Any = "", key: str = "") -> None:
        """Record one problem at this place, or at one key of it."""
        self.problems.append(Problem(f"{self.where}.{key}" if key else self.where, code, str(value)[:80]))

    def take(self, key: str) -> Any:
        """Return the raw value of a key (None when absent) and note that it is known."""
        self.asked.add(key)
        return self.raw.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string; without a default it must be there and not empty."""
        value = self.take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            self.wrong("missing_text" if value is None else "not_text", value or "", key)
            return ""
        return value.strip()

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """Return one of the allowed words; anything else is a problem."""
        value = self.take(key)
        value = default if value is None else value
        if value not in allowed:
            self.wrong("bad_" + key, "" if value is None else value, key)
            return default or allowed[0]
        return str(value)

    def integer(self, key: str, lo: int, hi: int, default: int | None = None) -> int:
        """Return a whole number within lo..hi; true and 1.0 are not whole numbers here."""
        value = self.take(key)
        if value is None and default is not None:
            return default
        if type(value) is not int or not lo <= value <= hi:
            self.wrong("bad_integer", "" if value is None else value, key)
            return default if default is not None else lo
        return value

    def number(self, key: str, default: float, lo: float = float("-inf")) -> float:
        """Return a finite number not below lo."""
        value = self.take(key)
        if value is None:
            return default
        if not is_number(value) or value < lo:
            self.wrong("bad_number", value, key)
            return default
        return float(value)

    def decimal(self, key: str, default: str) -> Decimal:
        """Return an exact decimal, so that a scale of 0.1 is a tenth and not its nearest float."""
        value = self.take(key)
        try:
            number = Decimal(str(default if value is None else value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or isinstance(value, bool):
            self.wrong("bad_number", value, key)
            return Decimal(default)
        return number

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false; words like "yes" in quotes are a problem."""
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong("not_a_flag", value, key)
            return default
        return value

    def pair(self, key: str) -> tuple[float, float] | None:
        """Return (low, high) with low <= high, or None when absent."""
        value = self.take(key)
        if value is None:
            return None
        if not is_pair(value):
            self.wrong("bad_range", value, key)
            return None
        return float(value[0]), float(value[1])

    def rows(self, key: str) -> list[Any]:
        """Return a list; absent or anything else is a problem."""
        value = self.take(key)
        if not isinstance(value, list) or not value:
            self.wrong("missing_list", "" if value is None else value, key)
            return []
        return value

    def close(self) -> None:
        """Report keys that nobody asked for: a misspelt key must not be silently the default."""
        for key in self.raw:
            if key not in self.asked:
                self.wrong("unknown_key", key, str(key))


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite int or float (bool excluded)."""
    return type(value) in (int, float) and abs(value) < float("inf")


def is_pair(value: Any) -> bool:
    """Tell whether a value is a list of two numbers in rising order."""
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value)) and value[0] <= value[1]
