"""Small pictures drawn on the server: figures for SVG attributes, so that no style and no script is needed."""

import math

_LOW, _HIGH = 0.25, 64.0
WIDTH = 160.0


def interval(ratio: float, low: float, high: float) -> dict[str, float]:
    """Where a ratio, its interval and the ratio of one lie on a logarithmic ruler of WIDTH, from 1/4 to 64."""
    return {"ratio": place(ratio), "low": place(low), "high": place(high), "one": place(1.0), "width": WIDTH}


def place(ratio: float) -> float:
    """The place of a ratio on the ruler; what lies beyond stands at its end."""
    inside = min(max(ratio, _LOW), _HIGH)
    return round(WIDTH * math.log(inside / _LOW) / math.log(_HIGH / _LOW), 1)


__all__ = ["WIDTH", "interval", "place"]
