"""What must hold inside one row, whatever the other files say."""

import itertools
from collections.abc import Iterator
from typing import Any

from app.services.importing.description import Finding

Values = dict[str, Any]
_DAY_MIN = 1440


def in_order(*columns: str, strictly: bool = False) -> Any:
    """A rule: the values of these columns rise (empty ones are left out)."""

    def check(row: Values) -> Iterator[Finding]:
        given = [(name, row[name]) for name in columns if row.get(name) is not None]
        for (low_name, low), (high_name, high) in itertools.pairwise(given):
            if high < low or (strictly and high == low):
                yield high_name, "not_after", {"value": str(high), "other": low_name, "other_value": str(low)}

    return check


def different(one: str, other: str) -> Any:
    """A rule: two columns must not hold the same."""

    def check(row: Values) -> Iterator[Finding]:
        if row.get(one) is not None and row.get(one) == row.get(other):
            yield other, "same", {"value": row[other], "other": one}

    return check


def countable(row: Values) -> Iterator[Finding]:
    """Single pieces are counted whole, and a phantom is never in a stock."""
    if row.get("serialised") and row.get("decimals"):
        yield "decimals", "serialised_whole", {"value": row["decimals"]}
    if row.get("supply") == "phantom" and (row.get("serialised") or row.get("lot_tracked")):
        yield "supply", "phantom_tracked", {}


def alternate_group(row: Values) -> Iterator[Finding]:
    """A group belongs to alternate links and to no others."""
    if (row.get("kind") == "alternate") != bool(row.get("alternate_group")):
        yield "alternate_group", "group_and_kind", {"kind": row.get("kind")}


def measured(row: Values) -> Iterator[Finding]:
    """What a device measures names the tag's meaning, and only a variable has limits."""
    if row.get("source") == "device" and not row.get("meaning"):
        yield "meaning", "empty", {}
    if row.get("kind") == "attribute" and any(row.get(n) is not None for n in ("lower", "target", "upper")):
        yield "kind", "attribute_limits", {}


def shift_times(row: Values) -> None:
    """Move the end, and the breaks, of a shift that runs past midnight into the next day."""
    start, end = row.get("start"), row.get("end")
    if start is None or end is None:
        return
    row["end"] = end + _DAY_MIN if end <= start else end
    for pause in row.get("breaks") or ():
        if pause[0] < start:
            pause[0] += _DAY_MIN
        if pause[1] < pause[0]:
            pause[1] += _DAY_MIN
    row["breaks"] = sorted(row.get("breaks") or [])


def breaks_inside(row: Values) -> Iterator[Finding]:
    """The breaks lie in the shift and do not overlap."""
    last = row.get("start")
    for start, end in row.get("breaks") or ():
        if last is not None and (start < last or end <= start or end > (row.get("end") or 0)):
            yield "breaks", "break_outside", {"value": f"{_clock(start)}-{_clock(end)}"}
        last = end


def _clock(at: int) -> str:
    return f"{at // 60 % 24:02}:{at % 60:02}"
