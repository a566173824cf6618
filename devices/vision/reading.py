"""What a decoder found in a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

    Picture: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
else:
    Picture = object


@dataclass(frozen=True, slots=True)
class Read:
    """One symbol: its symbology (Code128, Code39, QRCode, DataMatrix, EAN13, …), its text, the engine that read it.

    `step` is the place in the cascade; `aim` the AIM identifier where the engine tells it.
    """

    symbology: str
    text: str
    engine: str
    step: str = ""
    aim: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What was read in one picture and the CPU time that took, ms; no reads where there is no code."""

    reads: tuple[Read, ...]
    ms: float
