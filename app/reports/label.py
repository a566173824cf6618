"""A label as what stands where, in millimetres: drawn as PDF for any printer and as dots for a label printer.

Bars and squares are drawn from their matrix in whole dots. A module of 0.25 mm is two dots at 203 dpi and three at
300, the finest that both engines read back from both.
"""

from collections.abc import Callable
from dataclasses import dataclass

from devices.symbols import matrix

FINE = 0.25  # mm, the narrowest bar


def dots_of(module: float, dots_a_mm: float) -> int:
    """Whole dots of a module, rather fewer than more, so that a symbol never outgrows its label."""
    return max(1, int(module * dots_a_mm + 0.2))


SMALLEST = 0.6  # of the size meant: what is still too long is cut


def fitted(text: str, wide: float, size: float, width: Callable[[str, float], float]) -> tuple[str, float]:
    """A text and its size, made smaller and then shorter until its ``width`` is at most ``wide``."""
    is_wide = width(text, size)
    if is_wide > wide:
        size *= max(SMALLEST, wide / is_wide)
    shown = text
    while text and width(shown, size) > wide:
        text = text[:-1]
        shown = f"{text.rstrip()}…"
    return shown, size


@dataclass(frozen=True)
class Words:
    """A line of text: its upper left corner, height of its letters and the width it must fit into, mm."""

    x: float
    y: float
    size: float
    wide: float
    text: str


@dataclass(frozen=True)
class Symbol:
    """A printed code: upper left corner, module and (for bars) height in mm; ``form`` code128, datamatrix or qr."""

    x: float
    y: float
    form: str
    text: str
    module: float = FINE
    high: float = 0.0

    def rows(self) -> tuple[tuple[bool, ...], ...]:
        """The modules, True is dark."""
        return matrix(self.text, self.form)

    def runs(self) -> list[tuple[int, int, int]]:
        """Dark stretches as (row, first, length), in modules."""
        found = []
        for number, row in enumerate(self.rows()):
            begun = 0
            for at, dark in enumerate((*row, False)):
                if not dark:
                    if at > begun:
                        found.append((number, begun, at - begun))
                    begun = at + 1
        return found


@dataclass(frozen=True)
class Label:
    """A label of ``wide`` × ``high`` mm."""

    wide: float
    high: float
    parts: tuple[Words | Symbol, ...]
