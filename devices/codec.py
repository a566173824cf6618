"""Registers to values and back, exactly: word and byte orders, scaling in decimals, no silent clipping."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from decimal import Decimal

from devices.errors import BadValue, OutOfRange
from devices.tags import Tag, Value

_STRUCT = {
    "int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "int64": ">q", "uint64": ">Q",
    "float32": ">f", "float64": ">d",
}  # fmt: skip


def decode(tag: Tag, raw: Sequence[int]) -> Value:
    """Return the value in these registers (or bits); raises BadValue: short, not_finite, undecodable."""
    if len(raw) != tag.count:
        raise BadValue("short", tag=tag.name, want=tag.count, got=len(raw))
    if tag.type == "bool":
        return bool(raw[0])
    if tag.type == "bit":
        return bool(raw[0] >> tag.bit & 1)
    data = _bytes(tag, raw)
    if tag.type == "string":
        return _text(tag, data)
    number = struct.unpack(_STRUCT[tag.type], data)[0]
    if isinstance(number, float) and not math.isfinite(number):
        raise BadValue("not_finite", tag=tag.name)
    return _scaled(tag, number)


def encode(tag: Tag, value: Value) -> list[int]:
    """Return the registers (or the one bit) of a value; raises OutOfRange when it does not fit exactly.

    A `bit` has no registers of its own: writing one would overwrite its fifteen neighbours.
    """
    if tag.type == "bool":
        return [int(bool(value))]
    if tag.type == "string":
        return _registers(tag, _padded(tag, str(value)))
    if tag.type == "bit" or isinstance(value, str):
        raise OutOfRange("not_a_number", tag=tag.name, value=value)
    try:
        return _registers(tag, struct.pack(_STRUCT[tag.type], _unscaled(tag, value)))
    except (struct.error, OverflowError) as error:
        raise OutOfRange(tag=tag.name, value=value) from error


def nearest(tag: Tag, value: float) -> Value:
    """Return the value nearest to this one that the tag can hold: what a real instrument would show."""
    if tag.type in ("bool", "bit"):
        return bool(value)
    if tag.type.startswith("float"):
        return float(decode(tag, encode(tag, value)))
    raw = round((Decimal(str(value)) - tag.offset) / tag.scale)
    bits = 16 * tag.count
    lo, hi = (0, (1 << bits) - 1) if tag.type.startswith("u") else (-(1 << bits - 1), (1 << bits - 1) - 1)
    return _scaled(tag, min(max(raw, lo), hi))


def _bytes(tag: Tag, raw: Sequence[int]) -> bytes:
    words = raw if tag.word_order == "big" or tag.type == "string" else raw[::-1]
    return b"".join(word.to_bytes(2, "little" if tag.byte_order == "little" else "big") for word in words)


def _registers(tag: Tag, data: bytes) -> list[int]:
    order = "little" if tag.byte_order == "little" else "big"
    words = [int.from_bytes(data[i : i + 2], "little" if order == "little" else "big") for i in range(0, len(data), 2)]
    return words if tag.word_order == "big" or tag.type == "string" else words[::-1]


def _text(tag: Tag, data: bytes) -> str:
    try:
        return data.split(b"\0", 1)[0].decode("utf-8").rstrip()
    except UnicodeDecodeError as error:
        raise BadValue("undecodable", tag=tag.name) from error


def _padded(tag: Tag, text: str) -> bytes:
    data = text.encode("utf-8")
    if len(data) > 2 * tag.length:
        raise OutOfRange("too_long", tag=tag.name, length=len(data))
    return data.ljust(2 * tag.length, b"\0")


def _scaled(tag: Tag, number: int | float) -> int | float:
    """A decimal multiplication and one rounding: 123 at a scale of 0.1 is 12.3, not 12.3 and a bit."""
    if tag.scale == 1 and tag.offset == 0:
        return number
    exact = Decimal(number) * tag.scale + tag.offset
    whole = exact.to_integral_value()
    return int(whole) if isinstance(number, int) and exact == whole else float(exact)


def _unscaled(tag: Tag, value: int | float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise OutOfRange("not_finite", tag=tag.name)
    exact = (Decimal(str(value)) - tag.offset) / tag.scale
    if tag.type.startswith("float"):
        return float(exact)
    if exact != exact.to_integral_value():
        raise OutOfRange("between_steps", tag=tag.name, value=value)
    return int(exact)
