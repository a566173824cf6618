"""Codec, blocks, quality, states and counts: the pure half of reading."""

from __future__ import annotations

import struct
from datetime import timedelta
from decimal import Decimal

import pytest
from device_rigs import START

from devices.blocks import coalesce, halves
from devices.codec import decode, encode, nearest
from devices.errors import BadValue, OutOfRange
from devices.quality import Freshness, Recorder
from devices.sample import Sample
from devices.state import CountWatch, StateWatch
from devices.tags import STATE_CODES, Tag


def tag(type_="uint16", address=0, **more) -> Tag:
    """Return a holding tag."""
    return Tag(more.pop("name", f"t{address}"), more.pop("table", "holding"), address, type_, **more)


def sample(value, quality="good", seconds=0.0, reason=None) -> Sample:
    """Return a sample received so many seconds after the start."""
    return Sample("t", value, quality, reason, None, START + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("found", "raw", "value"),
    [
        (tag("int16"), [0xFFFF], -1),
        (tag("uint32"), [0x0001, 0x0002], 65538),
        (tag("uint32", word_order="little"), [0x0002, 0x0001], 65538),
        (tag("uint32", byte_order="little"), [0x0100, 0x0200], 65538),
        (tag("uint32", byte_order="little", word_order="little"), [0x0200, 0x0100], 65538),
        (tag("uint64"), [0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF], 2**63 - 1),
        (tag("float32"), [0x4048, 0xF5C3], struct.unpack(">f", b"\x40\x48\xf5\xc3")[0]),
        (tag("uint16", scale=Decimal("0.1")), [123], 12.3),
        (tag("int16", scale=Decimal("0.01"), offset=Decimal("-40")), [4000], 0),
        (tag("string", length=3), [0x4142, 0x4300, 0x5858], "ABC"),
        (tag("bool", table="coil"), [1], True),
    ],
)
def test_registers_become_values_and_back(found, raw, value):
    assert decode(found, raw) == value
    assert decode(found, encode(found, value)) == value


def test_a_bit_is_read_but_never_written():
    assert decode(tag("bit", bit=3), [0b1000]) is True
    assert decode(tag("bit", bit=2), [0b1000]) is False
    with pytest.raises(OutOfRange):
        encode(tag("bit"), True)


@pytest.mark.parametrize(
    ("found", "raw", "code"),
    [
        (tag("float32"), [0x7FC0, 0], "not_finite"),
        (tag("float32"), [0xFF80, 0], "not_finite"),
        (tag("float64"), [0x7FF0, 0, 0, 0], "not_finite"),
        (tag("uint32"), [1], "short"),
        (tag("string", length=1), [0xFFFE], "undecodable"),
    ],
)
def test_registers_without_a_value_say_why(found, raw, code):
    with pytest.raises(BadValue) as caught:
        decode(found, raw)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("found", "value"),
    [
        (tag("uint16"), 65536),
        (tag("uint16"), -1),
        (tag("uint16"), 1.5),
        (tag("uint16", scale=Decimal("0.1")), 12.34),
        (tag("float32"), float("nan")),
        (tag("float32"), 1e300),
        (tag("uint16"), "7"),
        (tag("string", length=1), "abc"),
    ],
)
def test_values_that_do_not_fit_are_refused_not_clipped(found, value):
    with pytest.raises(OutOfRange):
        encode(found, value)


def test_an_instrument_shows_the_nearest_step_and_stays_in_its_range():
    assert nearest(tag("uint16", scale=Decimal("0.1")), 12.34) == 12.3
    assert nearest(tag("int16"), 1e9) == 32767
    assert nearest(tag("uint16"), -5) == 0


def test_a_hundred_scattered_tags_need_a_fifth_of_the_requests():
    tags = [tag(address=a) for a in range(0, 1000, 10)]
    blocks = coalesce(tags)
    assert len(blocks) * 5 <= len(tags)
    assert all(block.count <= 125 for block in blocks)
    assert [t for block in blocks for t in block.tags] == tags


