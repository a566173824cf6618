"""Values survive their registers, blocks cover every tag once, values only age, for any map hypothesis can think of."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.blocks import coalesce
from devices.codec import decode, encode, nearest
from devices.quality import Freshness
from devices.signal import Command, decode_command, encode_command
from devices.tagmap import lint
from devices.tags import Tag

ORDERS = st.sampled_from(["big", "little"])
WHOLE = {"int16": 16, "uint16": 16, "int32": 32, "uint32": 32, "int64": 64, "uint64": 64}
RANK = {"good": 0, "uncertain": 1, "bad": 2}


@st.composite
def whole_values(draw):
    """Return a tag of a whole type in any byte and word order, and a value it can hold."""
    type_ = draw(st.sampled_from(sorted(WHOLE)))
    bits = WHOLE[type_]
    lo, hi = (0, 2**bits - 1) if type_[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return Tag("t", "holding", 0, type_, draw(ORDERS), draw(ORDERS)), draw(st.integers(lo, hi))


@settings(max_examples=200, deadline=None)
@given(whole_values())
def test_whole_numbers_are_exact_through_any_order(pair):
    tag, value = pair
    words = encode(tag, value)
    assert len(words) == tag.count
    assert decode(tag, words) == value


@settings(max_examples=200, deadline=None)
@given(st.integers(-32768, 32767), st.integers(0, 4), st.integers(-500, 500))
def test_scaled_numbers_come_back_to_the_same_register(raw, digits, offset):
    tag = Tag("t", "holding", 0, "int16", scale=Decimal(1).scaleb(-digits), offset=Decimal(offset))
    value = decode(tag, [raw & 0xFFFF])
    assert encode(tag, value) == [raw & 0xFFFF]
    assert nearest(tag, float(value)) == value


@settings(max_examples=150, deadline=None)
@given(st.sets(st.integers(0, 2000), max_size=60), st.integers(0, 60), st.integers(1, 125))
def test_blocks_cover_every_tag_once_within_gap_and_span(addresses, gap, span):
    tags = [Tag(f"t{a}", "holding", a, "uint16") for a in addresses]
    blocks = coalesce(tags, gap, span)
    assert sorted(t.address for b in blocks for t in b.tags) == sorted(addresses)
    for block in blocks:
        assert block.count <= span
        places = [t.address for t in block.tags]
        assert all(b - a - 1 <= gap for a, b in pairwise(places))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 100), max_size=20))
def test_a_value_that_is_not_refreshed_only_gets_worse_and_never_newer(ages):
    fresh = Freshness(Tag("t", "holding", 0, "uint16"), 2.0)
    first = fresh.received(5, datetime(2026, 3, 2, tzinfo=UTC), 0.0)
    rank = 0
    for age in sorted(ages):
        sample = fresh.aged(age)
        assert RANK[sample.quality] >= rank
        assert (sample.value, sample.received_at) == (5, first.received_at)
        rank = RANK[sample.quality]


WORD = st.integers(0, 65535)


@settings(max_examples=100, deadline=None)
@given(WORD, st.sampled_from(["run", "limit", "hold"]), st.integers(0, 1000), WORD, WORD, WORD)
def test_every_command_survives_its_registers(sequence, mode, rate, lease, heartbeat, source):
    command = Command(sequence, mode, rate, lease, heartbeat, source)
    assert decode_command(encode_command(command)) == command


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_lint_never_crashes_on_any_text(text):
    assert lint(text)
    assert lint(f"version: 1\ndevices:\n  - {text}")
