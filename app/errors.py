"""Refusals: an error carries a code and named values; here alone it becomes a status and words.

Refused            what was asked for cannot be done; nothing was changed
├── NotFound       404  there is no such thing, or not for you
├── Forbidden      403  your role does not allow it
├── Invalid        422  a value is wrong
├── Conflict       409  it does not fit the state of things
└── Unavailable    503  not now; try again

A message says what was refused, why, and what to do next. The words stand in ``app.words``.
"""

from collections.abc import Iterable
from typing import Any


class Refused(Exception):
    """What was asked for cannot be done; nothing was changed."""

    status = 409

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.code} ({said})" if said else self.code


class NotFound(Refused):
    """There is no such thing, or not for you."""

    status = 404


class Forbidden(Refused):
    """Your role does not allow it."""

    status = 403


class Invalid(Refused):
    """A value is wrong."""

    status = 422


class Conflict(Refused):
    """It does not fit the state of things."""

    status = 409


class Unavailable(Refused):
    """Not now; try again."""

    status = 503


def names(**rows: Any) -> dict[str, str]:
    """Values for a refusal from rows with ``name`` and ``name_zh``: each under its word, the Chinese one beside it.

    ``Conflict("task.held", **names(task=task))`` is then read in the language of whoever reads it.
    """
    said: dict[str, str] = {}
    for word, row in rows.items():
        said[word] = row.name
        said[f"{word}_zh"] = row.name_zh or row.name
    return said


def listed(word: str, pairs: Iterable[tuple[str, str | None]], empty: str = "") -> dict[str, str]:
    """The same for several names under one word: (name, name_zh) pairs, sorted, separated by commas."""
    pairs = sorted(set(pairs), key=lambda pair: pair[0])
    chinese = "\u3001".join(dict.fromkeys(zh or name for name, zh in pairs))
    return {word: ", ".join(dict.fromkeys(name for name, _ in pairs)) or empty, f"{word}_zh": chinese or empty}
