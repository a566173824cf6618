"""Cells: what each kind takes and what it refuses, days and moments over both changes of the clock."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.importing import kinds as k
from app.services.importing.dates import Clock, is_relative
from app.services.importing.files import cell_text, decoded
from app.services.importing.problems import BadCell

NOW = datetime(2027, 3, 10, 17, 30, tzinfo=UTC)  # half past one, the day after, in Shanghai
SHANGHAI = Clock(NOW, ZoneInfo("Asia/Shanghai"))
BERLIN = Clock(datetime(2027, 3, 27, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-01-05", date(2027, 1, 5)), ("2027/1/5", date(2027, 1, 5)), ("2027.01.05", date(2027, 1, 5)),
        ("+0d", date(2027, 3, 11)), ("+3d", date(2027, 3, 14)), ("-1d", date(2027, 3, 10)),
        ("2027-01-05 00:00", date(2027, 1, 5)),
    ],
)  # fmt: skip
def test_days_are_absolute_or_counted_from_today_at_the_site(text, expected):
    assert k.day(text, SHANGHAI) == expected


@pytest.mark.parametrize(
    "text", ["05.01.2027", "2027-1/5", "2027-13-01", "3d", "+3", "tomorrow", "+3d 16:00", "２０２７-01-05"]
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(BadCell, match="bad_date"):
        k.day(text, SHANGHAI)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-01-05 16:00", datetime(2027, 1, 5, 8, tzinfo=UTC)),
        ("2027-01-05T16:00:00", datetime(2027, 1, 5, 8, tzinfo=UTC)),
        ("2027-01-05T16:00:00+02:00", datetime(2027, 1, 5, 14, tzinfo=UTC)),
        ("2027-01-05T16:00:00Z", datetime(2027, 1, 5, 16, tzinfo=UTC)),
        ("2027/1/5", datetime(2027, 1, 5, 15, 59, tzinfo=UTC)),
        ("+1d 08:00", datetime(2027, 3, 12, 0, tzinfo=UTC)),
        ("-1d", datetime(2027, 3, 10, 15, 59, tzinfo=UTC)),
        ("+4h", datetime(2027, 3, 10, 21, 30, tzinfo=UTC)),
        ("-90m", datetime(2027, 3, 10, 16, 0, tzinfo=UTC)),
    ],
)
def test_moments_are_of_the_zone_of_the_site(text, expected):
    assert k.moment("23:59")(text, SHANGHAI) == expected


def test_the_same_hour_of_the_clock_is_another_moment_after_it_changes():
    assert k.moment("00:00")("+0d 08:00", BERLIN) == datetime(2027, 3, 27, 7, tzinfo=UTC)
    assert k.moment("00:00")("+1d 08:00", BERLIN) == datetime(2027, 3, 28, 6, tzinfo=UTC)
    autumn = Clock(datetime(2027, 10, 30, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert k.moment("00:00")("+1d 08:00", autumn) == datetime(2027, 10, 31, 7, tzinfo=UTC)


@pytest.mark.parametrize("text", ["soon", "2027-01-05 25:00", "2027-01-05 16", "16:00", "2027-01-05T16:00+99:00"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(BadCell):
        k.moment("23:59")(text, SHANGHAI)


def test_only_relative_cells_are_relative():
    assert [text for text in ("+3d", "-1d 08:00", "+2h", "2027-01-05", "", "3") if is_relative(text)] == [
        "+3d", "-1d 08:00", "+2h",
    ]  # fmt: skip


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=0, max_value=10**11))
@settings(max_examples=100, deadline=None)
def test_amounts_are_read_exactly(number):
    assert k.amount()(format(number, "f"), SHANGHAI) == number


@given(st.text(max_size=12))
@settings(max_examples=200, deadline=None)
def test_any_text_is_an_amount_or_refused(text):
    try:
        found = k.amount()(text, SHANGHAI)
    except BadCell:
        return
    assert found.is_finite()
    assert 0 <= found <= k.LARGEST


@pytest.mark.parametrize("text", ["NaN", "inf", "1e5", "1_000", "1,5", "--1", "", "0x10", "１", "9" * 41])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(BadCell):
        k.amount()(text, SHANGHAI)


@pytest.mark.parametrize(
    ("text", "expected"), [("1-5", [0, 1, 2, 3, 4]), ("mon-wed;Sun", [0, 1, 2, 6]), ("7", [6]), ("3;1;3", [0, 2])]
)
def test_weekdays(text, expected):
    assert k.weekdays(text, SHANGHAI) == expected


@pytest.mark.parametrize("text", ["5-1", "0", "8", "x", "mo"])
def test_what_are_no_weekdays_is_refused(text):
    with pytest.raises(BadCell, match="bad_weekdays"):
        k.weekdays(text, SHANGHAI)


def test_flags_codes_and_lists():
    assert [k.flag(text, SHANGHAI) for text in ("yes", "是", "X", "no", "否", "0")] == [True] * 3 + [False] * 3
    assert k.codes("A; B;", SHANGHAI) == ["A", "B"]
    assert k.skills("press;weld:+2d", SHANGHAI) == [("press", None, False), ("weld", date(2027, 3, 13), True)]
    assert k.pairs("a=1;b=2=3", SHANGHAI) == {"a": "1", "b": "2=3"}
    for bad in ("a b", "a;b", "a:b", "a,b", "x" * 65, "a\u200bb"):
        with pytest.raises(BadCell, match="bad_code"):
            k.code(bad, SHANGHAI)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (3, "3"), (3.0, "3"), (0.1, "0.1"), (1e-7, "0.0000001"), (True, "yes"), (False, "no"),
        (datetime(2027, 1, 5), "2027-01-05"), (datetime(2027, 1, 5, 16, 30), "2027-01-05 16:30"),
        (date(2027, 1, 5), "2027-01-05"), (time(6, 0), "06:00"), (" x ", "x"), (Decimal("1.50"), "1.50"),
    ],
)  # fmt: skip
def test_cells_of_a_workbook_read_like_those_of_a_csv_file(value, text):
    assert cell_text(value) == text


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=30))
@settings(max_examples=50, deadline=None)
def test_chinese_text_survives_its_encodings(words):
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert decoded(words.encode(encoding)) == words
    assert decoded("编码,名称\n".encode("gb18030")) == "编码,名称\n"
    assert decoded(b"a\0b") is None
