"""Which registers are read together: requests are the cost of Modbus, registers are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from devices.tags import BIT_TABLES, Tag

BIT_SPAN = 2000  # most bits one request may ask for (Modbus application protocol 6.1)

Ranges = Mapping[str, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Block:
    """One read request: table, first address, how many, and the tags whose values lie in it."""

    table: str
    address: int
    count: int
    tags: tuple[Tag, ...]


def coalesce(
    tags: Iterable[Tag], max_gap: int = 16, max_span: int = 125, readable: Ranges | None = None
) -> tuple[Block, ...]:
    """Return the fewest blocks for these tags: gaps up to max_gap bridged, spans limited, readable ranges kept."""
    blocks: list[list[Tag]] = []
    for tag in sorted(tags, key=lambda t: (t.table, t.address, t.end, t.bit)):
        if blocks and _fits(blocks[-1], tag, max_gap, max_span, readable or {}):
            blocks[-1].append(tag)
        else:
            blocks.append([tag])
    return tuple(_block(group) for group in blocks)


def halves(block: Block) -> tuple[Block, ...]:
    """Return the block cut in two by its tags, to find which register a device refuses; one tag stays whole."""
    if len(block.tags) < 2:
        return (block,)
    middle = len(block.tags) // 2
    return _block(list(block.tags[:middle])), _block(list(block.tags[middle:]))


def _block(tags: list[Tag]) -> Block:
    first = tags[0].address
    return Block(tags[0].table, first, max(t.end for t in tags) - first, tuple(tags))


def _fits(group: list[Tag], tag: Tag, max_gap: int, max_span: int, readable: Ranges) -> bool:
    block = _block(group)
    if block.table != tag.table or tag.address - (block.address + block.count) > max_gap:
        return False
    if tag.end - block.address > (BIT_SPAN if tag.table in BIT_TABLES else max_span):
        return False
    ranges = readable.get(tag.table)
    return ranges is None or any(lo <= block.address and tag.end - 1 <= hi for lo, hi in ranges)