def test_gaps_spans_and_readable_ranges_are_kept():
    tags = [tag(address=0), tag(address=16), tag(address=40)]
    assert [b.count for b in coalesce(tags, max_gap=15)] == [17, 1]
    assert [b.count for b in coalesce(tags, max_gap=14)] == [1, 1, 1]
    assert [b.count for b in coalesce(tags, max_gap=99, max_span=17)] == [17, 1]
    assert [b.count for b in coalesce(tags, 99, readable={"holding": ((0, 9), (10, 50))})] == [1, 25]


def test_a_refused_block_is_halved_down_to_one_tag():
    (block,) = coalesce([tag(address=a) for a in range(4)])
    left, right = halves(block)
    assert (left.address, left.count, right.address, right.count) == (0, 2, 2, 2)
    assert halves(halves(left)[0]) == (halves(left)[0],)


def test_a_value_ages_in_two_steps_and_keeps_its_time():
    fresh = Freshness(tag(), 2.0)
    assert fresh.aged(0).value is None
    good = fresh.received(7, START, 100.0)
    ladder = [fresh.aged(100.0 + s).quality for s in (0, 2, 3, 4, 8, 10, 99)]
    assert ladder == ["good", "good", "good", "uncertain", "uncertain", "bad", "bad"]
    assert (fresh.sample.value, fresh.sample.received_at) == (7, good.received_at)
    assert fresh.received(7, START + timedelta(seconds=99), 199.0).quality == "good"


def test_a_dead_machine_has_no_value_and_nonsense_is_not_good():
    assert Freshness(tag(), 2.0).aged(99).value is None
    fresh = Freshness(tag(plausible=(0, 10)), 2.0)
    assert fresh.received(11, START, 0).reason == "implausible"
    fresh.received(5, START, 1)
    bad = fresh.unusable("not_finite")
    assert (bad.value, bad.quality, bad.received_at) == (5, "bad", START)


def test_stored_are_changes_quality_and_heartbeats_only():
    recorder = Recorder(tag(deadband=0.5, heartbeat_s=60))
    course = [
        (sample(1.0), True),
        (sample(1.5, seconds=1), False),
        (sample(1.6, seconds=2), True),
        (sample(1.6, seconds=61), False),
        (sample(1.6, seconds=62), True),
        (sample(1.6, "uncertain", 62, "stale"), True),
        (sample(1.6, "uncertain", 62, "stale"), False),
        (sample(1.6, seconds=1), True),
        (sample(1.6, seconds=-100), True),
    ]
    assert [recorder.store(one) for one, _ in course] == [kept for _, kept in course]


def test_a_step_of_zero_is_stored_like_any_other():
    recorder = Recorder(tag())
    assert [recorder.store(sample(v)) for v in (0, 0, 1, 0)] == [True, False, True, True]


def test_no_data_is_its_own_state_and_ends_with_the_last_good_reading():
    watch = StateWatch("M1", STATE_CODES)
    edges = [
        watch.update(sample(1, seconds=1), None, START),
        watch.update(sample(1, "uncertain", 1, "timeout"), None, START),
        watch.update(sample(1, "bad", 1, "timeout"), None, START + timedelta(seconds=99)),
        watch.update(sample(3, seconds=120), sample(17), START),
        watch.update(sample(2, seconds=121), None, START),
        watch.update(sample(0, seconds=122), None, START),
        watch.update(sample(9, seconds=123), None, START),
    ]
    told = [(e.state, e.reason) if e else None for e in edges]
    assert told == [
        ("running", None), None, ("no_data", "timeout"), ("stopped", "alarm:17"), ("idle", None), ("stopped", "off"),
        ("no_data", "unknown_state:9"),
    ]  # fmt: skip
    assert edges[2].at == START + timedelta(seconds=1)


def test_counts_know_wraps_resets_and_jumps():
    watch = CountWatch("M1", tag("uint16", max_step=500))
    deltas = [watch.update(sample(v)) for v in (65530, 65533, 4, 4, 0, 3, 2000, 2001)]
    assert [(d.delta, d.kind) if d else None for d in deltas] == [
        None, (3, "counted"), (7, "wrap"), None, (0, "reset"), (3, "counted"), (0, "jump"), (1, "counted"),
    ]  # fmt: skip
    assert watch.update(sample(5000, "uncertain")) is None
