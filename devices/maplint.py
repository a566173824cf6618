"""Checks that need a whole map: what overlaps, what is there twice."""

from __future__ import annotations

from itertools import pairwise

from devices.errors import Problem
from devices.signal import ANSWER_WORDS, COMMAND_WORDS
from devices.tags import MESSAGE, DeviceMap


def overlaps(found: DeviceMap, where: str, problems: list[Problem]) -> None:
    """Add a problem for each pair of tags on the same register, and for each tag outside the readable ranges."""
    spans = [(t.table, t.address, t.end, t.bit if t.type == "bit" else -1, t.name) for t in found.tags
             if t.table != MESSAGE]  # fmt: skip
    if found.limit:
        spans.append(("holding", found.limit.address, found.limit.address + COMMAND_WORDS, -1, "limit"))
        spans.append(("holding", found.limit.answer, found.limit.answer + ANSWER_WORDS, -1, "limit answer"))
    ordered = sorted(spans)
    for i, one in enumerate(ordered):
        for other in ordered[i + 1 :]:
            if other[0] != one[0] or other[1] >= one[2]:
                break
            if one[3] < 0 or other[3] < 0 or one[3] == other[3]:
                problems.append(Problem(where, "overlap", f"{one[4]} and {other[4]}"))
    for table, ranges in found.readable.items():
        for tag in found.tags:
            if tag.table == table and not any(lo <= tag.address and tag.end - 1 <= hi for lo, hi in ranges):
                problems.append(Problem(where, "outside_readable", tag.name))


def strangers(found: DeviceMap, where: str, problems: list[Problem]) -> None:
    """Add a problem for what the device's protocol does not know: registers at a broker, messages on a bus."""
    by_message = found.link.protocol == "mqtt"
    for tag in found.tags:
        if (tag.table == MESSAGE) != by_message:
            problems.append(Problem(where, "table_of_another_protocol", tag.name))
    if by_message and found.limit:
        problems.append(Problem(where, "no_limit_over_messages", found.device))
    spoken = [(tag.topic, tag.path) for tag in found.tags if tag.table == MESSAGE]
    for tag in found.tags:
        if tag.table == MESSAGE and spoken.count((tag.topic, tag.path)) > 1:
            problems.append(Problem(where, "overlap", tag.name))


def duplicates(maps: tuple[DeviceMap, ...], problems: list[Problem]) -> None:
    """Add a problem for each name, link or limit that is given twice."""
    _twice("duplicate_device", [m.device for m in maps], problems)
    _twice("duplicate_link", [m.link.address for m in maps], problems)
    _twice("duplicate_limit", [m.machine for m in maps if m.limit], problems)
    for i, found in enumerate(maps):
        _twice("duplicate_tag", [t.name for t in found.tags], problems, f"devices[{i}]")


def _twice(code: str, names: list[str], problems: list[Problem], where: str = "file") -> None:
    repeated = {a for a, b in pairwise(sorted(names)) if a == b and a}
    problems.extend(Problem(where, code, name) for name in sorted(repeated))
